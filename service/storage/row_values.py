"""Values that rows of several tables have: ids, and moments as they are told."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


def new_id() -> str:
    """An id that nobody guesses, for a job or a row of feedback."""
    return secrets.token_hex(12)


def moment(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
