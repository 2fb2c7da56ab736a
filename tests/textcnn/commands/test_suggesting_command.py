"""A wrong option is told with the right one, on the command line of every verb."""

from __future__ import annotations

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from textcnn.cli import build_app
from textcnn.commands.suggesting_command import SuggestingCommand

APP = build_app()


def said(line: str) -> str:
    """The complaint about a command line, in one line."""
    result = CliRunner().invoke(APP, line.split(), env={"COLUMNS": "200"})
    assert result.exit_code == 2
    return " ".join(result.output.split())


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("train x.csv --epochs 5", "--set epochs=5"),
        ("train x.csv --epochs=5 --out y", "--set epochs=5"),
        ("train x.csv --lr 0.001", "--set learning_rate=0.001"),
        ("train x.csv --learning-rate 0.001", "--set learning_rate=0.001"),
        ("train x.csv --no-refit", "--set refit=false"),
        ("train x.csv --batch_norm --out y", "--set batch_norm=true"),
        ("train x.csv --text-colum body", "--text-column"),
        ("train x.csv --output y", "--out"),
        ("tune x.csv --epochs 5", "--set epochs=5"),
        ("distill x.csv --teacher t --out y --epochs 5", "--set epochs=5"),
        ("retrain m x.csv --epochs 5", "--set epochs=5"),
        ("teach x.csv --epoch 5", "--epochs"),
        ("teach x.csv --lr 5", "--learning-rate"),
        ("train x.csv --validatio y.csv", "--validation"),
        ("train x.csv --epoch 5", "--set epochs=5"),
        ("lint x.csv --label_colum y", "--label-column"),
        ("lint x.csv --sep ;", "--delimiter"),
        ("classify spam --formt csv", "--format"),
        ("serve --prot 8000", "--port"),
        ("repo list --data-di x", "--data-dir"),
    ],
)
def test_a_wrong_option_suggests_the_right_one(line: str, meant: str) -> None:
    assert f"Did you mean {meant}?" in said(line)


def test_an_option_like_no_other_suggests_none() -> None:
    assert "No such option: --zzz" in said("train x.csv --zzz")
    assert "mean" not in said("train x.csv --zzz")


def test_a_long_value_is_cut() -> None:
    assert "x" * 41 not in said(f"train x.csv --epochs {'x' * 5_000}")


def test_every_verb_suggests() -> None:
    verbs = get_command(APP).commands  # type: ignore[attr-defined]  # it is a group
    leaves = [leaf for verb in verbs.values() for leaf in getattr(verb, "commands", {"": verb}).values()]
    assert len(leaves) > 15
    assert all(isinstance(leaf, SuggestingCommand) for leaf in leaves)
