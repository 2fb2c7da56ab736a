"""`textcnn classify`: texts, lines of standard input, and what a whole file needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from textcnn import cli
from textcnn.classifier import TextClassifier
from textcnn.errors import ConfigError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path


def test_texts_get_a_line_each_that_can_be_cut(model_dir: Path, output: Callable[..., str]) -> None:
    texts = ["a good film", "tab\there,\nline break", "你好", ""]
    expected = TextClassifier.load(model_dir).classify_batch(texts)
    lines = output("classify", model_dir, *texts).split("\n")[:-1]
    assert len(lines) == len(texts)
    for line, text, prediction in zip(lines, texts, expected, strict=True):
        label, score, shown = line.split("\t")
        assert (label, score) == (prediction.label, f"{prediction.score:.4f}")
        assert shown == text.replace("\t", " ").replace("\n", " ")


@pytest.mark.slow
def test_who_names_a_file_as_a_text_is_told(
    model_dir: Path, tmp_path: Path, textcnn: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    file = tmp_path / "reviews.txt"
    file.write_text("a good film\n", encoding="utf-8")
    done = textcnn("classify", model_dir, file)
    assert b"--input" in done.stderr
    assert done.stdout.endswith(f"\t{file}\n".encode())
    assert textcnn("classify", model_dir, "a good film").stderr == b""


def test_lines_of_standard_input_get_the_same_answers(model_dir: Path, output: Callable[..., str]) -> None:
    given = output("classify", model_dir, "bad", "", "你好")
    assert output("classify", model_dir, stdin="\ufeffbad\r\n\n你好".encode()) == given


def test_json_lines_hold_the_text_and_all_scores(
    model_dir: Path, multi_label_model_dir: Path, output: Callable[..., str]
) -> None:
    single = json.loads(output("classify", model_dir, "--json", "tab\t你好"))
    assert single["text"] == "tab\t你好"
    assert list(single["scores"]) == ["good", "bad", "其他"]
    assert single["score"] == single["scores"][single["label"]]
    several = json.loads(output("classify", multi_label_model_dir, "--json", "a good film"))
    assert set(several["labels"]) <= set(several["scores"])


def test_no_label_is_a_dash(model_dir: Path, multi_label_model_dir: Path, output: Callable[..., str]) -> None:
    assert output("classify", model_dir, "--unknown-below", "0.999", "bad").startswith("-\t")
    lines = output("classify", multi_label_model_dir, "bad", "a good film", "").splitlines()
    predictions = TextClassifier.load(multi_label_model_dir).classify_batch(["bad", "a good film", ""])
    assert [line.split("\t")[0] for line in lines] == [",".join(p.labels or ()) or "-" for p in predictions]


def test_a_threshold_that_would_do_nothing_is_an_error(
    multi_label_model_dir: Path, textcnn: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    done = textcnn("classify", multi_label_model_dir, "--unknown-below", "0.5", "bad")
    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.slow
def test_a_line_that_is_not_utf8_keeps_its_place_and_the_others_are_answered(
    model_dir: Path, textcnn: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    done = textcnn("classify", model_dir, stdin=b"bad\nb\xe4d\ngood\n")
    assert done.returncode == 2
    first, broken, last = done.stdout.decode().splitlines()
    assert broken == "!\t\tb\N{REPLACEMENT CHARACTER}d"
    assert first.endswith("\tbad")
    assert last.endswith("\tgood")
    assert done.stderr.count(b"\n") == 1
    assert b"line 2 (1 in all)" in done.stderr
    as_json = textcnn("classify", model_dir, "--json", stdin=b"b\xe4d\ngood\n")
    assert json.loads(as_json.stdout.splitlines()[0])["line"] == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--input", "a.csv"), "There is no --output"),
        (("--output", "a.csv"), "There is no --input"),
        (("good", "--input", "a.csv", "--output", "b.csv"), "Both --input and texts on the command line"),
        (("--json", "--input", "a.csv", "--output", "b.csv"), "Both --input and --json"),
    ],
)
def test_what_a_whole_file_lacks_is_told(model_dir: Path, words: tuple[str, ...], told: str) -> None:
    result = CliRunner().invoke(cli.build_app(), ["classify", str(model_dir), *words])
    assert isinstance(result.exception, ConfigError)
    assert told in str(result.exception)
