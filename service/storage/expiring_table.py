"""A table whose rows expire."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sqlalchemy import delete, or_

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Table

    from textcnn.service.storage.database import Database

DAY: Final = 86_400.0


class ExpiringTable:
    """A table with the column `expires_at`. `days` is how long each row stays; None for good."""

    table: ClassVar[Table]

    def __init__(
        self, database: Database, *, days: int | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._days = days
        self._clock = clock

    def sweep(self) -> int:
        """Remove expired rows, and return how many."""
        return self._delete(self.table.c.expires_at <= self._clock())

    def _delete(self, condition: Any) -> int:  # noqa: ANN401  # of a query
        """Remove the rows that meet a condition, and return how many."""
        with self._database.write() as connection:
            return int(connection.execute(delete(self.table).where(condition)).rowcount)

    def _expires_at(self, created_at: float) -> float | None:
        return None if self._days is None else created_at + self._days * DAY

    def _lasts(self) -> Any:  # noqa: ANN401  # a condition of a query
        return or_(self.table.c.expires_at.is_(None), self.table.c.expires_at > self._clock())
