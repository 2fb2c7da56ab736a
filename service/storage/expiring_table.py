"""A table whose rows expire."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sqlalchemy import Text, cast, delete, func, or_, select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Table

    from textcnn.service.storage.database import Database

DAY: Final = 86_400.0
MOST_CHARACTERS: Final = 10_000_000
"""Of the texts and labels that are read at once: one row may have as many, and memory is little."""
_MOST_ROWS: Final = 500


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

    def _parts(self, condition: Any, *order: Any, limit: int | None = None) -> Iterator[list[Any]]:  # noqa: ANN401  # of a query
        """The rows that meet a condition, as many at once as have up to `MOST_CHARACTERS`, or one."""
        (key,) = self.table.primary_key
        size = func.length(cast(self.table.c.text, Text)) + func.length(cast(self.table.c.labels, Text))
        sizes = select(key, size).where(condition, self._lasts()).order_by(*order).limit(limit)
        with self._database.read() as connection:  # of keys alone: who sorts whole rows copies every text
            found = connection.execute(sizes).all()
        for keys in _groups(found):
            rows = select(self.table).where(key.in_(keys), self._lasts()).order_by(*order)
            with self._database.read() as connection:
                part = connection.execute(rows).all()
            yield list(part)

    def _expires_at(self, created_at: float) -> float | None:
        return None if self._days is None else created_at + self._days * DAY

    def _lasts(self) -> Any:  # noqa: ANN401  # a condition of a query
        return or_(self.table.c.expires_at.is_(None), self.table.c.expires_at > self._clock())


def _groups(sizes: Iterable[Any]) -> Iterator[list[str]]:
    """Keys in their order, grouped by the sizes of their rows."""
    group: list[str] = []
    characters = 0
    for key, size in sizes:
        characters += size
        if group and (characters > MOST_CHARACTERS or len(group) == _MOST_ROWS):
            yield group
            group, characters = [], size
        group.append(key)
    if group:
        yield group
