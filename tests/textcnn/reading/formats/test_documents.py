"""Files that are one document: JSON arrays, Rasa's YAML, Excel workbooks; and fastText's lines."""

from __future__ import annotations

import gzip
import json
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcnn.errors import CorpusError, MissingExtraError
from textcnn.reading.formats import excel
from textcnn.reading.layout import Layout
from textcnn.reading.record import Record
from textcnn.reading.records import open_records
from textcnn.reading.rows import read_rows, read_texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    Pairs = list[tuple[str, ...]]


def _pairs(path: Path, **layout: Any) -> Pairs:  # noqa: ANN401 - any field of Layout
    return [(row.text, *row.labels) for row in read_rows(path, Layout(**layout))]


def _write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def _lines(path: Path) -> int:
    records = open_records(path)
    assert list(records.stream)
    return records.account.lines  # of which each became something, or it would have failed


# JSON arrays

ROWS = [{"text": f"text {number}", "label": "ab"[number % 2]} for number in range(9)]
PAIRS = [(each["text"], each["label"]) for each in ROWS]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a", "a.json.gz"])
@pytest.mark.parametrize("indent", [None, 0, 2])
def test_an_array_is_read_whatever_its_lines(tmp_path: Path, name: str, indent: int | None) -> None:
    text = json.dumps(ROWS, indent=indent)
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    assert _pairs(path) == PAIRS
    assert _lines(path) == text.count("\n") + 1
    assert list(read_texts(path)) == [text for text, _ in PAIRS]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_an_array_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.json").write_bytes(json.dumps(ROWS).encode(encoding))
    assert _pairs(tmp_path / "a.json") == PAIRS


def test_an_element_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    long = "word " * 100_000
    path = _write(tmp_path / "a.json", json.dumps([*ROWS, {"text": long, "label": "a"}, *ROWS]))
    assert _pairs(path) == [*PAIRS, (long, "a"), *PAIRS]


@given(
    st.lists(
        st.dictionaries(st.text(max_size=3), st.text() | st.integers() | st.none(), max_size=3), min_size=1
    )
)
def test_every_array_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]
) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    _write(path, json.dumps(rows, indent=1))
    found = [dict(record.values) for record in open_records(path, labelled=False).strict()]
    assert found == [{k: str(v) if isinstance(v, int) else v for k, v in row.items()} for row in rows]


def test_an_element_that_is_no_object_is_an_error_in_its_place(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.json", '[\n{"text": "a", "label": "x"},\n5,\n{"text": "b", "label": "y"}]')
    items = list(open_records(path).stream)
    assert [type(item) for item in items] == [Record, CorpusError, Record]
    assert "a.json:3: found a single value" in str(items[1])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"text": "a", "label": "x"}', "the file ends where a comma or the end of the array was expected"),
        ('[{"text": "a", "label": "x"},', "the file ends within the array"),
        ('[{"text": "a", "lab', "the file ends within the array"),
        (
            '[{"text": "a"}, {"text" "b"}, {"text": "c", "label": "longer than what may be cut off"}]',
            "broken JSON",
        ),
        ('[{"text": "a"} {"text": "b"}]', "something else stands where a comma"),
        ('[{"text": "a"}] [1]', "the array is over, and more follows"),
        ("[" * 5000, "nested too deeply"),
    ],
)
def test_a_broken_array_is_one_sentence(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(CorpusError, match=problem):
        _pairs(_write(tmp_path / "a.json", text), format="json")


def test_lines_of_json_stay_lines(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.json", "".join(json.dumps(each) + "\n" for each in ROWS))
    assert _pairs(path) == PAIRS
    assert list(read_texts(_write(tmp_path / "b.txt", "[laughs] hello\n[1] see below\n"))) == [
        "[laughs] hello",
        "[1] see below",
    ]


# Rasa

NLU = """version: "3.1"
nlu:
- intent: billing
  examples: |
    - my bill from [Berlin](city) is wrong
    - paid [two]{"entity": "number", "value": "2"} times

- synonym: two
  examples: |
    - 2
- intent: faq/late
  examples:
    - text: |
        where is it
    - text: it is late
"""


def test_rasa_s_intents(tmp_path: Path) -> None:
    path = _write(tmp_path / "nlu.yml", NLU)
    records = open_records(path)
    assert records.export == "Rasa"
    expected = [
        ("my bill from Berlin is wrong", "billing"),
        ("paid two times", "billing"),
        ("where is it", "faq/late"),
        ("it is late", "faq/late"),
    ]
    assert _pairs(path) == expected
    assert _pairs(_write(tmp_path / "nlu", NLU)) == expected
    items = list(records.stream)
    assert [*records.account.left_out] == ["entries that are no intents, such as synonyms"]
    assert [item.line for item in items if isinstance(item, Record)] == [5, 6, 14, 15]
    assert _lines(path) == NLU.count("\n")


def test_rasa_s_older_and_other_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(
        CorpusError, match="Rasa's Markdown, which is not read; `rasa data convert nlu` makes YAML"
    ):
        _pairs(_write(tmp_path / "nlu.md", "## intent:billing\n- wrong bill\n- paid twice\n"))
    with pytest.raises(CorpusError, match="found no list 'nlu'"):
        _pairs(_write(tmp_path / "domain.yml", "intents:\n- billing\n"))


@pytest.mark.parametrize(
    "text",
    ["nlu: [", "nlu:\n- intent: &a x\n  examples: *a\n", "[" * 3000, "nlu:\n\t- x", "a: b: c", "\x01"],
)
def test_damaged_yaml_is_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError, match="no YAML that is read") as caught:
        _pairs(_write(tmp_path / "nlu.yml", text))
    assert "\n" not in caught.value.message


# Excel


def _workbook(path: Path, *rows: Sequence[object], **sheets: list[list[object]]) -> Path:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    for title, more in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in more:
            sheet.append(row)
    workbook.save(path)
    return path


def test_a_workbook(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["text", "label", "n"],
        ["late", "delivery", 7],
        [],
        ["two\nlines", "billing", 1.5],
    ]
    path = _workbook(tmp_path / "a.xlsx", *rows, Mai=[["text", "label"], ["im Mai", "x"], ["noch", "y"]])
    assert _pairs(path) == [("late", "delivery"), ("two\nlines", "billing")]
    assert _pairs(path, sheet="Mai") == [("im Mai", "x"), ("noch", "y")]
    records = open_records(path, labelled=False)
    items = list(records.stream)
    assert [*records.account.left_out] == [
        "other sheets, which --sheet names",
        "blank rows",
    ]
    assert [(item.line, item.values["n"]) for item in items if isinstance(item, Record)] == [
        (2, "7"),
        (4, "1.5"),
    ]
    with pytest.raises(CorpusError, match="no sheet of that name; its sheets are 'Sheet', 'Mai'"):
        _pairs(path, sheet="June")


def test_a_workbook_without_an_ending(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "upload", ["text", "label"], ["late", "delivery"], ["paid", "billing"])
    assert _pairs(path) == [("late", "delivery"), ("paid", "billing")]


def test_what_is_no_workbook_is_one_sentence(tmp_path: Path) -> None:
    good = _workbook(tmp_path / "good.xlsx", ["text", "label"], ["late", "delivery"]).read_bytes()
    damages = {
        "cut": good[:-100],
        "bad": b"PK\x03\x04" + b"\0" * 50,
        "middle": good[:400] + b"\0" * 300 + good[700:],
    }
    for name, data in damages.items():
        path = tmp_path / f"{name}.xlsx"
        path.write_bytes(data)
        with pytest.raises(CorpusError, match="the workbook is damaged") as caught:
            _pairs(path)
        assert "\n" not in caught.value.message
    with zipfile.ZipFile(tmp_path / "zip.xlsx", "w") as archive:
        archive.writestr("a.csv", "text,label\n")
    with pytest.raises(CorpusError, match="a ZIP archive and no Excel workbook"):
        _pairs(tmp_path / "zip.xlsx")


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = _workbook(tmp_path / "good.xlsx", ["text", "label"], ["late", "delivery"])
    for name, data, problem in (
        ("xl/big.xml", b"<a>" + b" " * (2 << 20), "MB of texts and other parts"),
        (
            "xl/entity.xml",
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            "declares entities",
        ),
    ):
        monkeypatch.setattr(excel, "MOST_SHARED", 1 << 20)
        bomb = tmp_path / "bomb.xlsx"
        bomb.write_bytes(good.read_bytes())
        with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        with pytest.raises(CorpusError, match=problem):
            _pairs(bomb)


def test_far_cells_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "MOST_CELLS", 20_000)
    path = _workbook(tmp_path / "a.xlsx", ["text", "label"], *([None] * 3000 + ["far"] for _ in range(10)))
    with pytest.raises(CorpusError, match="more than 20,000 cells"):
        _pairs(path)


@pytest.mark.parametrize(
    ("module", "extra", "name"), [("openpyxl", "excel", "a.xlsx"), ("yaml", "yaml", "a.yml")]
)
def test_a_missing_library_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, extra: str, name: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=f"needs the extra '{extra}'"):
        _pairs(_write(tmp_path / name, NLU))


# fastText


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("__label__a __label__b some text", ("some text", "a", "b")),
        ("__label__a,__label__b some text", ("some text", "a", "b")),
        ("__label__a , some text, and more", ("some text, and more", "a")),
        ("__label__a some text __label__b", ("some text", "a", "b")),
        ("some text __label__a", ("some text", "a")),
        ("some text__label__a is text __label__b", ("some text__label__a is text", "b")),
        ("  __label__a   indented  ", ("indented  ", "a")),
        ("__label__a", ("", "a")),
    ],
)
def test_fasttext_s_labels_stand_anywhere(tmp_path: Path, line: str, expected: tuple[str, ...]) -> None:
    path = _write(tmp_path / "a.txt", f"{line}\n" * 3)
    assert _pairs(path)[0] == expected
