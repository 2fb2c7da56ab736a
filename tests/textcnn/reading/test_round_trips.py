"""Tables as Python, pandas, Excel and Spark write them: every cell comes back."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import io
import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from textcnn.reading.records import open_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from textcnn.reading.account import Account

    Table = list[list[str]]
    """Rows of the columns `NAMES`."""

NAMES: Final = ("id", "text", "label")
EXAMPLES: Final = 60

PROSE: Final = st.lists(
    st.sampled_from(
        ["a", "good", "film", "5'3\"", '"so"', "he said", "it's", "你好", "🎬", "1,5", "x;y", "a|b", "é"]
    ),
    min_size=1,
    max_size=8,
).map(" ".join)
ANYTHING: Final = st.text(
    st.one_of(
        st.sampled_from("\"',;|\t \\ab=\n"),
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"),
    ),
    max_size=20,
)
LINES: Final = st.lists(PROSE, min_size=2, max_size=3).map("\n".join)
NEXT_ROW: Final = re.compile(r'\n"?\d+"?[,;|\t]')
"""A line that looks like the next row is taken for it, rather than for the second line of a text."""
CELLS: Final = st.one_of(PROSE, PROSE, LINES, ANYTHING).filter(lambda cell: not NEXT_ROW.search(cell))


@st.composite
def tables(draw: st.DrawFn, cells: st.SearchStrategy[str] = CELLS) -> Table:
    """Numbered rows of a text, which may hold anything, and a label."""
    texts = draw(st.lists(cells, min_size=2, max_size=12))
    labels = draw(st.lists(st.sampled_from(("good", "bad")), min_size=len(texts), max_size=len(texts)))
    return [[str(n), text, label] for n, (text, label) in enumerate(zip(texts, labels, strict=True), 1)]


def python_csv(table: Table, **dialect: Any) -> bytes:  # noqa: ANN401  # as `csv.writer` takes them
    stream = io.StringIO()
    csv.writer(stream, **dialect).writerows([NAMES, *table])
    return stream.getvalue().encode()


def excel(table: Table) -> bytes:
    """As Excel saves "CSV UTF-8" where a comma is a decimal sign: CRLF between rows, LF within cells."""
    return b"\xef\xbb\xbf" + python_csv(table, delimiter=";", lineterminator="\r\n")


def excel_with_separator(table: Table) -> bytes:
    return b"sep=;\r\n" + python_csv(table, delimiter=";", lineterminator="\r\n")


def excel_unicode_text(table: Table) -> bytes:
    """As Excel saves "Unicode text": UTF-16 and tabs."""
    return python_csv(table, delimiter="\t", lineterminator="\r\n").decode().encode("utf-16")


def spark(table: Table) -> bytes:
    r"""As Spark writes CSV: quotes where a cell needs them or is empty, and one within them as `\"`."""

    def cell(value: str) -> str:
        if not value:
            return '""'
        if not any(each in value for each in ',"\n\r') and value.strip() == value:
            return value
        return '"' + value.replace('"', '\\"') + '"'

    return "".join(",".join(map(cell, row)) + "\n" for row in [[*NAMES], *table]).encode()


def pandas_csv(table: Table, **options: Any) -> bytes:  # noqa: ANN401  # as `to_csv` takes them
    pandas = importlib.import_module("pandas")
    frame = pandas.DataFrame(table, columns=list(NAMES))
    return bytes(frame.to_csv(index=False, **options).encode())


def json_lines(table: Table, **options: Any) -> bytes:  # noqa: ANN401  # as `json.dumps` takes them
    lines = (json.dumps(dict(zip(NAMES, row, strict=True)), **options) + "\n" for row in table)
    return "".join(lines).encode()


WRITERS: dict[str, tuple[str, Callable[[Table], bytes]]] = {
    "python": (".csv", python_csv),
    "python, LF": (".csv", lambda table: python_csv(table, lineterminator="\n")),
    "python, unix": (".csv", lambda table: python_csv(table, dialect="unix")),
    "python, all quoted": (".csv", lambda table: python_csv(table, quoting=csv.QUOTE_ALL)),
    "python, words quoted": (".csv", lambda table: python_csv(table, quoting=csv.QUOTE_NONNUMERIC)),
    "python, semicolons": (".csv", lambda table: python_csv(table, delimiter=";")),
    "python, bars": (".csv", lambda table: python_csv(table, delimiter="|")),
    "python, tabs": (".tsv", lambda table: python_csv(table, dialect="excel-tab")),
    "python, tabs, all quoted": (
        ".tsv",
        lambda table: python_csv(table, delimiter="\t", quoting=csv.QUOTE_ALL),
    ),
    "pandas": (".csv", pandas_csv),
    "pandas, tabs": (".tsv", lambda table: pandas_csv(table, sep="\t")),
    "pandas, all quoted": (".csv", lambda table: pandas_csv(table, quoting=csv.QUOTE_ALL)),
    "Excel": (".csv", excel),
    "Excel, sep=": (".csv", excel_with_separator),
    "Excel, Unicode": (".txt", excel_unicode_text),
    "Spark": (".csv", spark),
    "JSON": (".jsonl", json_lines),
    "JSON, UTF-8": (".jsonl", lambda table: json_lines(table, ensure_ascii=False)),
    "JSON, close": (".jsonl", lambda table: json_lines(table, separators=(",", ":"))),
}
if importlib.util.find_spec("pandas") is None:
    WRITERS = {name: writer for name, writer in WRITERS.items() if not name.startswith("pandas")}


def read(data: bytes, ending: str) -> tuple[Table, Account]:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, f"a{ending}")
        file.write_bytes(data)
        records = open_records(file)
        rows = [[str(value) for value in record.values.values()] for record in records.strict()]
    return rows, records.account


@pytest.mark.parametrize("writer", WRITERS)
@settings(max_examples=EXAMPLES)
@given(table=tables())
@example(table=[["1", 'a "good" film', "good"], ["2", '"', "bad"]])
@example(table=[["1", "", "good"], ["2", "one\ntwo", "bad"]])
def test_every_cell_of_a_table_comes_back(writer: str, table: Table) -> None:
    ending, write = WRITERS[writer]
    rows, account = read(write(table), ending)
    assert rows == table
    assert (account.rows, account.errors) == (len(table), 0)
