"""Values that rows of several tables have: ids, and moments as they are sent."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


def new_id() -> str:
    """A random id that cannot be guessed, for a job or a row of feedback."""
    return secrets.token_hex(12)


def moment(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
