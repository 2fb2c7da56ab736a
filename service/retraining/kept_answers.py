"""Texts that were labelled, kept by the ids of their requests, where the setting `keep_answers` is on.

A person who sees a wrong label can then say which one is right without sending the text again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, true

from textcnn.errors import InputError, TextCNNError
from textcnn.service.logs import Trouble
from textcnn.service.storage.database_tables import answers
from textcnn.service.storage.expiring_table import ExpiringTable
from textcnn.service.storage.row_values import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textcnn.service.labelling.labelled import Outcome

log = logging.getLogger(__name__)

PAUSE: Final = 1.0
"""Seconds between two times that answers are written."""
MOST_WAITING: Final = 10_000
MOST_CHARACTERS: Final = 20_000_000
"""The most answers, and characters of texts, that wait to be written; later answers are not kept then."""
BETWEEN_SWEEPS: Final = 3_600
"""Pauses between two removals of expired answers: there may be no worker that removes them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A text with the labels that it got."""

    request: str
    """The id of the request that asked."""
    model: str
    version: str
    text: str
    labels: tuple[str, ...]
    """Empty where the model was not confident enough to name one."""
    created_at: float

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "request": self.request,
            "model": self.model,
            "version": self.version,
            "text": self.text,
            "labels": list(self.labels),
            "created_at": moment(self.created_at),
        }


class Answers(ExpiringTable):
    """The answers in a database."""

    table = answers

    def add(self, batch: Sequence[Answer]) -> None:
        """Store answers; where two requests have one id, the first answer stays: clients choose the ids."""
        first = {answer.request: answer for answer in reversed(batch)}
        stored = select(answers.c.request).where(answers.c.request.in_(list(first)))
        with self._database.write() as connection:
            for (request,) in connection.execute(stored).all():
                del first[request]
            rows = [
                {
                    **{name: getattr(answer, name) for name in Answer.__slots__},
                    "labels": list(answer.labels),
                    "expires_at": self._expires_at(answer.created_at),
                }
                for answer in first.values()
            ]
            if rows:
                connection.execute(insert(answers), rows)

    def get(self, request: str) -> Answer:
        """The answer to a request.

        Raises:
            InputError: none is kept.
        """
        with self._database.read() as connection:
            row = connection.execute(
                select(*_COLUMNS).where(answers.c.request == request, self._lasts())
            ).first()
        if row is None:
            raise InputError(
                "No answer to a request of this id is kept: it is written within a second or two, and goes "
                "when its time is over. Give `text` instead.",
                field="request",
            )
        return _answer(row)

    def find(self, model: str | None = None, *, limit: int = 100) -> list[Answer]:
        """Answers that have not expired, the newest first; fewer where their texts are long."""
        condition = true() if model is None else answers.c.model == model
        rows = next(self._parts(condition, answers.c.created_at.desc(), answers.c.request, limit=limit), [])
        return [_answer(row) for row in rows]

    def remove(self, request: str) -> None:
        """Forget an answer.

        Raises:
            InputError: there is none of this id.
        """
        if not self._delete(answers.c.request == request):
            raise InputError("There is no such answer.", field="request")


class AnswerBook:
    """Note answers as they are given, and write them down now and then: no request waits for a disk."""

    def __init__(self, store: Callable[[], Answers]) -> None:
        self._store = store
        self._waiting: list[Answer] = []
        self._characters = 0
        self._dropped = 0
        self._writing = Lock()
        self._trouble = Trouble(log, "answers wait to be kept")

    def note(self, request: str, text: str, outcome: Outcome) -> None:
        """Keep an answer, unless too many wait already."""
        if len(self._waiting) >= MOST_WAITING or self._characters + len(text) > MOST_CHARACTERS:
            self._dropped += 1
            return
        self._characters += len(text)
        labels = _labels(outcome)
        model = outcome.model
        self._waiting.append(Answer(request, model.name, model.version, text, labels, time.time()))

    async def run(self) -> None:
        """Write the waiting answers again and again, until cancelled."""
        for number in count():
            await asyncio.to_thread(self.write)
            if number % BETWEEN_SWEEPS == 0:
                await asyncio.to_thread(self._sweep)
            await asyncio.sleep(PAUSE)

    def write(self) -> None:
        """Write the waiting answers. Those that cannot be written now wait for the next time."""
        if self._dropped:
            log.error("%d answers were not kept: the database did not take them in time", self._dropped)
            self._dropped = 0
        with self._writing:  # two calls may coincide when the process ends
            waiting = self._waiting[:]  # the event loop may note more meanwhile
            if not waiting:
                return
            try:
                self._store().add(waiting)
            except TextCNNError as error:
                self._trouble.met(error)
                return
            self._trouble.over()
            del self._waiting[: len(waiting)]
            self._characters -= sum(len(answer.text) for answer in waiting)

    def _sweep(self) -> None:
        try:
            self._store().sweep()
        except TextCNNError as error:
            log.error("expired answers stay for now: %s", error.message)


_COLUMNS: Final = [answers.c[name] for name in Answer.__slots__]


def _answer(row: Any) -> Answer:  # noqa: ANN401  # a row of a query
    return Answer(**{name: getattr(row, name) for name in Answer.__slots__} | {"labels": tuple(row.labels)})


def _labels(outcome: Outcome) -> tuple[str, ...]:
    """The labels that were sent."""
    prediction = outcome.prediction
    if prediction.labels is not None:
        return prediction.labels
    return () if prediction.label is None else (prediction.label,)
