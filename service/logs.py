"""Logs as lines of JSON on standard error, without anything that users sent."""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime

import msgspec

from textcnn.errors import TextCNNError


class JsonFormatter(logging.Formatter):
    """Records of the standard library's loggers, in the shape of the access log's lines."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as one line."""
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname.lower(),
            "event": "log",
            "logger": record.name,
            "message": record.getMessage(),
        }
        request_id = getattr(record, "request_id", None)
        if request_id is not None:
            fields["request_id"] = request_id
        if record.exc_info:
            fields["trace"] = _trace(record.exc_info[1])
        return msgspec.json.encode(fields).decode()


def _trace(error: BaseException | None) -> str:
    """The traceback and the type of an error. Its message may repeat a text, so it is left out."""
    if error is None:
        return ""
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__


class Trouble:
    """Something that goes wrong again and again, logged when it begins or changes, and when it is over."""

    def __init__(self, log: logging.Logger, context: str) -> None:
        self._log, self._context = log, context
        self._last = ""

    def met(self, error: Exception) -> None:
        """Log an error, unless it was the last one too."""
        sentence = error.message if isinstance(error, TextCNNError) else str(error)
        if sentence != self._last:
            self._last = sentence
            self._log.error("%s: %s", self._context, sentence)

    def over(self) -> None:
        """Log that all is well again, where it was not."""
        if self._last:
            self._last = ""
            self._log.warning("%s: no longer", self._context)


def install(level: str) -> None:
    """Let every logger of the process write JSON to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
