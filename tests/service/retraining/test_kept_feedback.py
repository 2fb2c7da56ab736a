"""Feedback, over SQLite and over PostgreSQL."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from textcnn.errors import InputError
from textcnn.service.retraining.kept_feedback import Feedback
from textcnn.service.storage import expiring_table
from textcnn.service.storage.expiring_table import DAY

if TYPE_CHECKING:
    from textcnn.service.storage.database import Database


def test_remarks_come_back_as_they_were_and_as_rows_to_train_on(database: Database) -> None:
    feedback = Feedback(database)
    odd, told = "half \ud83d and \x00", "half \ufffd and \x00"
    feedback.add("spam", "win cash now", ["spam"], request="r1")
    feedback.add("spam", odd, ["ham", "odd"])
    feedback.add("tickets", "a printer", ["hardware"])
    assert {(remark.text, remark.labels) for remark in feedback.find("spam")} == {
        ("win cash now", ("spam",)),
        (told, ("ham", "odd")),
    }
    assert [row.labels for row in feedback.rows("tickets")] == [("hardware",)]
    assert feedback.count("spam") == 2
    assert len(feedback.find()) == 3


def test_what_has_expired_is_not_there_and_is_swept(database: Database) -> None:
    now = [1_000_000.0]
    feedback = Feedback(database, days=2, clock=lambda: now[0])
    feedback.add("spam", "a text", ["ham"])
    now[0] += 2 * DAY - 1
    assert feedback.count("spam") == 1
    now[0] += 2
    assert feedback.find("spam") == []
    assert list(feedback.rows("spam")) == []
    assert feedback.sweep() == 1


def test_a_remark_can_be_removed_once(database: Database) -> None:
    feedback = Feedback(database)
    remark = feedback.add("spam", "a text", ["ham"])
    feedback.remove(remark.id)
    assert feedback.find() == []
    with pytest.raises(InputError):
        feedback.remove(remark.id)


def test_long_remarks_are_read_a_few_at_a_time_and_none_is_left_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred of ten megabytes each, whoever sent them, took gigabytes when somebody looked at them."""
    monkeypatch.setattr(expiring_table, "MOST_CHARACTERS", 1_000)
    feedback = Feedback(database, clock=count().__next__)
    lengths = [10, 400, 400, 400, 2_000, 10, 10, 10, 900, 900]
    for length in lengths:
        feedback.add("spam", "x" * length, ["ham"])

    assert [len(remark.text) for remark in feedback.find()] == [900]
    pages = [[len(row.text) for row in page] for page in feedback.pages("spam")]
    assert pages == [[10, 400, 400], [400], [2_000], [10, 10, 10, 900], [900]]
    assert [row.line for row in feedback.rows("spam")] == list(range(1, 11))
