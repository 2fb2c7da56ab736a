"""Kept corpora: the rows of earlier trainings, until somebody or their time removes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from textcnn.errors import InputError
from textcnn.reading.rows import Row
from textcnn.service.retraining.kept_corpora import Corpora, write_rows
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [Row(1, "a text", ("good",), "a"), Row(2, "两 \ud83d", ("bad", "long"), "a"), Row(3, "", (), "a")]


@pytest.fixture
def corpora(tmp_path: Path) -> Corpora:
    return Corpora(Repository(tmp_path).home("tickets"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_rows(tmp_path / "rows.jsonl", ROWS)
    return tmp_path / "rows.jsonl"


def test_rows_come_back_as_they_were_kept(corpora: Corpora, file: Path) -> None:
    kept = corpora.keep(file)
    assert kept.rows == len(ROWS)
    assert [(row.text, row.labels) for row in corpora.rows(kept.id)] == [
        (row.text, row.labels) for row in ROWS
    ]


def test_the_same_rows_are_kept_once(corpora: Corpora, file: Path) -> None:
    assert corpora.keep(file).id == corpora.keep(file).id
    assert len(corpora.all()) == 1


def test_a_removed_corpus_is_gone_and_has_no_rows(corpora: Corpora, file: Path) -> None:
    kept = corpora.keep(file)
    corpora.remove(kept.id)
    assert corpora.all() == []
    assert list(corpora.rows(kept.id)) == []
    with pytest.raises(InputError, match="No corpus"):
        corpora.remove(kept.id)


def test_a_corpus_whose_time_is_over_has_no_rows_and_is_swept(corpora: Corpora, file: Path) -> None:
    kept = corpora.keep(file, days=0)
    assert list(corpora.rows(kept.id)) == []
    assert corpora.sweep() == [kept.id]
    assert corpora.all() == []
    assert corpora.keep(file, days=1).id == kept.id
    assert corpora.sweep() == []
