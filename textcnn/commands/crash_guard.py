"""Turn a crash of the library that decodes a file into a sentence: the command works in a child of itself.

What a crafted file can do to a decoder is not known beforehand, and a decoder that crashes ends its process
by a signal. The command forks while it is small, before anything heavy is imported: that takes about a
millisecond, and reading a file costs what it always did.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from textcnn.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Sequence

CRASHES: Final = frozenset(
    (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP)
)
"""The signals by which a library ends its process."""
_PASSED_ON: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
_WATCHED: Final = {*_PASSED_ON, signal.SIGCHLD}
_READING_VERBS: Final = frozenset(("errors", "evaluate", "lint"))
_FILE_OPTIONS: Final = {"classify": "--input", "filters": "--corpus"}


def reads_a_file(arguments: Sequence[str]) -> bool:
    """Whether a command line has a whole file read, and nothing but read."""
    verb = arguments[0] if arguments else ""
    option = _FILE_OPTIONS.get(verb)
    return verb in _READING_VERBS or any(word.partition("=")[0] == option for word in arguments)


def outlive_a_crash() -> None:
    """Go on in a child; the process that it leaves behind waits, and ends as the child did. Linux only.

    Raises:
        CorpusError: in the process that was left behind; the child crashed.
    """
    if sys.platform != "linux":  # others tell no process who signalled it, and end no orphans
        return
    from textcnn.processes import end_with_parent

    parent, mask = os.getpid(), signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    child = os.fork()
    if not child:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        end_with_parent(parent)
        return
    code = _await(child)
    if code >= 0:
        os._exit(code)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    if -code in CRASHES:
        raise CorpusError(
            f"The file cannot be read: what decodes it crashed (signal {-code}). Write the file again, or as "
            "CSV."
        )
    with suppress(OSError):  # nobody can do anything about SIGKILL
        signal.signal(-code, signal.SIG_DFL)  # it was killed, and so is this one
    os.kill(parent, -code)


def _await(child: int) -> int:
    """Wait for a child, and pass on what this process is told; its exit code, negative for a signal."""
    while True:
        told = signal.sigwaitinfo(_WATCHED)
        if told.si_signo != signal.SIGCHLD:
            if told.si_code <= 0:  # a terminal tells all its processes itself
                with suppress(ProcessLookupError):
                    os.kill(child, told.si_signo)
            continue
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
