"""Ugly files, each at one size and at twice that: none takes more than its share of time."""

from __future__ import annotations

import json
import math
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from textcnn.classifier import TextClassifier
from textcnn.errors import InputError
from textcnn.files.file_options import FileOptions
from textcnn.files.in_process import label_in_process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOST_TIMES = 2.5
SLACK_SECONDS = 0.1
"""Seconds that the machine may take beside, so that a small size is not measured for what it is not."""
LOOKS = 4
"""Pairs of measurements at most; of each size the shortest counts, as other work only ever adds to it."""


def _arrow(size: int) -> bytes:
    table = pa.table({f"c{n}": ["a good film"] for n in range(size)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


UGLY: dict[str, tuple[str, int, Callable[[int], bytes | str]]] = {
    "columns": (
        "a.csv",
        30_000,
        lambda n: ",".join(f"c{i}" for i in range(n)) + "\n" + "a," * (n - 1) + "a\n",
    ),
    "columns without names": ("a.csv", 30_000, lambda n: ("1," * (n - 1) + "1\n") * 2),
    "columnar columns": ("a.arrow", 1_500, _arrow),
    "newlines": ("a.csv", 200_000, lambda n: "text,id\na,b\n" + "\n" * n),
    "empty texts": ("a.txt", 10_000, lambda n: "\n" * n),
    "quotes": ("a.csv", 100_000, lambda n: "text,id\na,b\n" + '"a" b,c\n' * (n // 8)),
    "an open quote": ("a.csv", 200_000, lambda n: "text,id\na,b\n" + '"' + "a,b\n" * n),
    "nesting": ("a.jsonl", 90, lambda n: ('{"text": "a", "b": ' + "[" * n + "]" * n + "}\n") * 300),
    "deep nesting": (
        "a.jsonl",
        100_000,
        lambda n: '{"text": "a"}\n{"text": "a", "b": ' + "[" * n + "]" * n + "}\n",
    ),
    "keys": ("a.jsonl", 60_000, lambda n: json.dumps({"text": "a", **{f"k{i}": i for i in range(n)}}) + "\n"),
    "one long cell": ("a.csv", 2_000_000, lambda n: "text,id\n" + "a" * n + ",b\n"),
    "a long wide line": ("a.txt", 500_000, lambda n: ("\ufeff" + "b " * n + "\n").encode("utf-16-le")),
    "labels": ("a.ft", 100_000, lambda n: "__label__a " * n + "text\n"),
    "broken rows": ("a.csv", 5_000, lambda n: "text,id\na,b\n" + "a,b,c\n" * n),
}


def seconds(classifier: TextClassifier, directory: Path, name: str, content: bytes | str) -> float:
    """Of the processor, in the shorter of two runs: other work on the machine does not count."""
    source = directory / name
    source.write_bytes(content if isinstance(content, bytes) else content.encode())
    taken = []
    for _ in range(2):
        started = time.process_time()
        with suppress(InputError):  # a refusal is an answer, too, and must not take longer
            label_in_process(
                classifier, source, directory / f"out-{name}", FileOptions(prefix="m_"),
                most_bytes=10**8, after_chunk=lambda _: None,
            )  # fmt: skip
        taken.append(time.process_time() - started)
    return min(taken)


@pytest.mark.parametrize("kind", UGLY)
def test_twice_the_file_takes_about_twice_the_time(model_dir: Path, tmp_path: Path, kind: str) -> None:
    name, size, make = UGLY[kind]
    classifier = TextClassifier.load(model_dir)
    seconds(classifier, tmp_path, name, make(10))
    once = twice = math.inf
    for _ in range(LOOKS):
        once = min(once, seconds(classifier, tmp_path, name, make(size)))
        twice = min(twice, seconds(classifier, tmp_path, name, make(2 * size)))
        if twice <= MOST_TIMES * once + SLACK_SECONDS:
            break
    assert twice <= MOST_TIMES * once + SLACK_SECONDS, (once, twice)


def test_deep_json_is_an_error_of_its_row(model_dir: Path, tmp_path: Path) -> None:
    deep = '{"text": "a", "b": ' + "[" * 900 + "]" * 900 + "}\n"
    (tmp_path / "in.jsonl").write_text('{"text": "a"}\n' + deep)
    label_in_process(
        TextClassifier.load(model_dir), tmp_path / "in.jsonl", tmp_path / "out.jsonl", FileOptions(),
        most_bytes=10**6, after_chunk=lambda _: None,
    )  # fmt: skip
    assert "nested too deeply" in (tmp_path / "out.jsonl").read_text().splitlines()[1]


def test_short_rows_under_many_columns_are_refused_before_they_are_written(
    model_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text(
        ",".join(f"c{n}" for n in range(30_000)) + "\n" + "a," * 29_999 + "a\n" + "a\n" * 4_000
    )
    started = time.process_time()
    with pytest.raises(InputError, match="holds more than"):
        label_in_process(
            TextClassifier.load(model_dir), tmp_path / "in.csv", tmp_path / "out.csv", FileOptions(),
            most_bytes=10**8, after_chunk=lambda _: None,
        )  # fmt: skip
    assert time.process_time() - started < 5
