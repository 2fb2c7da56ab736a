"""`textcnn explain`, as a shell runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from textcnn import cli
from textcnn.errors import ConfigError
from textcnn.insight.token_maps import method_names

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "a good film <b>, \x1b[31m bad, 不好"


def output(*arguments: str | Path, stdin: bytes = b"") -> str:
    result = CliRunner().invoke(cli.build_app(), list(map(str, arguments)), input=stdin)
    if result.exception:
        raise result.exception
    return result.stdout


def test_json_holds_every_label_and_adds_up(model_dir: Path) -> None:
    values = json.loads(output("explain", model_dir, TEXT, "--json"))
    assert set(values["evidence"]) == set(values["logits"]) == set(values["bias"]) == {"good", "bad", "其他"}
    for label, items in values["evidence"].items():
        total = values["bias"][label] + sum(item["contribution"] for item in items)
        assert total == pytest.approx(values["logits"][label], abs=1e-4)
        assert all(TEXT[item["start"] : item["end"]] == item["text"] for item in items)
    assert [each["method"] for each in values["maps"]] == ["evidence"]


def test_people_see_the_sum_and_no_escape_of_the_text(model_dir: Path) -> None:
    shown = output("explain", model_dir, "-", "--label", "bad", stdin=TEXT.encode() + b"\n")
    assert shown.startswith("bad: score 0.")
    assert "logit" in shown
    assert "bias" in shown
    assert "\x1b[31m" not in shown


def test_all_methods_are_laid_side_by_side(model_dir: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    shown = output("explain", model_dir, TEXT, "--method", "all", "--html", page)
    drawn = page.read_text(encoding="utf-8")
    for name in method_names():
        assert f"{name}:" in shown
        assert f"<h2>{name}</h2>" in drawn
    assert "<b>" not in drawn
    assert "<script" not in drawn


def test_a_label_and_a_method_that_do_not_exist_are_refused(model_dir: Path) -> None:
    with pytest.raises(ConfigError, match="good, bad"):
        output("explain", model_dir, TEXT, "--label", "wrong")
    with pytest.raises(ConfigError, match="grad-cam"):
        output("explain", model_dir, TEXT, "--method", "wrong")


def test_evidence_of_texts_is_another_verb(model_dir: Path) -> None:
    with pytest.raises(ConfigError, match="textcnn explain"):
        output("classify", model_dir, TEXT, "--evidence")
