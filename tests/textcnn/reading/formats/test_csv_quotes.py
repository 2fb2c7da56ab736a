"""Quotes that a writer set, and quotes that people typed."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from textcnn.reading.formats.csv import MOST_LINES, STRAY
from textcnn.reading.layout import Layout
from textcnn.reading.record import Record
from textcnn.reading.records import Records, open_records

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [f"the train to town number {number} was late again" for number in range(60)]


def opened(tmp_path: Path, content: str, name: str = "a.csv", quoting: str | None = None) -> Records:
    (tmp_path / name).write_bytes(content.encode())
    return open_records(tmp_path / name, Layout(quoting=quoting))


def texts_of(records: Records, column: str = "text") -> list[object]:
    return [item.values[column] for item in records.stream if isinstance(item, Record)]


def numbered(texts: list[str], delimiter: str = ",") -> str:
    return f"id{delimiter}text\n" + "".join(f"{i}{delimiter}{text}\n" for i, text in enumerate(texts))


@pytest.mark.parametrize(
    ("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t"), ("a.txt", "\t")]
)
@pytest.mark.parametrize("strays", [{4: '"'}, {4: '"', 9: '"'}, {0: '"', 30: '"', 59: '"'}], ids=len)
def test_a_quote_that_begins_a_text_costs_no_row(
    tmp_path: Path, name: str, delimiter: str, strays: dict[int, str]
) -> None:
    texts = [strays.get(number, "") + text for number, text in enumerate(TEXTS)]
    assert texts_of(opened(tmp_path, numbered(texts, delimiter), name)) == texts


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.tsv", "\t")])
def test_a_text_that_begins_with_a_quote_and_one_that_ends_with_one_are_two(
    tmp_path: Path, name: str, delimiter: str
) -> None:
    texts = list(TEXTS)
    texts[3], texts[9] = f'"{texts[3]}', f'{texts[9]}"'
    assert texts_of(opened(tmp_path, numbered(texts, delimiter), name)) == texts


def test_a_stray_quote_in_a_file_that_quotes_is_text_and_the_row_says_so(tmp_path: Path) -> None:
    quoted = ['"late, again"', '"he said ""no"""', *TEXTS]
    quoted[20] = '"' + quoted[20]
    records = opened(tmp_path, numbered(quoted))
    rows = [item for item in records.stream if isinstance(item, Record)]
    assert [row.values["text"] for row in rows] == ["late, again", 'he said "no"', *quoted[2:]]
    assert [(row.line, row.note) for row in rows if row.note] == [(22, STRAY)]
    assert records.account.notes[STRAY].places == [f"{tmp_path / 'a.csv'}:22"]


def test_a_quote_that_goes_on_after_its_end_is_text(tmp_path: Path) -> None:
    content = 'text,label\n"a, b",x\n"good" film,y\n'
    assert texts_of(opened(tmp_path, content)) == ["a, b", '"good" film']


def test_a_quote_may_hold_lines_but_not_without_end(tmp_path: Path) -> None:
    inner = "\n".join(["line"] * (MOST_LINES - 1))
    assert texts_of(opened(tmp_path, f'text,label\n"{inner}",x\n"a, b",y\n')) == [inner, "a, b"]
    over = f'text,label\n"{inner}\nline,x\n' + "good,y\n" * MOST_LINES + '"a, b",z"\n'
    records = opened(tmp_path, over)
    assert sum(isinstance(item, Record) for item in records.stream) == MOST_LINES + 2
    assert records.account.errors == MOST_LINES - 1  # the lines of one field each


def test_tab_files_show_that_they_quote(tmp_path: Path) -> None:
    shown = [
        ('id\ttext\n1\t"he said ""no"""\n2\t"yes"\n', ['he said "no"', "yes"]),
        ('id\ttext\n1\t"one\ttwo"\n2\tb\n', ["one\ttwo", "b"]),
        ('id\ttext\n1\t"one\ntwo"\n2\tb\n', ["one\ntwo", "b"]),
        ('"id"\t"text"\n"1"\t"a"\n"2"\t"b"\n', ["a", "b"]),
    ]
    for content, texts in shown:
        assert texts_of(opened(tmp_path, content, "a.tsv")) == texts
    assert texts_of(opened(tmp_path, 'id\ttext\n1\t"all of it"\n2\tb\n', "a.tsv")) == ['"all of it"', "b"]


def test_quoting_that_is_said_is_not_looked_for(tmp_path: Path) -> None:
    tabs = 'id\ttext\n1\t"all of it"\n2\tb\n'
    assert texts_of(opened(tmp_path, tabs, "a.tsv", "double")) == ["all of it", "b"]
    assert texts_of(opened(tmp_path, 'text,n\n"a",1\nb,2\n', quoting="none")) == ['"a"', "b"]


def test_quotes_that_spark_escapes_are_quotes(tmp_path: Path) -> None:
    content = 'id,text\n1,"he said \\"no\\", twice"\n2,C:\\dir\n3,"a, b"\n'
    assert texts_of(opened(tmp_path, content)) == ['he said "no", twice', "C:\\dir", "a, b"]


def test_what_a_writer_wrote_over_lines_comes_back(tmp_path: Path) -> None:
    rows = [[str(number), f"dear all\n{number} came\nregards"] for number in range(30)]
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["id", "text"], *rows])
    assert texts_of(opened(tmp_path, out.getvalue())) == [text for _, text in rows]


def test_every_line_has_its_place(tmp_path: Path) -> None:
    content = 'sep=;\nid;text\n\n1;"a\nb"\n;;\n;\nonly\n2;c\n\n'
    records = opened(tmp_path, content)
    assert texts_of(records) == ["a\nb", "c"]
    account = records.account
    assert (account.rows, account.errors) == (3, 1)
    assert {reason: kind.count for reason, kind in account.left_out.items()} == {
        "lines that name the separator": 1,
        "blank lines": 2,
        "rows without any value": 2,
    }


@pytest.mark.parametrize("cell", ["", '""'])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_an_empty_cell_of_the_only_column_is_a_row(tmp_path: Path, name: str, cell: str) -> None:
    content = "text\n" + "".join(
        f"{cell if number % 7 == 0 else text}\n" for number, text in enumerate(TEXTS)
    )
    texts = texts_of(opened(tmp_path, content + "\n", name))
    assert texts == ["" if number % 7 == 0 else text for number, text in enumerate(TEXTS)]


@pytest.mark.parametrize("beside", ["3,c\n", '3,"c""d"\n', "3,\n"], ids=["plain", "quoted", "empty"])
def test_a_row_of_blanks_is_none_whatever_stands_beside_it(tmp_path: Path, beside: str) -> None:
    records = opened(tmp_path, f"id,text\n1,a\n , \n2,b\n{beside}")
    assert len(texts_of(records)) == 3
    assert records.account.left_out["rows without any value"].count == 1


@pytest.mark.parametrize("beside", ["c\n", '"c""d"\n', '""\n'], ids=["plain", "quoted", "empty"])
def test_a_cell_of_blanks_in_the_only_column_is_kept_as_it_stands(tmp_path: Path, beside: str) -> None:
    assert texts_of(opened(tmp_path, f"text\na\n  \nb\n{beside}"))[:3] == ["a", "  ", "b"]
