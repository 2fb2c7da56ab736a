"""Whole files over HTTP."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from textcnn.classifier import TextClassifier
from textcnn.cli import build_app
from textcnn.files.file_options import FileOptions
from textcnn.files.in_process import label_in_process
from textcnn.files.one_file import label_file
from textcnn.service.app import create_app
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.service.loaded.registry import Registry

FILE = "/v1/classify/file"
ROWS = [("1", "a good film"), ("2", "bad, bad"), ("3", "你好")]
CSV = "id,text\n" + "".join(f'{number},"{text}"\n' for number, text in ROWS)
SECRET = "my private words"


@pytest.fixture(scope="module")
def files(registry: Registry) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(max_unpacked_bytes=50_000), registry)) as client:
        yield client


def table() -> pa.Table:
    return pa.table({"id": [int(number) for number, _ in ROWS], "text": [text for _, text in ROWS]})


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(table(), sink)
    return sink.getvalue()


def arrow() -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table().schema) as writer:
        writer.write_table(table())
    return sink.getvalue()


TEXTS = [text for _, text in ROWS]
INPUTS = {
    "rows.csv": CSV.encode(),
    "rows.tsv": "".join(f"{a}\t{b}\n" for a, b in [("id", "text"), *ROWS]).encode(),
    "rows.jsonl": "".join(json.dumps({"id": a, "text": b}) + "\n" for a, b in ROWS).encode(),
    "rows.parquet": parquet(),
    "rows.arrow": arrow(),
    "rows.csv.gz": gzip.compress(CSV.encode()),
    "rows.ft": "".join(f"__label__x {text}\n" for text in TEXTS).encode(),
    "rows.txt": "".join(f"{text}\n" for text in TEXTS).encode(),
}


def labels_of(name: str, answer: bytes) -> list[str]:
    """The labels in an answer, which is in the format of the question."""
    content = gzip.decompress(answer) if name.endswith(".gz") else answer
    if name.endswith(".parquet"):
        return list(pq.read_table(io.BytesIO(content))["m_label"].to_pylist())
    if name.endswith(".arrow"):
        return list(pa.ipc.open_file(io.BytesIO(content)).read_all()["m_label"].to_pylist())
    if name.endswith(".jsonl"):
        return [json.loads(line)["m_label"] for line in content.decode().splitlines()]
    delimiter = "," if ".csv" in name else "\t"
    head, *rows = content.decode().splitlines()
    at = head.split(delimiter).index("m_label") - len(head.split(delimiter))
    return [row.split(delimiter)[at] for row in rows]


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("way", ["form", "body"])
def test_every_format_comes_back_labelled_in_its_format(
    files: TestClient, model_dir: Path, name: str, way: str
) -> None:
    if way == "form":
        answer = files.post(
            FILE, files={"file": (name, INPUTS[name])}, data={"model": "tiny", "prefix": "m_"}
        )
    else:
        answer = files.post(
            FILE, params={"name": name, "model": "tiny", "prefix": "m_"}, content=INPUTS[name]
        )
    assert answer.status_code == 200, answer.text
    expected = [each.label for each in TextClassifier.load(model_dir).classify_batch(TEXTS)]
    assert labels_of(name, answer.content) == expected
    assert answer.headers["x-model-name"] == "tiny"
    assert len(answer.headers["x-model-version"]) == 12
    assert (answer.headers["x-rows"], answer.headers["x-row-errors"]) == ("3", "0")


def test_the_answer_is_what_the_command_writes(files: TestClient, model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(CSV, encoding="utf-8")
    options = FileOptions(scores=True, prefix="m_")
    label_file(str(model_dir), tmp_path / "rows.csv", tmp_path / "out.csv", options, workers=1)
    answer = files.post(FILE, files={"file": ("rows.csv", CSV)}, data={"scores": "true", "prefix": "m_"})
    assert answer.content == (tmp_path / "out.csv").read_bytes()


LAYOUTS: list[dict[str, str]] = [
    {"text_column": " title , text "},
    {"delimiter": r"\t"},
    {"delimiter": "tab", "header": "true"},
    {"label_column": "title", "text_column": "text"},
    {"format": "tsv", "encoding": "UTF8"},
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_means_the_same_to_the_route_and_to_the_command(
    files: TestClient, model_dir: Path, tmp_path: Path, layout: dict[str, str]
) -> None:
    rows = "title\ttext\nfine\ta good film\npoor\tbad, bad\n"
    (tmp_path / "rows.csv").write_text(rows, encoding="utf-8")
    options = [
        part
        for name, value in layout.items()
        for part in (["--header"] if name == "header" else [f"--{name.replace('_', '-')}", value])
    ]
    command = ["classify", str(model_dir), "--input", str(tmp_path / "rows.csv"), "--output"]
    result = CliRunner().invoke(build_app("classify"), [*command, str(tmp_path / "out.csv"), *options])
    assert result.exit_code == 0, result.output
    answer = files.post(FILE, files={"file": ("rows.csv", rows)}, data=layout)
    assert answer.status_code == 200, answer.text
    assert answer.content == (tmp_path / "out.csv").read_bytes()


def test_without_a_name_the_content_type_or_the_content_tells_the_format(files: TestClient) -> None:
    typed = files.post(FILE, content=CSV, headers={"content-type": "text/csv"})
    untyped = files.post(FILE, content=CSV, headers={"content-type": "application/x-www-form-urlencoded"})
    assert typed.content == untyped.content
    assert 'filename="labelled.csv"' in untyped.headers["content-disposition"]
    assert gzip.decompress(files.post(FILE, content=gzip.compress(CSV.encode())).content) == typed.content


def test_a_row_that_cannot_be_labelled_is_an_error_in_its_place(files: TestClient) -> None:
    lines = '{"text": "a good film"}\nnonsense\n{"more": "my private words"}\n'
    answer = files.post(FILE, params={"name": "x.jsonl"}, content=lines)
    good, broken, missing = map(json.loads, answer.text.splitlines())
    assert good["label"]
    assert "line 2" in broken["error"]
    assert "line 3" in missing["error"]
    assert answer.headers["x-row-errors"] == "2"


def test_headers_tell_what_is_left_out_and_what_was_read_as_it_could_be(files: TestClient) -> None:
    rows = 'id,text\n1,"good, and long"\n\n,\n2,"a quote that never ends\n3,bad\n'
    answer = files.post(FILE, params={"name": "x.csv"}, content=rows)
    assert (answer.headers["x-rows"], answer.headers["x-row-errors"]) == ("3", "0")
    assert json.loads(answer.headers["x-left-out"]) == {"blank lines": 1, "rows without any value": 1}
    assert [*json.loads(answer.headers["x-row-notes"]).values()] == [1]


@pytest.mark.parametrize(
    ("parameters", "content", "status", "code"),
    [
        ({}, b"", 422, "invalid_corpus"),
        ({"name": "x.xlsx"}, b"PK", 422, "invalid_corpus"),
        ({"name": "x.parquet"}, b"my private words", 422, "invalid_corpus"),
        ({"name": "x.csv", "text_column": "nix"}, CSV.encode(), 422, "invalid_corpus"),
        ({"name": "x.csv"}, b"label,text\n1,my private words\n", 422, "invalid_config"),
        ({"format": "nix"}, CSV.encode(), 422, "invalid_config"),
        ({"nix": "1"}, CSV.encode(), 422, "invalid_request"),
        ({"scores": "my private words"}, CSV.encode(), 422, "invalid_request"),
        ({"model": "nix"}, CSV.encode(), 404, "model_not_found"),
        ({"model": "tiny", "version": "nix"}, CSV.encode(), 404, "model_not_found"),
        ({"name": "x.csv.gz"}, gzip.compress(CSV.encode())[:-9], 422, "invalid_corpus"),
        ({"name": "x.txt.gz"}, gzip.compress(b"a film\n" * 10_000), 413, "too_large"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_error_without_its_place_or_its_text(
    files: TestClient, parameters: dict[str, str], content: bytes, status: int, code: str
) -> None:
    answer = files.post(FILE, params=parameters, content=content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert SECRET not in answer.text
    assert tempfile.gettempdir() not in answer.text


def test_a_form_needs_its_file(files: TestClient) -> None:
    answer = files.post(FILE, files={"other": ("x.csv", CSV)})
    assert (answer.status_code, answer.json()["field"]) == (422, "file")
    assert files.post(FILE, files={"file": (None, CSV)}).status_code == 422


def test_nothing_is_left_on_disk(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    named = {"prefix": "m_"}
    with TestClient(create_app(Settings(), registry)) as client:
        for name, content in INPUTS.items():
            assert client.post(FILE, files={"file": (name, content)}, data=named).status_code == 200
        assert client.post(FILE, content=b"").status_code == 422
        assert client.post(FILE, params={"nix": "1"}, content=CSV).status_code == 422
    assert list(tmp_path.iterdir()) == []


def test_rows_of_a_file_are_counted(registry: Registry) -> None:
    with TestClient(create_app(Settings(), registry)) as client:
        client.post(FILE, files={"file": ("rows.csv", CSV)})
        assert 'textcnn_texts_total{model="tiny"' in client.get("/metrics").text


def test_work_that_nobody_waits_for_ends_after_its_chunk(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("a film\n" * 9_000, encoding="utf-8")
    chunks: list[int] = []

    def stop(rows: object) -> None:
        chunks.append(1)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        label_in_process(
            TextClassifier.load(model_dir), tmp_path / "in.txt", tmp_path / "out.tsv", FileOptions(),
            most_bytes=10**6, after_chunk=stop,
        )  # fmt: skip
    assert len(chunks) == 1


def test_cells_are_no_formulas_where_that_is_asked_for(files: TestClient) -> None:
    sent = {"file": ("a.csv", b"id,text\n1,=1+1\n2,good\n")}
    assert "\n1,=1+1," in files.post(FILE, files=sent).text
    assert "\n1,'=1+1," in files.post(FILE, files=sent, data={"safe_cells": "true"}).text
    refused = files.post(FILE, files=sent, data={"safe_cells": "true", "output_format": "jsonl"})
    assert refused.status_code == 422


def test_the_answer_tells_how_the_file_was_read(files: TestClient) -> None:
    content = "Посты;Ответы\n" + "".join(
        f"{i} как у вас дела {i};{i} всё идёт хорошо {i}\n" for i in range(20)
    )
    answer = files.post(FILE, params={"name": "a.csv", "model": "tiny"}, content=content.encode("utf-8-sig"))
    told = answer.headers["x-reading"].encode().decode("unicode_escape")
    assert told in {
        f"csv, ';', UTF-8 with BOM, header; text: {name}; 20 rows" for name in ("Посты", "Ответы")
    }
    warning = answer.headers["x-reading-warning"].encode().decode("unicode_escape")
    assert "'Посты'" in warning or "'Ответы'" in warning
    assert "text_column" in warning
    assert "--" not in warning
