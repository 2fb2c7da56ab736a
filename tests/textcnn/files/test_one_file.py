"""Whole files, as a user hands them over."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from textcnn.classifier import TextClassifier
from textcnn.errors import ConfigError, CorpusError, InputError, TextCNNError
from textcnn.files import chunks, one_file, workers
from textcnn.files.file_options import FileOptions
from textcnn.files.one_file import label_file
from textcnn.reading import records
from textcnn.reading.formats import csv as csv_format
from textcnn.reading.layout import Layout
from textcnn.reading.record import Record
from textcnn.reading.records import open_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from textcnn.files.chunks import SourceRow
    from textcnn.reading.account import Item

TEXTS = ["a good film", "bad,\nbad", "", 'a "warm" one', "你好 世界", "a\u2028b\u0085c"]


def rows_of(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def json_rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:  # its lines end at line feeds alone
        return [json.loads(line) for line in file]


def expected(model_dir: Path, texts: list[str]) -> list[tuple[str | None, float]]:
    return [
        (each.label, pytest.approx(each.score, abs=1e-6))  # type: ignore[misc]  # it compares like a float
        for each in TextClassifier.load(model_dir).classify_batch(texts)
    ]


def write_csv(path: Path, texts: list[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows([f"{number:03}", text] for number, text in enumerate(texts))
    return path


def write_table(path: Path, texts: list[str]) -> pa.Table:
    table = pa.table({"id": pa.array(range(len(texts)), pa.int8()), "text": texts})
    pq.write_table(table, path)
    return table


def test_csv_keeps_its_columns_its_cells_and_its_order(model_dir: Path, tmp_path: Path) -> None:
    given = write_csv(tmp_path / "in.csv", TEXTS)
    report = label_file(str(model_dir), given, tmp_path / "out.csv")
    rows = rows_of(tmp_path / "out.csv")
    assert [row["id"] for row in rows] == ["000", "001", "002", "003", "004", "005"]
    assert [row["text"] for row in rows] == TEXTS
    assert [(row["label"], float(row["score"])) for row in rows] == expected(model_dir, TEXTS)
    assert (report.rows, report.errors, {row["error"] for row in rows}) == (6, 0, {""})


def test_scores_get_a_column_for_each_label_and_names_a_prefix(model_dir: Path, tmp_path: Path) -> None:
    given = write_csv(tmp_path / "in.csv", TEXTS)
    options = FileOptions(scores=True, prefix="model_")
    label_file(str(model_dir), given, tmp_path / "out.csv", options)
    row = rows_of(tmp_path / "out.csv")[0]
    scores = [float(row[f"model_score_{label}"]) for label in ("good", "bad", "其他")]
    assert sum(scores) == pytest.approx(1, abs=1e-5)
    assert float(row["model_score"]) == max(scores)


def test_without_a_header_none_is_written_and_the_delimiter_stays(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("1;a good film;x\n2;bad film;y\n", encoding="utf-8")
    options = FileOptions(layout=Layout(text_columns=("2",), header=False, delimiter=";"))
    label_file(str(model_dir), tmp_path / "in.csv", tmp_path / "out.csv", options)
    first = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[0].split(";")
    assert first[:3] == ["1", "a good film", "x"]
    assert len(first) == 6


def test_json_lines_keep_numbers_as_they_are_written(model_dir: Path, tmp_path: Path) -> None:
    line = '{"id": 12345678901234567890, "x": 1.50, "text": "a good film", "deep": {"a": [1e3, true, null]}}'
    (tmp_path / "in.jsonl").write_text(line + "\n", encoding="utf-8")
    label_file(str(model_dir), tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    written = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    assert written.startswith(line[:-1])
    assert json.loads(written)["label"] in ("good", "bad", "其他")


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_columnar_files_keep_their_types(model_dir: Path, tmp_path: Path, ending: str) -> None:
    table = write_table(tmp_path / "in.parquet", TEXTS)
    label_file(str(model_dir), tmp_path / "in.parquet", tmp_path / f"out.{ending}")
    if ending == "parquet":
        written = pq.read_table(tmp_path / "out.parquet")
    else:
        with pa.memory_map(str(tmp_path / "out.arrow")) as file:
            written = pa.ipc.open_file(file).read_all()
    assert written.select(["id", "text"]).equals(table)
    assert written["label"].to_pylist() == [label for label, _ in expected(model_dir, TEXTS)]
    assert written["error"].null_count == len(TEXTS)


@pytest.mark.parametrize(("ending", "opened"), [("gz", gzip.decompress), ("zst", None)])
def test_compressed_files_come_and_go(
    model_dir: Path, tmp_path: Path, ending: str, opened: Callable[[bytes], bytes] | None
) -> None:
    given = write_csv(tmp_path / "in.csv", TEXTS)
    label_file(str(model_dir), given, tmp_path / f"out.csv.{ending}")
    label_file(
        str(model_dir), tmp_path / f"out.csv.{ending}", tmp_path / "again.csv", FileOptions(prefix="b_")
    )
    data = (tmp_path / f"out.csv.{ending}").read_bytes()
    text = (
        opened(data) if opened else zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()
    ).decode()
    assert text.splitlines()[0] == "id,text,label,score,error"
    assert [row["text"] for row in rows_of(tmp_path / "again.csv")] == TEXTS


def test_plain_lines_become_a_table(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("a good film\n\nbad\tfilm\n", encoding="utf-8")
    options = FileOptions(layout=Layout(format="lines"))
    label_file(str(model_dir), tmp_path / "in.txt", tmp_path / "out.txt", options)
    assert [row["text"] for row in rows_of(tmp_path / "out.txt", "\t")] == ["a good film", "", "bad\tfilm"]


def test_a_multi_label_model_joins_its_labels(multi_label_model_dir: Path, tmp_path: Path) -> None:
    given = write_csv(tmp_path / "in.csv", TEXTS)
    label_file(str(multi_label_model_dir), given, tmp_path / "out.csv")
    label_file(str(multi_label_model_dir), given, tmp_path / "out.jsonl")
    cells = [row["label"] for row in rows_of(tmp_path / "out.csv")]
    lines = json_rows(tmp_path / "out.jsonl")
    assert ["|".join(line["label"]) for line in lines] == cells


def test_a_bad_row_is_a_row_with_its_reason_in_its_place(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"id,text\n1,good film\n2\n3,\xff\xfe\n4,bad film\n")
    report = label_file(str(model_dir), tmp_path / "in.csv", tmp_path / "out.csv")
    rows = rows_of(tmp_path / "out.csv")
    assert [(row["id"], row["text"]) for row in rows[:3]] == [
        ("1", "good film"),
        ("", ""),
        ("3", "\ufffd\ufffd"),
    ]
    assert "line 3: found 1 field" in rows[1]["error"]
    assert "line 4: " in rows[2]["error"]
    assert "not valid utf-8" in rows[2]["error"]
    assert rows[3]["label"]
    assert report.errors == 2
    lines = '{"text": "good"}\n{"text": \n{"other": 1}\n{"text": "bad"}\n'
    (tmp_path / "in.jsonl").write_text(lines, encoding="utf-8")
    label_file(str(model_dir), tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    written = json_rows(tmp_path / "out.jsonl")
    assert ["error" in row for row in written] == [False, True, True, False]
    assert "line 2: broken JSON" in written[1]["error"]
    assert "'text' is missing" in written[2]["error"]


def test_strict_stops_at_the_first_bad_row_and_leaves_no_output(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,good\n2\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"in\.csv: line 3: found 1 field"):
        label_file(str(model_dir), tmp_path / "in.csv", tmp_path / "out.csv", FileOptions(strict=True))
    assert not (tmp_path / "out.csv").exists()


def test_a_column_that_is_there_already_is_not_overwritten(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("label,text\nx,good\ny,bad\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"a column 'label' already.*--prefix"):
        label_file(str(model_dir), tmp_path / "in.csv", tmp_path / "out.csv")


def test_an_output_that_exists_is_kept_unless_told(model_dir: Path, tmp_path: Path) -> None:
    given = write_csv(tmp_path / "in.csv", TEXTS)
    (tmp_path / "out.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="--replace"):
        label_file(str(model_dir), given, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "mine"
    label_file(str(model_dir), given, tmp_path / "out.csv", replace=True)
    assert len(rows_of(tmp_path / "out.csv")) == len(TEXTS)


def test_a_row_group_over_the_memory_is_refused_by_name(model_dir: Path, tmp_path: Path) -> None:
    write_table(tmp_path / "in.parquet", TEXTS)
    with pytest.raises(CorpusError, match=r"row group 0 holds .* --memory"):
        label_file(str(model_dir), tmp_path / "in.parquet", tmp_path / "out.parquet", memory=40)


@pytest.mark.slow
def test_several_processes_give_the_same_bytes(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 50)
    given = write_csv(tmp_path / "in.csv", [f"a good film {number}" for number in range(1_050)])
    label_file(str(model_dir), given, tmp_path / "out1.csv", workers=1)
    own = []
    label = workers._label

    def slowly(chunk: workers.Chunk, work: workers.Work, classifier: TextClassifier) -> workers.Done:
        own.append(chunk[0])
        time.sleep(0.5)
        return label(chunk, work, classifier)

    monkeypatch.setattr(workers, "_label", slowly)
    assert label_file(str(model_dir), given, tmp_path / "out2.csv", workers=2).rows == 1_050
    assert own[: workers.OWN_CHUNKS] == list(range(workers.OWN_CHUNKS))
    assert len(own) < 21  # the other process labelled the rest
    assert (tmp_path / "out1.csv").read_bytes() == (tmp_path / "out2.csv").read_bytes()


SLOW_RUN = """
import sys, time
from textcnn.files import one_file, workers, chunks
chunks.CHUNK_ROWS = 50
def slowly(rows, line, total):
    time.sleep(0.05)
one_file.label_file(sys.argv[1], sys.argv[2], sys.argv[3], workers=1, progress=slowly)
"""


def test_a_killed_run_goes_on_to_the_same_bytes(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 50)
    given = write_csv(tmp_path / "in.csv", [f"a good film {number}" for number in range(3_000)])
    label_file(str(model_dir), given, tmp_path / "whole.csv", workers=1)
    out, partial = tmp_path / "out.csv", tmp_path / "out.csv.partial"
    command = [sys.executable, "-c", SLOW_RUN, str(model_dir), str(given), str(out)]
    with subprocess.Popen(command) as run:
        while len(list(partial.glob("part-????????"))) < 4 and run.poll() is None:
            time.sleep(0.01)
        os.kill(run.pid, signal.SIGKILL)
    kept = len(list(partial.glob("part-????????")))
    assert 3 <= kept < 60
    assert not out.exists()
    with pytest.raises(InputError, match="--resume"):
        label_file(str(model_dir), given, out)
    with pytest.raises(InputError, match="option scores differ"):
        label_file(str(model_dir), given, out, FileOptions(scores=True), resume=True)
    report = label_file(str(model_dir), given, out, workers=1, resume=True)
    assert report.rows == 3_000
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not partial.exists()


def test_an_input_that_changed_is_not_gone_on_with(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = write_csv(tmp_path / "in.csv", TEXTS)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        label_file(str(model_dir), given, tmp_path / "out.csv", progress=interrupted)
    write_csv(given, [*TEXTS, "more"])
    with pytest.raises(InputError, match="fingerprint differ"):
        label_file(str(model_dir), given, tmp_path / "out.csv", resume=True)


def test_standard_input_and_output(model_dir: Path, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "textcnn"), "classify", str(model_dir)]
    given = write_csv(tmp_path / "in.csv", TEXTS)
    piped = subprocess.run(
        [*command, "--input", "-", "--output", "-", "--format", "csv"],
        input=given.read_bytes(),
        capture_output=True,
        check=True,
    )
    label_file(str(model_dir), given, tmp_path / "out.csv")
    assert piped.stdout == (tmp_path / "out.csv").read_bytes()
    assert b"6 rows" in piped.stderr


def test_memory_does_not_grow_with_the_file(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 100)
    monkeypatch.setattr(workers, "OWN_CHUNKS", 1)
    held: list[int] = []
    real = workers.label_chunks

    def watched(
        given: Iterable[workers.Chunk], work: workers.Work, classifier: TextClassifier, processes: int
    ) -> Iterator[workers.Done]:
        read = 0

        def counted() -> Iterator[workers.Chunk]:
            nonlocal read
            for chunk in given:
                read += 1
                yield chunk

        for number, done in enumerate(real(counted(), work, classifier, processes)):
            held.append(read - number)
            yield done

    monkeypatch.setattr(one_file, "label_chunks", watched)
    given = write_csv(tmp_path / "in.csv", [f"a good film {number}" for number in range(5_000)])
    label_file(str(model_dir), given, tmp_path / "out.csv", workers=2)
    assert len(held) == 50
    assert max(held) <= 2 * 2 + 3


def test_evidence_names_the_n_grams_that_decided_in_every_format(model_dir: Path, tmp_path: Path) -> None:
    given = write_csv(tmp_path / "in.csv", TEXTS)
    classifier = TextClassifier.load(model_dir)
    decided = [[each.text for each in classifier.explain(text).deciding()] for text in TEXTS]
    assert any(decided)
    for name in ("out.csv", "out.jsonl", "out.parquet"):
        label_file(str(model_dir), given, tmp_path / name, FileOptions(evidence=True))
    assert [row["evidence"] for row in rows_of(tmp_path / "out.csv")] == ["|".join(each) for each in decided]
    assert [row["evidence"] for row in json_rows(tmp_path / "out.jsonl")] == decided
    assert pq.read_table(tmp_path / "out.parquet")["evidence"].to_pylist() == decided
    rows = rows_of(tmp_path / "out.csv")
    assert [(row["label"], float(row["score"])) for row in rows] == expected(model_dir, TEXTS)


def test_safe_cells_hold_no_formula(model_dir: Path, tmp_path: Path) -> None:
    formulas = ['=HYPERLINK("http://127.0.0.1")', "+a", "-a good film", "@a", "\ta", "\ra", "＝1", "-"]
    texts = [*formulas, "a=b", ""]
    numbers = ["-5", "+49,5", "-1.5e-3", "+.5", "-10%", "7", "007"]
    given = tmp_path / "in.csv"
    with given.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["=id", "text"])
        writer.writerows([*zip(numbers, texts, strict=False), *(("-1+1", text) for text in texts)])
    label_file(str(model_dir), given, tmp_path / "as_it_is.csv")
    label_file(str(model_dir), given, tmp_path / "safe.csv", FileOptions(safe_cells=True))
    as_it_is, safe = rows_of(tmp_path / "as_it_is.csv"), rows_of(tmp_path / "safe.csv")
    assert [row["text"] for row in as_it_is] == [*texts[: len(numbers)], *texts]
    assert [row["text"] for row in safe][-len(texts) :] == [*(f"'{each}" for each in formulas), "a=b", ""]
    assert [row["'=id"] for row in safe] == [*numbers, *["'-1+1"] * len(texts)]
    assert [row["label"] for row in safe] == [row["label"] for row in as_it_is]


def test_safe_cells_are_for_spreadsheets(model_dir: Path, tmp_path: Path) -> None:
    given = write_csv(tmp_path / "in.csv", TEXTS)
    with pytest.raises(ConfigError, match="for CSV and TSV"):
        label_file(str(model_dir), given, tmp_path / "out.jsonl", FileOptions(safe_cells=True))


def test_a_lone_carriage_return_ends_no_row(model_dir: Path, tmp_path: Path) -> None:
    texts = ["a\rb", "\r", "c\r\nd", "e"]
    given = write_csv(tmp_path / "in.csv", texts)
    for name, delimiter in (("out.csv", ","), ("out.tsv", "\t")):
        assert label_file(str(model_dir), given, tmp_path / name).rows == len(texts)
        assert [row["text"] for row in rows_of(tmp_path / name, delimiter)] == texts


@pytest.mark.parametrize("target", ["out.csv", "out.tsv", "out.jsonl", "out.parquet", "out.arrow"])
def test_an_output_with_nul_in_names_and_values_can_be_read_again(
    model_dir: Path, tmp_path: Path, target: str
) -> None:
    rows = [{"te\0xt": f"a good\0 film, {number}", "n": "\0"} for number in range(3)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    label_file(str(model_dir), tmp_path / "in.jsonl", tmp_path / target)
    records = open_records(tmp_path / target)
    spelt = "\ufffd" if target.endswith("sv") else "\0"
    assert records.columns[:2] == (f"te{spelt}xt", "n")
    assert [record.values["n"] for record in records.strict()] == [spelt] * 3


def test_a_row_that_is_lost_on_the_way_leaves_no_output(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a fault of ours would lose it: in the reader, or behind it."""
    given = write_csv(tmp_path / "in.csv", TEXTS)
    read, to_row = csv_format.read, chunks._chunks

    def without_second_line(path: Path, layout: Layout) -> Iterator[Item]:
        return (item for item in read(path, layout) if getattr(item, "line", 0) != 2)

    def without_first_row(stream: Iterator[Record | CorpusError]) -> Iterator[list[SourceRow]]:
        return (rows[1:] for rows in to_row(stream))

    with monkeypatch.context() as patch:
        patch.setattr(csv_format, "read", without_second_line)
        with pytest.raises(TextCNNError, match=r"of \d+ lines, \d+ became rows or errors or were left out"):
            label_file(str(model_dir), given, tmp_path / "out.csv", workers=1)
    with monkeypatch.context() as patch:
        patch.setattr(chunks, "_chunks", without_first_row)
        with pytest.raises(TextCNNError, match=r"Of \d+ rows that were read, \d+ came out"):
            label_file(str(model_dir), given, tmp_path / "out.csv", workers=1, resume=True)
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.parquet", "out.arrow", "out.jsonl"])
@pytest.mark.parametrize("array", [False, True])
def test_a_key_that_first_comes_late_is_a_column_of_every_output(
    model_dir: Path, tmp_path: Path, name: str, array: bool
) -> None:
    rows: list[dict[str, str]] = [{"text": f"a good film {number}"} for number in range(300)]
    rows[250] |= {"late": "here"}
    given = tmp_path / ("in.json" if array else "in.jsonl")
    given.write_text(json.dumps(rows) if array else "".join(json.dumps(row) + "\n" for row in rows))
    label_file(str(model_dir), given, tmp_path / name, workers=1)
    read = [
        item.values
        for item in open_records(tmp_path / name, labelled=False).stream
        if isinstance(item, Record)
    ]
    assert len(read) == 300
    assert read[250]["late"] == "here"
    assert {row.get("late") or None for row in (*read[:250], *read[251:])} == {None}


def test_keys_without_end_are_no_table(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MOST_KEYS", 100)
    given = tmp_path / "in.jsonl"
    given.write_text("".join(json.dumps({"text": "good", f"key{number}": 1}) + "\n" for number in range(300)))
    with pytest.raises(CorpusError, match=r"in\.jsonl:100: its records have more than 100 different keys"):
        label_file(str(model_dir), given, tmp_path / "out.csv", workers=1)
    label_file(str(model_dir), given, tmp_path / "out.jsonl", workers=1)
