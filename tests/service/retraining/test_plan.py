"""The rows that a retraining trains on and is judged on."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from textcnn.errors import CorpusError
from textcnn.reading.rows import Row
from textcnn.service.retraining.kept_corpora import Corpora, read_kept, write_rows
from textcnn.service.retraining.plan import make_plan, read_evaluation, read_plan
from textcnn.service.versions.repository import Repository
from textcnn.tokens.normalise import normalise

if TYPE_CHECKING:
    from pathlib import Path


def rows(start: int, end: int, label: str | None = None) -> list[Row]:
    return [
        Row(number, f"text number {number}", (label or ("even", "odd")[number % 2],), "new.csv")
        for number in range(start, end)
    ]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture
def repository(tmp_path: Path, model_dir: Path) -> Repository:
    """A model whose live version was trained on 400 kept rows."""
    repository = Repository(tmp_path / "data")
    write_rows(tmp_path / "kept.jsonl", rows(0, 400))
    kept = Corpora(repository.home("numbers")).keep(tmp_path / "kept.jsonl")
    version = repository.add("numbers", model_dir, corpora=[kept.id])
    repository.promote("numbers", version.version)
    return repository


def texts(work: Path, name: str) -> set[str]:
    return {normalise(row.text) for row in read_kept(work / f"{name}.jsonl")}


def test_every_row_is_on_one_side_and_evaluation_tells_kept_from_new(
    work: Path, repository: Repository
) -> None:
    plan = make_plan(work, repository, "numbers", rows(300, 700), data="union")
    sides = [texts(work, name) for name in ("train", "validation", "evaluation")]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 700
    parts = read_evaluation(work)
    assert {row.text for row in parts["new"]} <= {row.text for row in rows(300, 700)}
    assert {row.text for row in parts["kept"]} <= {row.text for row in rows(0, 300)}
    assert plan.rows["kept"] == len(parts["kept"]) > 30
    assert read_plan(work) == plan


def test_no_row_that_was_evaluated_on_is_ever_trained_on(work: Path, repository: Repository) -> None:
    make_plan(work, repository, "numbers", rows(0, 300), data="union")
    evaluated = texts(work, "evaluation")
    shouted = [Row(row.line, f"{row.text.upper()} !!", row.labels, row.file) for row in rows(0, 300)]
    make_plan(work, repository, "numbers", shouted, data="replace")
    assert not evaluated & (texts(work, "train") | texts(work, "validation"))


def test_of_two_labels_for_one_text_the_newer_wins(work: Path, repository: Repository) -> None:
    plan = make_plan(work, repository, "numbers", [*rows(0, 100, "odd"), *rows(400, 500)], data="union")
    everything = [
        row for name in ("train", "validation", "evaluation") for row in read_kept(work / f"{name}.jsonl")
    ]
    assert len(everything) == 500
    assert all(row.labels == ("odd",) for row in everything if int(row.text.split()[-1]) < 100)
    assert plan.relabelled == 50
    assert any("50 kept rows" in note for note in plan.notes())


def test_replace_leaves_the_kept_rows_out(work: Path, repository: Repository) -> None:
    plan = make_plan(work, repository, "numbers", rows(400, 500), data="replace")
    assert plan.rows["kept"] == 0
    assert plan.corpora == ()


def test_rows_of_the_version_that_was_rolled_back_to_are_the_kept_ones(
    work: Path, repository: Repository, model_dir: Path, tmp_path: Path
) -> None:
    before = repository.version("numbers", "live").corpora
    other = tmp_path / "other"
    shutil.copytree(model_dir, other)
    (other / "metrics.json").write_text("{}")
    from textcnn.directory import write_manifest

    write_manifest(other)
    repository.promote("numbers", repository.add("numbers", other, corpora=["0" * 12]).version)
    repository.rollback("numbers")
    assert make_plan(work, repository, "numbers", rows(0, 9), data="union").corpora == before


def test_a_label_without_a_row_to_train_on_is_left_out_and_said(work: Path, repository: Repository) -> None:
    rare = [Row(number, f"rare {number}", (f"rare {number}",), "new.csv") for number in range(40)]
    plan = make_plan(work, repository, "numbers", rare, data="union")
    known = {label for row in read_kept(work / "train.jsonl") for label in row.labels}
    assert plan.left_out
    assert not known & plan.left_out.keys()
    for part in read_evaluation(work).values():
        assert all(known.issuperset(row.labels) for row in part)
    assert any("left out" in note for note in plan.notes())


def test_rows_of_one_label_are_fine_beside_kept_ones_and_not_alone(
    work: Path, repository: Repository
) -> None:
    assert make_plan(work, repository, "numbers", rows(500, 600, "odd"), data="union").rows["new"] > 0
    with pytest.raises(CorpusError, match="at least two"):
        make_plan(work, repository, "numbers", rows(500, 600, "odd"), data="replace")
    with pytest.raises(CorpusError, match="no rows"):
        make_plan(work, repository, "numbers", [], data="union")
