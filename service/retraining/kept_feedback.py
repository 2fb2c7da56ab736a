"""Feedback: texts with the labels that somebody says are right, kept for the next training."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, true

from textcnn.errors import InputError
from textcnn.reading.rows import Row
from textcnn.service.storage.database_tables import feedback
from textcnn.service.storage.expiring_table import ExpiringTable
from textcnn.service.storage.row_values import moment, new_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Remark:
    """One text with its right labels."""

    id: str
    model: str
    text: str
    labels: tuple[str, ...]
    request: str | None
    """The id of the answer that it is about, where there is one."""
    created_at: float
    expires_at: float | None

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "id": self.id,
            "model": self.model,
            "text": self.text,
            "labels": list(self.labels),
            "request": self.request,
            "created_at": moment(self.created_at),
            "expires_at": None if self.expires_at is None else moment(self.expires_at),
        }


class Feedback(ExpiringTable):
    """The feedback in a database."""

    table = feedback

    def add(self, model: str, text: str, labels: Sequence[str], *, request: str | None = None) -> Remark:
        """Store a text with its right labels."""
        now = self._clock()
        remark = Remark(new_id(), model, text, tuple(labels), request, now, self._expires_at(now))
        values = {name: getattr(remark, name) for name in Remark.__slots__} | {"labels": list(labels)}
        with self._database.write() as connection:
            connection.execute(insert(feedback).values(**values))
        return remark

    def find(self, model: str | None = None, *, limit: int = 100) -> list[Remark]:
        """Remarks that have not expired, the newest first; fewer where their texts are long."""
        condition = true() if model is None else feedback.c.model == model
        rows = next(self._parts(condition, feedback.c.created_at.desc(), feedback.c.id, limit=limit), [])
        return [Remark(**{**row._mapping, "labels": tuple(row.labels)}) for row in rows]

    def count(self, model: str) -> int:
        """The number of remarks on a model's answers."""
        query = select(func.count()).select_from(feedback).where(feedback.c.model == model, self._lasts())
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def rows(self, model: str) -> Iterator[Row]:
        """The remarks on a model as rows to train on, the oldest first, so that the newest wins."""
        return chain.from_iterable(self.pages(model))

    def pages(self, model: str) -> Iterator[list[Row]]:
        """The same, as many at a time as fit into little memory."""
        lines = count(1)
        for part in self._parts(feedback.c.model == model, feedback.c.created_at, feedback.c.id):
            yield [Row(next(lines), each.text, tuple(each.labels), "feedback") for each in part]

    def remove(self, remark: str) -> None:
        """Forget a remark.

        Raises:
            InputError: there is none of this id.
        """
        if not self._delete(feedback.c.id == remark):
            raise InputError("There is no such feedback.", field="id")
