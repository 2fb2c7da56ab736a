"""Labels that are numbers or places get their names; labels joined in a cell come apart as they were."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from textcnn.errors import ConfigError, CorpusError
from textcnn.reading.exports.joined_labels import join_labels, split_labels
from textcnn.reading.exports.nested_fields import flat, value_at
from textcnn.reading.exports.one_hot import is_one_hot
from textcnn.reading.layout import Layout
from textcnn.reading.records import open_records
from textcnn.reading.rows import read_rows

if TYPE_CHECKING:
    from pathlib import Path


def _labels(path: Path, **layout: Any) -> list[tuple[str, ...]]:  # noqa: ANN401 - any field of Layout
    return [row.labels for row in read_rows(path, Layout(**layout))]


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


# Columns and lists of 0 and 1


def test_a_column_for_each_label(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", "id,comment_text,toxic,rude\n1,one,1,0\n2,two,1,1\n3,three,0,0\n")
    rows = list(read_rows(path, Layout(label_columns=("toxic", "rude"))))
    assert [(row.text, row.labels) for row in rows] == [
        ("one", ("toxic",)),
        ("two", ("toxic", "rude")),
        ("three", ()),
    ]


def test_columns_of_0_and_1_are_named_where_the_label_is_missing(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", "comment_text,toxic,rude\none,1,0\ntwo,0,1\nthree,0,0\nfour,1,1\n")
    with pytest.raises(CorpusError, match="say --label-columns toxic,rude") as caught:
        _labels(path)
    assert caught.value.field == "label_columns"


def test_a_value_that_is_neither_0_nor_1_is_refused_in_its_line(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", "text,toxic,rude\none,1,0\ntwo,-1,-1\n")
    with pytest.raises(CorpusError, match=r"a\.csv:3: 'toxic' is neither 0 nor 1"):
        _labels(path, label_columns=("toxic", "rude"))


def test_a_list_of_places_is_named_or_refused(tmp_path: Path) -> None:
    places = [[0, 1, 1], [1, 0, 0], [0, 0, 0]]
    lines = "".join(json.dumps({"text": f"t {n}", "label": each}) + "\n" for n, each in enumerate(places))
    path = _write(tmp_path / "v.jsonl", lines)
    with pytest.raises(CorpusError, match="holds lists of 0 and 1, a place for each label; name the places"):
        _labels(path)
    assert _labels(path, label_columns=("a", "b", "c")) == [("b", "c"), ("a",), ()]
    with pytest.raises(CorpusError, match="nor a list of as many 0 and 1; columns found: text, label"):
        _labels(path, label_columns=("a", "b"))


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ([["0", "1"], ["1", "0"]], True),
        ([["0", "1"], ["0", "1"]], False),
        ([[0, 1, 2], [1, 0, 0]], False),
        ([["1"], ["0"]], False),
        ([["0"], ["0", "1"]], False),
        ([], False),
    ],
)
def test_lists_of_names_are_no_places(lists: list[list[object]], expected: bool) -> None:
    assert is_one_hot(lists) is expected


def test_label_columns_are_several_and_differ() -> None:
    for names in (("a",), ("a", "a")):
        with pytest.raises(ConfigError, match="label_columns"):
            Layout(label_columns=names)
    layout = Layout(label_columns=("a", "b"), sheet="May")
    assert Layout.from_json(layout.to_json()) == layout
    assert layout.to_options() == ["--label-columns", "a,b", "--sheet", "May"]


# Numbers of classes


@pytest.mark.parametrize("listed", [False, True])
def test_numbers_of_classes_have_the_names_in_the_file(tmp_path: Path, *, listed: bool) -> None:
    kind: Any = {"names": ["ham", "spam"], "_type": "ClassLabel"}
    features = {
        "text": {"dtype": "string", "_type": "Value"},
        "label": {"feature": kind, "_type": "List"} if listed else kind,
    }
    numbers: list[Any] = [[0, 1], [1]] if listed else [0, 1]
    table = pa.table({"text": ["a", "b"], "label": numbers})
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    with pa.ipc.new_stream(str(tmp_path / "a.arrow"), table.schema) as writer:
        writer.write_table(table)
    expected = [("ham", "spam"), ("spam",)] if listed else [("ham",), ("spam",)]
    for name in ("a.parquet", "a.arrow"):
        assert _labels(tmp_path / name) == expected
        records = open_records(tmp_path / name, labelled=False)
        assert [record.values["label"] for record in records.strict()] == numbers


def test_a_withheld_class_is_no_label_and_a_wrong_one_an_error(tmp_path: Path) -> None:
    features = {"label": {"names": ["ham", "spam"], "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    for number, problem in ((-1, "is missing; expected a label"), (7, "is not a number of its 2 classes")):
        table = pa.table({"text": ["a", "b"], "label": [0, number]}).replace_schema_metadata(metadata)
        pa.parquet.write_table(table, tmp_path / "a.parquet")
        with pytest.raises(CorpusError, match=rf"a\.parquet:2: 'label' {problem}"):
            _labels(tmp_path / "a.parquet")


# No value


@pytest.mark.parametrize("value", ["NaN", "null", '""', '" "', "[NaN]"])
def test_null_nan_and_empty_are_no_label(tmp_path: Path, value: str) -> None:
    path = _write(tmp_path / "a.jsonl", f'{{"text": "a", "label": "x"}}\n{{"text": "b", "label": {value}}}\n')
    with pytest.raises(CorpusError, match=r"a\.jsonl:2: 'label' is (missing|empty); expected a label"):
        _labels(path)


@pytest.mark.parametrize("value", ["NaN", "null", '""'])
def test_null_nan_and_empty_cells_are_rows_without_labels_where_cells_are_split(
    tmp_path: Path, value: str
) -> None:
    path = _write(
        tmp_path / "a.jsonl", f'{{"text": "a", "label": "x;y"}}\n{{"text": "b", "label": {value}}}\n'
    )
    assert _labels(path, label_separator=";") == [("x", "y"), ()]


def test_nan_is_no_text(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.jsonl", '{"text": NaN, "label": "x"}\n')
    with pytest.raises(CorpusError, match="'text' is missing"):
        _labels(path)
    pa.parquet.write_table(pa.table({"text": ["a"], "label": [float("nan")]}), tmp_path / "a.parquet")
    with pytest.raises(CorpusError, match="'label' is missing"):
        _labels(tmp_path / "a.parquet")


# Fields inside of objects


def test_fields_of_objects_have_dotted_names(tmp_path: Path) -> None:
    record = {
        "id": 1,
        "ticket": {"subject": "Help", "body": "the shirt is late"},
        "meta": {"label": "delivery"},
    }
    path = _write(tmp_path / "a.jsonl", json.dumps(record) + "\n")
    rows = list(read_rows(path, Layout(text_columns=("ticket.body",), label_column="meta.label")))
    assert [(row.text, row.labels) for row in rows] == [("the shirt is late", ("delivery",))]
    assert open_records(path).columns == ("id", "ticket.subject", "ticket.body", "meta.label")
    with pytest.raises(CorpusError, match=r"columns found: id, ticket\.subject, ticket\.body, meta\.label"):
        _labels(path, label_column="label")


def test_a_column_whose_name_has_dots_goes_first() -> None:
    assert value_at({"a.b": 1, "a": {"b": 2}}, "a.b") == 1
    assert value_at({"a.b": {"c.d": 3}}, "a.b.c.d") == 3
    assert value_at({"a": "text"}, "a.b") is None
    assert flat({"a": {}, "b": {"c": [1]}}) == {"a": {}, "b.c": [1]}
    many = {"a": {str(number): number for number in range(2000)}}
    assert flat(many) == many


# Several labels in a cell

LABELS = st.lists(st.text(st.sampled_from("|\\,ab "), min_size=1), min_size=1, max_size=4)


@given(LABELS, st.sampled_from(["|", ",", ", ", "||", "ab", " "]))
@example(["a|b", "c\\", "\\|"], "|")
@example(["|\\ |", "\\|", "\\"], "||")
def test_labels_in_a_cell_come_apart_as_they_were(labels: list[str], separator: str) -> None:
    assert split_labels(join_labels(labels, separator), separator) == labels


def test_cells_without_a_marked_separator_are_as_before() -> None:
    assert split_labels(r"C:\temp; b;;c", ";") == [r"C:\temp", " b", "", "c"]
    assert join_labels(["a", r"C:\temp"], "|") == r"a|C:\temp"
    with pytest.raises(ConfigError, match="holds a backslash"):
        Layout(label_separator="\\")
