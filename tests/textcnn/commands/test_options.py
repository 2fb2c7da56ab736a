"""Each option of the command line is declared once, and no verb has many of its own."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = sorted(file.relative_to(ROOT).as_posix() for file in ROOT.glob("*/commands/*.py"))
MOST_OF_ITS_OWN = 10
MANY = {"textcnn/commands/classify.py"}
"""Has those of whole files, too, in a panel of their own."""


def own_options(file: str) -> dict[str, list[str]]:
    """By function, the arguments and options that its signature spells out."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    spelt: dict[str, list[str]] = defaultdict(list)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for parameter in (*function.args.args, *function.args.kwonlyargs):
                annotation = ast.unparse(parameter.annotation) if parameter.annotation else ""
                if annotation.startswith("Annotated["):
                    spelt[function.name].append(f"{parameter.arg}: {annotation}")
    return spelt


@pytest.mark.parametrize("file", FILES)
def test_a_verb_has_at_most_ten_options_of_its_own(file: str) -> None:
    for verb, options in own_options(file).items():
        assert len(options) <= MOST_OF_ITS_OWN or file in MANY, f"{verb} spells out {len(options)}"


def test_no_two_verbs_spell_out_the_same_option() -> None:
    verbs: dict[str, list[str]] = defaultdict(list)
    for file in FILES:
        if file not in MANY:
            for verb, options in own_options(file).items():
                for option in options:
                    verbs[option].append(f"{file}:{verb}")
    assert {option: users for option, users in verbs.items() if len(users) > 1} == {}
