"""`lint` flags labels that look like an encoding, and not like names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from textcnn.reading.rows import Row
from textcnn.training.commands.lint import lint
from textcnn.training.data.label_findings import joined_labels
from textcnn.training.data.lint import lint_rows

if TYPE_CHECKING:
    from pathlib import Path


def _kinds(*labels: tuple[str, ...]) -> dict[str, str]:
    rows = [Row(n, f"text {n} {i}", each, "a.csv") for i in range(6) for n, each in enumerate(labels, 2)]
    return {finding.kind: finding.message for finding in lint_rows(rows, parts=False).findings}


@pytest.mark.parametrize(
    ("labels", "kind", "message"),
    [
        ([("0", "1"), ("1", "0"), ("0",)], "places", "name them with --label-columns"),
        ([("[1, 0]",), ("b",)], "encoded-label", "a list or an object"),
        ([('{"choices": ["a"]}',), ("b",)], "encoded-label", "a list or an object"),
        ([("nan",), ("b",)], "no-value-label", "stand for no value"),
        ([("NULL",), ("b",)], "no-value-label", "stand for no value"),
        ([("a__label__b",), ("b",)], "fasttext-label", "with __label__ inside"),
        ([("billing;return",), ("return;billing",), ("x",)], "joined-label", "--label-separator ';'"),
        ([("a|b",), ("a|c",), ("b|c",), ("x",)], "joined-label", "--label-separator '|'"),
        ([("a, b",), ("a",), ("b",), ("b, c",), ("c",), ("a, c",)], "joined-label", "--label-separator ','"),
        ([("Billing",), ("billing ",)], "similar-label", "only in case, white space or Unicode form"),
        ([("too  late",), ("too late",)], "similar-label", "only in case"),
        ([("caf\u00e9",), ("cafe\u0301",)], "similar-label", "only in case"),
        ([("ab",), ("a\u200bb",)], "similar-label", "only in case"),
        ([("\uff21",), ("a",)], "similar-label", "only in case"),
    ],
)
def test_labels_that_look_like_an_encoding(labels: list[tuple[str, ...]], kind: str, message: str) -> None:
    kinds = _kinds(*labels)
    assert message in kinds.pop(kind)
    assert not kinds


@pytest.mark.parametrize(
    "labels",
    [
        ["0", "1"],
        ["faq/late", "faq/bill", "faq/broken", "chat/joke"],
        ["ABBR:exp", "LOC:city"],
        ["C", "C++", "C#"],
        ["Smith, John", "Doe, Jane", "Roe, Max"],
        ["none", "na", "Nancy"],
    ],
)
def test_names_are_not_flagged(labels: list[str]) -> None:
    assert _kinds(*((label,) for label in labels)) == {}


def test_the_likeliest_separator_is_named() -> None:
    assert joined_labels(["a;b", "b;a", "c, d"]) == (";", ["a;b", "b;a"])
    assert joined_labels([])[1] == []


def test_another_annotator_s_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    labels = ["billing", "delivery", "return"]
    lines = [f"text {n},{labels[n % 3]},{labels[n % 3 if n % 5 else 0]},{n}" for n in range(90)]
    path.write_text("\n".join(["text,label,second,number", *lines]) + "\n", encoding="utf-8")
    app = typer.Typer()
    app.command()(lint)
    report = json.loads(CliRunner().invoke(app, [str(path), "--json"]).stdout)
    messages = {finding["kind"]: finding["message"] for finding in report["findings"]}
    assert "'second'; --label-column names the one that is" in messages["other-annotators"]
