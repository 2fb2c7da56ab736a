from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from textcnn.cli import build_app
from textcnn.errors import ConfigError, InputError, TextCNNError
from textcnn.training.audit import audit_rows, out_of_fold_scores
from textcnn.training.progress import Reporter

if TYPE_CHECKING:
    from pathlib import Path

    from tests.training.conftest import Begun
    from textcnn.reading.rows import Row
    from textcnn.recipe import Recipe

FLIPPED = range(0, 400, 20)
OTHER = {"positive": "negative", "negative": "positive"}


@pytest.fixture(scope="module")
def flipped(rows: list[Row]) -> list[Row]:
    """One label in twenty is wrong."""
    return [
        replace(row, labels=(OTHER[row.labels[0]],)) if index in FLIPPED else row
        for index, row in enumerate(rows)
    ]


def run(*arguments: object) -> str:
    result = CliRunner().invoke(build_app(), [str(argument) for argument in arguments])
    if isinstance(result.exception, TextCNNError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
def test_wrong_labels_come_first(flipped: list[Row], recipe: Recipe) -> None:
    found = audit_rows(flipped, 4, recipe.model_copy(update={"epochs": 8}), Reporter())
    wrong = {flipped[index].line for index in FLIPPED}
    first = found.suspects[: len(wrong)]
    assert len(wrong & {suspect.row.line for suspect in first}) >= 0.9 * len(wrong)
    assert all(suspect.suggested != suspect.row.labels for suspect in first)
    assert [suspect.quality for suspect in first] == sorted(suspect.quality for suspect in first)
    assert found.quality.shape == (400,)


def test_every_row_is_scored_by_a_model_without_its_text(
    rows: list[Row], recipe: Recipe, begun: Begun
) -> None:
    memorised = [replace(row, text=f"{row.text} id{row.line}") for row in rows[:40]]
    labels = ("negative", "positive")
    scores = out_of_fold_scores(memorised, labels, 4, recipe, begun, multi_label=False)
    assert len(begun.epochs) == 4  # one for each fold: none is trained again on its validation rows
    assert np.allclose(scores.sum(axis=1), 1)
    # The same text twice is in one fold: neither row is scored by a model that saw the other.
    doubled = [*memorised, *memorised]
    scores = out_of_fold_scores(doubled, labels, 4, recipe, Reporter(), multi_label=False)
    assert np.array_equal(scores[:40], scores[40:])


def test_one_of_several_labels_that_is_wrong_is_found(multi_label_rows: list[Row], recipe: Recipe) -> None:
    rows = [*multi_label_rows]
    wrong = [index for index in FLIPPED if "long" not in rows[index].labels]
    for index in wrong:
        rows[index] = replace(rows[index], labels=(OTHER[rows[index].labels[0]],))
    found = audit_rows(rows, 4, recipe.model_copy(update={"epochs": 8}), Reporter())
    places = {suspect.row.line for suspect in found.suspects}
    assert len(places & {rows[index].line for index in wrong}) >= 0.8 * len(wrong)


def test_the_command_writes_all_suspects_and_shows_the_first(flipped: list[Row], tmp_path: Path) -> None:
    corpus, out = tmp_path / "corpus.csv", tmp_path / "doubt.csv"
    with corpus.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *((row.text, row.labels[0]) for row in flipped)])
    quick: tuple[str, ...] = (
        "--set",
        "init=rand",
        "--set",
        "embedding_dim=16",
        "--set",
        "filters=8",
        "--set",
        "epochs=4",
    )
    quick += ("--set", "embedding_learning_rate=0.02", "--folds", "3")
    output = run("audit", corpus, "--out", out, *quick)
    assert "of 400 rows are probably labelled wrongly" in output
    with out.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert set(rows[0]) == {"file", "line", "label", "suggested", "quality", "text"}
    first = flipped[int(rows[0]["line"]) - 2]  # the header is line 1
    assert rows[0]["text"] == first.text
    assert rows[0]["label"] == first.labels[0]

    before = out.read_bytes()
    with pytest.raises(InputError, match="--replace"):
        run("audit", corpus, "--out", out, *quick)
    assert out.read_bytes() == before
    result = json.loads(run("audit", corpus, "--json", *quick).splitlines()[-1])
    assert result["rows"] == 400
    assert len(result["suspects"]) == len(rows)
    with pytest.raises(ConfigError, match="at least 2"):
        run("audit", corpus, "--folds", "1")


def test_one_label_that_texts_may_have_or_not(rows: list[Row], recipe: Recipe) -> None:
    texts = [replace(row, labels=tuple(label for label in row.labels if label == "positive")) for row in rows]
    wrong = [index for index in FLIPPED if texts[index].labels]
    for index in wrong:
        texts[index] = replace(texts[index], labels=())
    found = audit_rows(texts, 4, recipe.model_copy(update={"epochs": 8}), Reporter(), multi_label=True)
    doubted = {suspect.row.line for suspect in found.suspects}
    right = doubted & {texts[index].line for index in wrong}
    assert len(right) >= max(0.6 * len(wrong), 0.8 * len(doubted))
    assert {suspect.suggested for suspect in found.suspects} <= {(), ("positive",)}


def test_a_place_that_cannot_be_written_is_told_before_training(rows: list[Row], tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.csv"
    with corpus.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *((row.text, row.labels[0]) for row in rows)])
    with pytest.raises(InputError, match="cannot be written"):
        run("audit", corpus, "--out", corpus / "doubt.csv")
