"""The layout of a file: the same by options, by the fields of a form and in a stored job."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from textcnn.commands.layout_options import takes_layout
from textcnn.errors import ConfigError
from textcnn.reading.layout import FIELDS, Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

LAYOUTS = [
    Layout(),
    Layout(text_columns=("subject", "body"), label_column="-kind", delimiter="\t", header=False),
    Layout(format="csv", header=True, encoding="latin-1", label_separator="--"),
]


def from_command_line(words: Sequence[str]) -> Layout:
    """The layout that a verb gets for these words."""
    layouts: list[Layout] = []

    def verb(*, layout: Layout) -> None:
        layouts.append(layout)

    app = typer.Typer()
    app.command()(takes_layout(verb))
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return layouts[0]


@pytest.mark.parametrize(
    ("layout", "field"),
    [
        ({"format": "pickle"}, "format"),
        ({"delimiter": ",,"}, "delimiter"),
        ({"delimiter": '"'}, "delimiter"),
        ({"encoding": "utf-80"}, "encoding"),
        ({"label_separator": ""}, "label_separator"),
    ],
)
def test_an_impossible_layout_names_the_option(layout: dict[str, str], field: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Layout.from_fields(layout)
    assert caught.value.field == field


def test_options_become_a_layout() -> None:
    layout = Layout.from_fields({"text_column": "subject, body", "label_column": "kind", "delimiter": "tab"})
    assert layout == Layout(text_columns=("subject", "body"), label_column="kind", delimiter="\t")
    assert Layout.from_fields({}) == Layout()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_comes_back_from_the_options_and_the_json_that_it_writes(layout: Layout) -> None:
    assert from_command_line(layout.to_options()) == layout
    assert Layout.from_json(json.loads(json.dumps(layout.to_json()))) == layout


@pytest.mark.parametrize(("spelling", "delimiter"), [("tab", "\t"), (r"\t", "\t"), ("\t", "\t"), (";", ";")])
def test_a_delimiter_is_the_same_in_an_option_and_in_a_field(spelling: str, delimiter: str) -> None:
    assert Layout.from_fields({"delimiter": spelling}).delimiter == delimiter
    assert from_command_line(["--delimiter", spelling]).delimiter == delimiter


def test_every_part_is_told_by_one_field() -> None:
    assert [each.attribute for each in FIELDS] == [each.name for each in dataclasses.fields(Layout)]
    assert all(each.help.endswith(".") for each in FIELDS)


def test_a_stored_part_that_is_not_known_is_an_error() -> None:
    with pytest.raises(ConfigError, match="unknown part 'colour'"):
        Layout.from_json({**Layout().to_json(), "colour": "red"})
