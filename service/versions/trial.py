"""Have a version tried by a child process before it is taken in.

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
    from typing import Self

    from textcnn.service.settings import Settings

_COMMAND: Final = ["-m", "textcnn.service.trial_child"]
ANY_TOKENIZER: Final = "any-tokenizer"
"""The child's second argument, where regular expressions in the tokenizer are taken."""
_WORDS: Final = 300
_one_at_a_time = threading.Lock()
"""Of all uploads to a process: each trial may take the memory of one."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The bounds of a trial."""

    seconds: float = 60.0
    memory_bytes: int = 4_000_000_000
    is_sent: bool = True
    """Whether it comes from anybody: its tokenizer then has no regular expression of its own, and its path is
    nobody's business."""

    @classmethod
    def of(cls, settings: Settings, *, is_sent: bool) -> Self:
        """The bounds that the settings give."""
        return cls(settings.trial_seconds, settings.trial_memory_mb * 1_000_000, is_sent)

    def run(self, directory: Path) -> None:
        """Try the model in a directory.

        Raises:
            InputError: it cannot be used; the sentence says why.
        """
        command = limited_child.command(
            [sys.executable, *_COMMAND, str(directory), *(() if self.is_sent else (ANY_TOKENIZER,))],
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
                f"The model was not loaded and tried within {self.seconds:.0f} seconds. Use a smaller one, "
                "or raise TEXTCNN_TRIAL_SECONDS."
            ) from None
        if ran.returncode != 0:
            raise InputError(self._why(ran, str(directory)))

    def _why(self, ran: subprocess.CompletedProcess[bytes], path: str) -> str:
        said = _last_object(ran.stdout).get("error")
        if isinstance(said, str):
            said = said.replace(path, "The archive") if self.is_sent else said
            return f"The model cannot be used: {said[:_WORDS]}"
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
