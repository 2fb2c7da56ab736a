"""Kept answers, over SQLite and over PostgreSQL."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from textcnn.errors import InputError
from textcnn.service.labelling.labelled import Outcome
from textcnn.service.loaded.registry import load_model
from textcnn.service.retraining.kept_answers import Answer, AnswerBook, Answers
from textcnn.service.service_errors import StorageError
from textcnn.service.storage.expiring_table import DAY

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.service.storage.database import Database


def answer(request: str, text: str = "a text", labels: tuple[str, ...] = ("ham",), at: float = 0.0) -> Answer:
    return Answer(request, "spam", "0123456789ab", text, labels, at)


def test_answers_come_back_by_their_requests_and_the_first_of_two_stays(database: Database) -> None:
    answers = Answers(database)
    odd, told = "half \ud83d and \x00", "half \ufffd and \x00"
    answers.add([answer("r1"), answer("r2", odd, ("odd", "ham"), 1.0), answer("r1", "later")])
    answers.add([answer("r3", labels=(), at=2.0), answer("r2", odd, ("odd",), 3.0)])
    assert answers.get("r1").text == "a text"
    assert (answers.get("r2").text, answers.get("r2").labels) == (told, ("odd", "ham"))
    assert [found.request for found in answers.find("spam")] == ["r3", "r2", "r1"]
    assert answers.find("other") == []
    with pytest.raises(InputError, match="Give `text`"):
        answers.get("r4")


def test_answers_expire_and_are_removed(database: Database) -> None:
    now = [100 * DAY]
    answers = Answers(database, days=2, clock=lambda: now[0])
    answers.add([answer("old", at=now[0]), answer("removed", at=now[0] + DAY)])
    answers.remove("removed")
    with pytest.raises(InputError, match="no such"):
        answers.remove("removed")
    now[0] += 2 * DAY
    assert answers.find() == []
    assert answers.sweep() == 1


def test_texts_that_wait_are_bounded(
    database: Database, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textcnn.service.retraining.kept_answers.MOST_CHARACTERS", 10)
    model = load_model(str(model_dir))
    detail = model.classifier.detail("a film")
    outcome = Outcome(model, detail.prediction, detail)
    book = AnswerBook(lambda: Answers(database))
    for request in ("r1", "r2"):
        book.note(request, "a film", outcome)
    book.write()
    book.note("r3", "a film", outcome)
    book.write()
    assert {found.request for found in Answers(database).find()} == {"r1", "r3"}


def test_answers_wait_while_the_database_is_gone(database: Database, model_dir: Path) -> None:
    model = load_model(str(model_dir))
    detail = model.classifier.detail("a warm film")
    gone = [True]

    def store() -> Answers:
        if gone[0]:
            raise StorageError("gone")
        return Answers(database)

    book = AnswerBook(store)
    book.note("r1", "a warm film", Outcome(model, detail.prediction, detail))
    book.write()
    gone[0] = False
    assert Answers(database).find() == []
    book.write()
    book.write()
    found = Answers(database).get("r1")
    assert (found.text, found.labels) == ("a warm film", (detail.prediction.label,))
    assert found.version == model.version
    assert found.created_at <= time.time()
