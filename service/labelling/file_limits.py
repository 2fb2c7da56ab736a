"""The limits within which a file of others is labelled, and what is told of one that breaks them.

A child that labels files over HTTP keeps to them, and one that labels a large file as a job.
"""

from __future__ import annotations

import traceback
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from textcnn.errors import ConfigError, CorpusError, TextCNNError, TooLargeError
from textcnn.service.labelling.file_messages import FileFailed
from textcnn.service.process.memory_limit import limit_data
from textcnn.service.service_errors import FaultError, as_disk_error

if TYPE_CHECKING:
    from collections.abc import Callable

ENVIRONMENT: Final = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Of such a child: Arrow's usual allocator takes a gigabyte at once, of which it uses little."""
_PLACES: Final = 12

Outcome = TypeVar("Outcome")


def within_limits(work: Callable[[], Outcome], *, source: str, memory_bytes: int) -> Outcome | FileFailed:
    """The outcome of work on a file, or how it failed; where the file lies here is nobody's business.

    Raises:
        MemoryError: it needs more (`too_much` tells so); what is left of the memory is in pieces.
    """
    try:
        with limit_data(memory_bytes):
            return work()
    except (CorpusError, ConfigError, TooLargeError) as error:
        message = error.message.replace(source, "The file")
        return FileFailed.of(type(error)(message, field=error.field))
    except TextCNNError as error:
        return FileFailed.of(_died() if isinstance(error.__cause__, BrokenProcessPool) else error)
    except MemoryError:
        raise
    except Exception as error:  # a bug costs the file that met it
        disk_error = as_disk_error(error)
        if disk_error is not None:
            return FileFailed.of(disk_error)
        failed = FileFailed.of(
            FaultError("The file cannot be read: it has something that no file should have.")
        )
        failed.trace = _places(error)
        return failed


def too_much(memory_bytes: int) -> FileFailed:
    """The failure of a file that needs more memory than it may have."""
    return FileFailed.of(
        CorpusError(
            f"The file needs more than {memory_bytes / 1e6:,.0f} MB of memory to be labelled. "
            "Send it in several parts."
        )
    )


def _died() -> CorpusError:
    return CorpusError("The file cannot be read: a process that tried to ended. Send it in several parts.")


def _places(error: BaseException) -> str:
    """Where a bug was met. Values, which may be a user's, are left out."""
    frames = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    return f"{type(error).__name__} at " + ", ".join(
        f"{Path(each.filename).name}:{each.lineno}" for each in frames
    )
