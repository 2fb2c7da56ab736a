"""Have a version that somebody sent tried by a child process before it is taken in.

The child (`textcnn.service.trial_child`) loads it whole, answers with it and writes every page that the API
makes of it, within bounds of time and memory: what ends it, ends no service.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import InputError
from textcnn.service.process import limited_child
from textcnn.service.process.limited_child import ChildLimits

if TYPE_CHECKING:
    from pathlib import Path

_WORDS: Final = 300
_one_at_a_time = threading.Lock()
"""Of all uploads to a process: each trial may take the memory of one."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The bounds of a trial."""

    seconds: float = 60.0
    memory_bytes: int = 4_000_000_000

    def run(self, directory: Path) -> None:
        """Try the model in a directory.

        Raises:
            InputError: it cannot be used; the sentence says why.
        """
        command = limited_child.command(
            [sys.executable, "-m", "textcnn.service.trial_child", str(directory)],
            ChildLimits(nice=5, memory_bytes=self.memory_bytes),
        )
        try:
            with _one_at_a_time:
                ran = subprocess.run(  # noqa: S603  # our own command
                    command,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    check=False,
                    timeout=self.seconds,
                )
        except subprocess.TimeoutExpired:
            raise InputError(
                f"The model was not loaded and tried within {self.seconds:.0f} seconds. Send a smaller one, "
                "or raise TEXTCNN_TRIAL_SECONDS."
            ) from None
        if ran.returncode != 0:
            raise InputError(self._why(ran, str(directory)))

    def _why(self, ran: subprocess.CompletedProcess[bytes], path: str) -> str:
        said = _last_object(ran.stdout).get("error")
        if isinstance(said, str):
            return f"The model cannot be used: {said[:_WORDS].replace(path, 'The archive')}"
        if ran.returncode < 0:
            return f"The model ended the process that tried it by signal {-ran.returncode}. Train it again."
        return (
            "The model could not be loaded and tried within "
            f"{self.memory_bytes:,} bytes of memory (TEXTCNN_TRIAL_MEMORY_MB), or is damaged."
        )


def _last_object(output: bytes) -> dict[str, Any]:
    """The JSON object in the last line; empty where there is none."""
    try:
        values = json.loads(output.splitlines()[-1])
    except (ValueError, IndexError):
        return {}
    return values if isinstance(values, dict) else {}
