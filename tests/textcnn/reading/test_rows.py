from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from textcnn.errors import CorpusError, MissingExtraError
from textcnn.reading.layout import Layout
from textcnn.reading.record import Record
from textcnn.reading.records import open_records
from textcnn.reading.rows import Row, read_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Pair = tuple[str, str]
PAIRS: list[Pair] = [("good value", "yes"), ("bad, really", "no"), ("", "no"), ("很好", "yes")]


def _pairs(source: str | Path, **layout: Any) -> list[Pair]:  # noqa: ANN401 - any field of Layout
    return [(row.text, *row.labels) for row in read_rows(source, Layout(**layout))]  # type: ignore[misc]


def _delimited(pairs: Sequence[Pair], delimiter: str = ",") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([("text", "label"), *pairs])
    return out.getvalue()


def _table(pairs: Sequence[Pair]) -> pa.Table:
    return pa.table({"text": [text for text, _ in pairs], "label": [label for _, label in pairs]})


def _write(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _fails(path: str | Path, **layout: Any) -> CorpusError:  # noqa: ANN401 - any field of Layout
    with pytest.raises(CorpusError) as caught:
        list(read_rows(path, Layout(**layout)))
    return caught.value


# Formats


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t")])
def test_delimited_files(tmp_path: Path, name: str, delimiter: str, encoding: str) -> None:
    path = _write(tmp_path, name, _delimited(PAIRS, delimiter).encode(encoding))
    assert _pairs(path) == PAIRS


def test_a_row_says_where_it_starts(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.csv", 'text,label\r\n"two\r\nlines",x\r\n\r\nthree,y\r\n')
    rows = list(read_rows(path))
    assert rows[0] == Row(2, "two\r\nlines", ("x",), str(path))
    assert [row.line for row in rows] == [2, 5]
    assert rows[1].where == f"{path}:5"


def test_a_file_is_named_as_the_user_named_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path, "mr.csv", _delimited(PAIRS))
    monkeypatch.chdir(tmp_path)
    assert next(read_rows("mr.csv")).where == "mr.csv:2"


def test_values_are_never_converted(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.csv", "text,label\n007,1.0\n 1e3 ,01\n")
    assert _pairs(path) == [("007", "1.0"), (" 1e3 ", "01")]


def test_json_values_are_never_converted(tmp_path: Path) -> None:
    lines = ['{"text": "007", "label": 1.50}', '{"label": true, "text": 12345678901234567890}']
    assert _pairs(_write(tmp_path, "a.jsonl", "\n\n".join(lines))) == [
        ("007", "1.50"),
        ("12345678901234567890", "true"),
    ]


def test_json_lists_of_labels(tmp_path: Path) -> None:
    lines = ['{"text": "one", "labels": ["x", 2, "x"]}', '{"text": "two", "labels": []}']
    rows = list(read_rows(_write(tmp_path, "a.jsonl", "\n".join(lines))))
    assert [row.labels for row in rows] == [("x", "2"), ()]
    assert [row.line for row in rows] == [1, 2]


def test_parquet(tmp_path: Path) -> None:
    pa.parquet.write_table(_table(PAIRS), tmp_path / "a.parquet")
    assert _pairs(tmp_path / "a.parquet") == PAIRS
    assert [row.line for row in read_rows(tmp_path / "a.parquet")] == [1, 2, 3, 4]


@pytest.mark.parametrize("kind", ["file", "stream"])
def test_arrow(tmp_path: Path, kind: str) -> None:
    table = _table(PAIRS)
    new = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
    with new(str(tmp_path / "a.arrow"), table.schema) as writer:
        writer.write_table(table)
    assert _pairs(tmp_path / "a.arrow") == PAIRS


def test_columnar_categories_numbers_and_lists(tmp_path: Path) -> None:
    table = pa.table({"text": ["a", "b"], "number": [1, 0], "kind": pa.array(["x", "y"]).dictionary_encode()})
    table = table.append_column("tags", pa.array([["x", "y"], []]))
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    assert _pairs(tmp_path / "a.parquet", label_column="number") == [("a", "1"), ("b", "0")]
    assert _pairs(tmp_path / "a.parquet", label_column="kind") == [("a", "x"), ("b", "y")]
    assert _pairs(tmp_path / "a.parquet", label_column="tags") == [("a", "x", "y"), ("b",)]


def test_fasttext_lines(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.txt", "__label__x  one text\n__label__x __label__y two\n__label__z\n")
    assert _pairs(path) == [("one text", "x"), ("two", "x", "y"), ("", "z")]


def test_label_tab_text_lines_have_no_quoting(tmp_path: Path) -> None:
    path = _write(tmp_path, "Collection", 'ham\t"hello, you\nspam\twin\tnow!!\nham\t"bye"\n')
    assert _pairs(path, format="tabbed") == [('"hello, you', "ham"), ("win\tnow!!", "spam"), ('"bye"', "ham")]


def test_label_tab_text_lines_are_recognised(tmp_path: Path) -> None:
    lines = "".join(f"{'ham' if i % 3 else 'spam'}\tmessage number {i}, all right\n" for i in range(20))
    assert {row.labels for row in read_rows(_write(tmp_path, "Collection", lines))} == {("ham",), ("spam",)}


def test_a_folder_per_label(tmp_path: Path) -> None:
    for label, text in (("pos", "fine\nindeed\n"), ("neg", "bad")):
        (tmp_path / label).mkdir()
        _write(tmp_path / label, "1.txt", text)
    (tmp_path / "pos" / "2.txt.gz").write_bytes(gzip.compress("très bien".encode()))
    _write(tmp_path, "readme.txt", "not a text")
    rows = list(read_rows(tmp_path))
    assert [(row.text, *row.labels) for row in rows] == [
        ("bad", "neg"),
        ("fine\nindeed", "pos"),
        ("très bien", "pos"),
    ]
    assert rows[0].where == f"{tmp_path / 'neg' / '1.txt'}:1"


def test_a_file_without_header_has_numbered_columns(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.csv", "1,good,x\n2,bad,y\n")
    assert _pairs(path, header=False, text_columns=("2",), label_column="3") == [("good", "x"), ("bad", "y")]


def test_text_columns_are_joined_with_a_newline_and_absent_ones_left_out(tmp_path: Path) -> None:
    lines = ['{"subject": "s", "body": "b", "label": "x"}', '{"subject": null, "body": "b", "label": "y"}']
    path = _write(tmp_path, "a.jsonl", "\n".join(lines))
    assert _pairs(path, text_columns=("subject", "body")) == [("s\nb", "x"), ("b", "y")]


def test_a_label_separator_makes_several_labels(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.csv", "text,labels\none,x; y\ntwo,x\nthree,\n")
    assert _pairs(path, label_separator=";") == [("one", "x", "y"), ("two", "x"), ("three",)]


def test_fields_longer_than_the_csv_modules_own_limit(tmp_path: Path) -> None:
    text = "long " * 60_000
    assert _pairs(_write(tmp_path, "a.csv", f"text,label\n{text},x\n")) == [(text, "x")]


def test_rows_stream(tmp_path: Path) -> None:
    good = "".join(f"text {i},{i % 2}\n" for i in range(1000))
    rows = read_rows(_write(tmp_path, "a.csv", f"text,label\n{good}one field\n"))
    assert [next(rows).line for _ in range(1000)][-1] == 1001
    with pytest.raises(CorpusError, match=r"a\.csv:1002: found 1 field, expected 2 \(text, label\)"):
        next(rows)


def test_a_broken_record_stands_in_its_place(tmp_path: Path) -> None:
    content = b'text,label\none,x\ntwo\nthr\xffee,y\nf"o"ur,y\n"fi"ve,x\nsix,x\n'
    stream = open_records(_write(tmp_path, "a.csv", content)).stream
    assert [(type(item), item.line) for item in stream if not getattr(item, "error", None)] == [
        (Record, 2),
        (CorpusError, 3),
        (Record, 5),
        (Record, 6),
        (Record, 7),
    ]


def test_a_record_that_cannot_be_decoded_keeps_its_cells(tmp_path: Path) -> None:
    content = b"id,text,label\n1,one,x\n2,thr\xffee,y\n"
    _, broken = open_records(_write(tmp_path, "a.csv", content)).stream
    assert isinstance(broken, Record)
    assert broken.values == {"id": "2", "text": "thr\ufffdee", "label": "y"}
    assert "byte 6 of the line (0xFF) is not valid utf-8" in (broken.error or "")
    assert _fails(tmp_path / "a.csv").line == 3


def test_unlabelled_lines_are_records(tmp_path: Path) -> None:
    stream = open_records(_write(tmp_path, "a.txt", "one text\n\nanother\n")).stream
    assert [item.values["text"] for item in stream if isinstance(item, Record)] == ["one text", "", "another"]


# Hugging Face datasets


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    return tmp_path


def test_a_local_hugging_face_dataset_and_its_splits(hub_cache: Path) -> None:
    folder = hub_cache / "corpus"
    folder.mkdir()
    _write(folder, "train.csv", _delimited(PAIRS[:2]))
    _write(folder, "test.csv", _delimited(PAIRS[3:]))
    assert _pairs(f"hf:{folder}") == PAIRS[:2]
    assert _pairs(f"hf:{folder}@test") == PAIRS[3:]
    assert next(read_rows(f"hf:{folder}@test")).where == f"hf:{folder}@test:1"


def test_class_numbers_become_their_names(hub_cache: Path) -> None:
    import datasets

    names = datasets.ClassLabel(names=["no", "yes"])
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": names, "all": datasets.List(names)}
    )
    rows = {"text": ["a", "b"], "label": [1, 0], "all": [[0, 1], []]}
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(hub_cache / "saved")
    assert _pairs(f"hf:{hub_cache / 'saved'}") == [("a", "yes"), ("b", "no")]
    assert _pairs(f"hf:{hub_cache / 'saved'}", label_column="all") == [("a", "no", "yes"), ("b",)]


def test_a_withheld_class_is_missing(hub_cache: Path) -> None:
    import datasets

    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no"])}
    )
    rows = datasets.Dataset.from_dict({"text": ["a"], "label": [-1]}, features=features)
    rows.save_to_disk(hub_cache / "saved")
    assert "'label' is missing" in str(_fails(f"hf:{hub_cache / 'saved'}"))


def test_an_unknown_split_or_name_is_an_error(hub_cache: Path) -> None:
    folder = hub_cache / "corpus"
    folder.mkdir()
    _write(folder, "train.csv", _delimited(PAIRS))
    assert "the dataset cannot be loaded" in str(_fails(f"hf:{folder}@nothing"))
    assert "expected hf:NAME" in str(_fails("hf:"))


def test_hugging_face_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"Reading Hugging Face datasets.*textcnn\[train\]"):
        list(read_rows("hf:somebody/something"))


# Bad input: one sentence, with file and line


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", "", "a.csv: found no rows"),
        ("a.csv", "text,label\n", "a.csv: found no rows"),
        ("a.csv", "\n\n", "a.csv: found no rows"),
        ("a.jsonl", "\n", "a.jsonl: found no rows"),
        ("a.csv", "text,label\na,b,c\n", "a.csv:2: found 3 fields, expected 2 (text, label); quote a field"),
        ("a.csv", "text,label\na,\n", "a.csv:2: 'label' is empty"),
        ("a.csv", "text,label\na, \n", "a.csv:2: 'label' is empty"),
        ("a.csv", "text,label\ra,x\rb,y\n", "a.csv:1: a carriage return alone ends a line"),
        ("a.csv", "text,label,text\na,x,b\n", "a.csv:1: two columns are called 'text'"),
        ("a.csv", "text,label\na\0,x\n", "a.csv:2: found a NUL byte"),
        ("a.csv", b"text,label\nab\xe9,x\n", "a.csv:2: byte 3 of the line (0xE9) is not valid utf-8"),
        ("a.jsonl", '{"text": "a", "label": "x"}\n{"text": ', "a.jsonl:2: broken JSON at character 10"),
        ("a.json", '[\n{"text": "a"}\n]\n', "a.json: no column could be the label"),
        ("a.jsonl", '["a", "x"]\n', "a.jsonl:1: found a list; expected a JSON object"),
        ("a.jsonl", "7\n", "a.jsonl:1: found a single value; expected a JSON object"),
        ("a.jsonl", "[" * 100_000, "a.jsonl:1: the JSON is nested too deeply"),
        ("a.jsonl", '{"text": "a", "label": null}\n', "a.jsonl:1: 'label' is missing"),
        ("a.jsonl", '{"text": "a", "label": "x"}\n{"label": "x"}\n', "a.jsonl:2: 'text' is missing"),
        ("a.jsonl", '{"text": ["a"], "label": "x"}\n', "a.jsonl:1: 'text' is a list; expected a string"),
        ("a.jsonl", '{"text": "a", "label": {"b": 1}}\n', "a.jsonl:1: 'label' is an object"),
        ("a.jsonl", '{"text": "a", "label": ["x", null]}\n', "a.jsonl:1: 'label' is missing"),
        ("a.ft", "__label__x a\nno label\n", "a.ft:2: the line has no label; expected __label__NAME at its"),
        (
            "a.txt",
            "just a text\nand another\n",
            "a.txt: no column could be the label: 'text' is taken as the text; say which",
        ),
        ("a.parquet", "PAR1 nothing", "a.parquet: the file is damaged or cut short"),
        ("a.arrow", "ARROW1 nothing", "a.arrow: the file is damaged or cut short"),
        ("a.parquet", gzip.compress(b"PAR1"), "a.parquet: a columnar file inside a compressed one"),
        ("a.zip", "PK", "a.zip: '.zip' files are not read"),
    ],
)
def test_bad_files_name_line_and_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str | bytes, expected: str
) -> None:
    _write(tmp_path, name, content)
    monkeypatch.chdir(tmp_path)
    assert expected in str(_fails(name))


def test_no_such_file(tmp_path: Path) -> None:
    assert "nowhere.csv: no such file" in str(_fails(tmp_path / "nowhere.csv"))
    assert "no such file" in str(_fails(tmp_path / "nowhere.parquet"))


def test_a_tab_is_missing(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.txt", "ham\thello\nspam\n")
    assert "a.txt:2: the line has no tab" in str(_fails(path, format="tabbed"))


def test_a_folder_needs_label_folders_and_texts(tmp_path: Path) -> None:
    assert "found no folders in it" in str(_fails(tmp_path))
    (tmp_path / "pos").mkdir()
    assert "found no .txt files in its 1 folders" in str(_fails(tmp_path))
    _write(tmp_path / "pos", "1.txt", b"one\nb\xe9\n")
    assert f"{tmp_path / 'pos' / '1.txt'}:2: byte 2" in str(_fails(tmp_path))
    assert "expected a folder" in str(_fails(tmp_path / "pos" / "1.txt", format="folder"))


def test_broken_text_in_parquet_is_an_error(tmp_path: Path) -> None:
    raw = pa.StringArray.from_buffers(2, pa.array(["ok", "x"]).buffers()[1], pa.py_buffer(b"ok\xff"))
    pa.parquet.write_table(pa.table({"text": raw, "label": ["x", "y"]}), tmp_path / "a.parquet")
    assert "is not valid UTF-8" in str(_fails(tmp_path / "a.parquet"))


def test_an_error_never_repeats_a_text(tmp_path: Path) -> None:
    secret = "secret " * 20
    for name, content in (
        ("a.csv", f"text,label\n{secret},x,y\n"),
        ("a.csv", f'text,label\n"{secret}'),
        ("a.jsonl", f'{{"text": "{secret}", "label": ""}}'),
        ("a.jsonl", f'{{"text": "{secret}'),
    ):
        assert "secret" not in str(_fails(_write(tmp_path, name, content)))


# What is written reads back


# Arrow and UTF-8 hold no lone surrogates, and a NUL byte is an error.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
LABELS = TEXTS.filter(lambda label: label.strip() != "")
ROWS = st.lists(st.tuples(TEXTS, LABELS), min_size=1, max_size=8)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(ROWS)
def test_any_rows_written_as_csv_read_back(tmp_path: Path, pairs: list[Pair]) -> None:
    assert _pairs(_write(tmp_path, "a.csv", _delimited(pairs))) == pairs


@MANY
@given(ROWS, st.booleans())
def test_any_rows_written_as_jsonl_read_back(tmp_path: Path, pairs: list[Pair], ascii_only: bool) -> None:
    lines = (json.dumps({"text": text, "label": label}, ensure_ascii=ascii_only) for text, label in pairs)
    assert _pairs(_write(tmp_path, "a.jsonl", "\n".join(lines))) == pairs


@MANY
@given(ROWS)
def test_any_rows_written_as_parquet_read_back(tmp_path: Path, pairs: list[Pair]) -> None:
    pa.parquet.write_table(_table(pairs), tmp_path / "a.parquet")
    assert _pairs(tmp_path / "a.parquet") == pairs


def test_nul_is_a_character_where_a_format_can_spell_it_and_damage_where_it_is_a_bare_byte(
    tmp_path: Path,
) -> None:
    rows = [{"te\0xt": f"\0 good {number}", "label": f"{number % 2}\0"} for number in range(4)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    pairs = [(row["te\0xt"], row["label"]) for row in rows]
    assert _pairs(tmp_path / "a.jsonl") == _pairs(tmp_path / "a.parquet") == pairs
    for name, content in {
        "a.csv": "text,label\na\0b,yes\n",
        "b.csv": "te\0xt,label\na,yes\n",
        "a.tsv": "text\tlabel\na\0b\tyes\n",
        "b.jsonl": '{"text": "a\0b", "label": "yes"}\n',
    }.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
        with pytest.raises(CorpusError, match="NUL byte"):
            _pairs(tmp_path / name)


def test_a_label_that_first_comes_late_is_the_label(tmp_path: Path) -> None:
    rows = [{"text": f"text {number}"} | ({"label": "x"} if number >= 250 else {}) for number in range(300)]
    path = _write(tmp_path, "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert _fails(path).line == 1
    assert "250" in str(_fails(path))
    assert len(_pairs(path, skip_unlabelled=True)) == 50
