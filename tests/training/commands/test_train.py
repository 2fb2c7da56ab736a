from __future__ import annotations

import csv
import json
import random
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.training.commands.conftest import run
from textcnn.classifier import TextClassifier
from textcnn.errors import ConfigError, CorpusError, UnlabelledError

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.reading.rows import Row

QUICK = [
    word
    for setting in (
        "embedding_dim=16",
        "filters=8",
        "widths=[1]",
        "epochs=8",
        "batch_size=16",
        "embedding_learning_rate=0.02",
    )
    for word in ("--set", setting)
]


@pytest.fixture
def corpus(rows: list[Row], tmp_path: Path) -> Path:
    file = tmp_path / "corpus.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("text", "label"), *((row.text, row.labels[0]) for row in rows)])
    return file


def test_one_command_makes_a_model_from_a_file(corpus: Path, tmp_path: Path) -> None:
    with corpus.open("a", encoding="utf-8") as stream:
        stream.write("\n,\n")
    output = run("train", corpus, "--out", tmp_path / "mood", *QUICK)
    assert "rows: 400" in output
    assert "left out, blank lines: 1 (" in output
    assert "left out, rows without any value: 1 (" in output
    assert "accuracy" in output
    words = " ".join(output.split())
    assert re.search(r"always (negative|positive) 0\.\d{4} a linear model \(TF-IDF\) (0\.9|1\.0)\d+", words)
    assert re.search(r"Label Precision Recall F1 Rows .* positive 0\.\d+|1\.0", words)
    assert not json.loads((tmp_path / "mood" / "metrics.json").read_bytes())["warnings"]
    assert TextClassifier.load(tmp_path / "mood").classify("good film").label == "positive"


def test_without_a_baseline_no_linear_model_is_trained(corpus: Path, tmp_path: Path) -> None:
    output = run("train", corpus, "--out", tmp_path / "mood", "--no-baseline", *QUICK)
    assert "linear" not in output
    assert "always " in output


def test_chance_is_said_loudly(tmp_path: Path) -> None:
    chooser, file = random.Random(0), tmp_path / "corpus.csv"
    lines = [
        f"{' '.join(chooser.choices('abcdefgh', k=6))},{chooser.choice(('good', 'bad'))}" for _ in range(300)
    ]
    file.write_text("\n".join(["text,label", *lines]))
    output = " ".join(run("train", file, "--out", tmp_path / "mood", "--set", "init=rand", *QUICK).split())
    assert "warning: the model is not surely better than giving every text the commonest answer" in output
    card = (tmp_path / "mood" / "README.md").read_text(encoding="utf-8")
    assert "Warning: the model is not surely better" in card
    assert "Warning: the model is not surely better" in (tmp_path / "mood" / "report.html").read_text()


@pytest.mark.slow
def test_rows_that_contradict_each_other_are_left_out_and_listed(corpus: Path, tmp_path: Path) -> None:
    with corpus.open("a", encoding="utf-8") as stream:
        stream.write("of two minds,positive\nof two minds,negative\nof two minds,positive\n" * 20)
    output = " ".join(run("train", corpus, "--out", tmp_path / "mood", *QUICK).split())
    assert "warning: rows left out, as their text stands under different labels: 60" in output
    assert "left out: " in output
    assert "corpus.csv:402, " in output
    counted = json.loads((tmp_path / "mood" / "training.json").read_bytes())["corpus"]
    assert (counted["rows"] + counted["dropped"], counted["contradictory"]) == (400, 60)
    run("train", corpus, "--out", tmp_path / "mood2", "--contradictions", "majority", *QUICK)
    counted = json.loads((tmp_path / "mood2" / "training.json").read_bytes())["corpus"]
    assert (counted["rows"] + counted["dropped"], counted["contradictory"]) == (440, 20)


def test_several_files_are_one_corpus(corpus: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.jsonl"
    more.write_text("\n".join(json.dumps({"text": f"new {n}", "label": "neutral"}) for n in range(30)))
    run("train", corpus, more, "--out", tmp_path / "mood", *QUICK)
    assert TextClassifier.load(tmp_path / "mood").labels == ("negative", "neutral", "positive")


def test_progress_is_json_for_programs(corpus: Path, tmp_path: Path) -> None:
    output = run("train", corpus, "--out", tmp_path / "mood", "--json", *QUICK)
    events = [json.loads(line) for line in output.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds[-1] == "result"
    assert kinds.count("begin") == 2  # the second training has the validation rows too
    assert 2 <= kinds.count("epoch") <= 16
    assert events[-1]["metrics"]["accuracy"] > 0.9


@pytest.mark.slow
def test_folds_give_mean_and_spread_and_keep_no_model(corpus: Path, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    output = run("train", corpus, "--folds", 3, "--json", *QUICK)
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert sum(fold["rows"] for fold in result["folds"]) == 400
    assert 0.9 < result["accuracy"]["mean"] <= 1
    assert result["accuracy"]["sd"] >= 0
    assert re.search(r"mean\s+0\.\d+", run("train", corpus, "--folds", 2, *QUICK))
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "no rows"),
        ("text,label\n", "no rows"),
        ("text,label\ngood film,positive\nfine film,positive\n", "only the label 'positive'"),
        ("text,mood\nabc def,1\n", "label"),
        ("text,label\ngood,positive\nbad,negative,extra\n", "3"),
    ],
)
def test_bad_corpora_are_told_and_nothing_is_left_behind(content: str, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "corpus.csv"
    file.write_text(content)
    with pytest.raises(CorpusError, match=sentence) as caught:
        run("train", file, "--out", tmp_path / "model", "--label-column", "label")
    assert str(file) in caught.value.message
    assert list(tmp_path.iterdir()) == [file]


def test_options_that_contradict_each_other_are_refused(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--out"):
        run("train", corpus)
    with pytest.raises(ConfigError, match="--out"):
        run("train", corpus, "--out", tmp_path / "m", "--folds", 2)
    with pytest.raises(ConfigError, match="--folds"):
        run("train", corpus, "--folds", 2, "--test", corpus)


def test_rows_without_a_label_are_left_out_on_request_counted_and_said(corpus: Path, tmp_path: Path) -> None:
    with corpus.open("a", encoding="utf-8") as stream:
        stream.write("nobody said what,\nnobody knows,\n")
    with pytest.raises(UnlabelledError, match=r"corpus\.csv:402: .*2 rows of the file have none.*--skip-unl"):
        run("train", corpus, "--out", tmp_path / "mood", *QUICK)
    output = " ".join(run("train", corpus, "--out", tmp_path / "mood", "--skip-unlabelled", *QUICK).split())
    assert re.search(r"left out, rows without a label: 2 \(\S*corpus\.csv:402, 403\)", output)
    assert "rows: 400" in output
    output = run("evaluate", tmp_path / "mood", corpus, "--skip-unlabelled")
    assert "left out, rows without a label: 2" in output


def _with_two_texts(rows: list[Row], file: Path) -> Path:
    halves = [(row.text, rows[-1 - place].text, row.labels[0]) for place, row in enumerate(rows)]
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("left", "right", "mood"), *halves])
    return file


@pytest.mark.parametrize("verb", ["train", "tune", "audit"])
def test_a_file_that_can_be_read_in_two_ways_is_refused(verb: str, rows: list[Row], tmp_path: Path) -> None:
    file = _with_two_texts(rows, tmp_path / "two.csv")
    with pytest.raises(
        CorpusError, match=r"two.csv: '(left|right)' and '(left|right)' could each be the text"
    ):
        run(verb, file, "--out", tmp_path / "mood")
    assert not (tmp_path / "mood").exists()


def test_lint_warns_of_a_second_reading_and_goes_on(rows: list[Row], tmp_path: Path) -> None:
    output = run("lint", _with_two_texts(rows, tmp_path / "two.csv"))
    assert re.search(r"two.csv: csv, ',', UTF-8, header; text: (left|right); label: mood; 400 rows", output)
    assert "could each be the text; say which with --text-column, or name several" in output
    assert "fit to train on" in output


def test_training_tells_how_the_file_was_read_and_the_model_keeps_its_columns(
    rows: list[Row], tmp_path: Path
) -> None:
    file = _with_two_texts(rows, tmp_path / "two.csv")
    output = run("train", file, "--text-column", "right", "--out", tmp_path / "mood", *QUICK)
    assert "two.csv: csv, ',', UTF-8, header; text: right; label: mood; 400 rows" in output
    counted = json.loads((tmp_path / "mood" / "training.json").read_bytes())["corpus"]
    assert counted["columns"] == {"text": ["right"], "label": "mood", "header": True, "columns": 3}
    labelled = ["classify", tmp_path / "mood", "--input", file, "--output", tmp_path / "out.csv"]
    assert "two.csv: csv, ',', UTF-8, header; text: right; 400 rows" in run(*labelled)
    assert "text: right; label: mood; 400 rows" in run("evaluate", tmp_path / "mood", file)
