"""Good files with random damages: a row is labelled, is an error in its place, or is left out and counted."""

from __future__ import annotations

import csv
import io
import json
import random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from tests.proof import count, proof
from textcnn.classifier import TextClassifier
from textcnn.errors import CorpusError
from textcnn.files.file_options import FileOptions
from textcnn.files.in_process import label_in_process
from textcnn.reading.layout import Layout
from textcnn.reading.record import Record
from textcnn.reading.records import open_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DAMAGES: Final = count(few=40, full=2_000)
ROWS: Final = 60
WORDS: Final = ("a", "good", "film", "5'3", "bad", "你好", "🎬", "so-so", "and")
NAMES: Final = ("id", "text", "label")


Cells = tuple[str, ...]


class GoodFile(NamedTuple):
    """A file as a writer wrote it."""

    ending: str
    delimiter: str
    data: bytes
    spans: dict[Cells, tuple[int, int]]
    """Where the bytes of each row stand, by its cells."""


def rows(chooser: random.Random, *, quotes: bool, lines: bool) -> Iterator[Cells]:
    """Numbered rows, whose texts hold quotes, delimiters and line ends."""
    for number in range(ROWS):
        words = chooser.choices(WORDS, k=chooser.randint(1, 9))
        if quotes and chooser.random() < 0.3:
            words.insert(0, f'"{chooser.choice(WORDS)}", he said,')
        if lines and chooser.random() < 0.2:
            words.insert(1, "and\n")
        yield str(number), " ".join(words), ("bad", "good")[number % 2]


def delimited(chooser: random.Random, delimiter: str, **options: Any) -> GoodFile:  # noqa: ANN401
    is_quoted = options.get("quoting") != csv.QUOTE_NONE
    lines = is_quoted and chooser.random() < 0.5
    stream, spans = io.StringIO(), {}
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=chooser.choice(["\n", "\r\n"]), **options)
    writer.writerow(NAMES)
    for cells in rows(chooser, quotes=is_quoted, lines=lines):
        start = len(stream.getvalue().encode())
        writer.writerow(cells)
        spans[cells] = start, len(stream.getvalue().encode())
    return GoodFile(".tsv" if delimiter == "\t" else ".csv", delimiter, stream.getvalue().encode(), spans)


def json_lines(chooser: random.Random) -> GoodFile:
    data, spans = b"", {}
    for cells in rows(chooser, quotes=True, lines=True):
        line = (json.dumps(dict(zip(NAMES, cells, strict=True))) + "\n").encode()
        spans[cells] = len(data), len(data) + len(line)
        data += line
    return GoodFile(".jsonl", "", data, spans)


WRITERS: Final[dict[str, Callable[[random.Random], GoodFile]]] = {
    "csv": lambda chooser: delimited(chooser, ","),
    "csv, all quoted": lambda chooser: delimited(chooser, ",", quoting=csv.QUOTE_ALL),
    "semicolons": lambda chooser: delimited(chooser, ";"),
    "tsv": lambda chooser: delimited(chooser, "\t"),
    "tsv, unquoted": lambda chooser: delimited(chooser, "\t", quoting=csv.QUOTE_NONE, quotechar=None),
    "jsonl": json_lines,
}
INSERTED: Final = [
    b'"',
    b'"',
    b'"',
    b'""',
    b"\xff",
    b"\x00",
    b"\n",
    b"\n\n",
    b"\r",
    b",",
    b";",
    b"\t",
    b"\xe4\xbd",
]
INSERTED_SELDOM: Final = [b"\xef\xbb\xbf", b"\x1a", b"\\", b"{", b"}", b"'", b"\xc2\x85", b"\xe2\x80\xa8"]


def damaged(chooser: random.Random, good: GoodFile) -> tuple[bytes, set[Cells]]:
    """The bytes with one to three damages, and the rows that none of them touched.

    The names of the columns are left alone: without them, nobody knows which cell is which.
    """
    data, first = bytearray(good.data), min(good.spans.values())[0]
    touched: list[int] = []
    places = sorted((chooser.randrange(first, len(data)) for _ in range(chooser.randint(1, 3))), reverse=True)
    for place in places:
        touched.append(place)
        kind = chooser.randrange(8)
        if kind < 4:
            data[place:place] = chooser.choice(INSERTED * 3 + INSERTED_SELDOM)
        elif kind < 6:
            del data[place]
        elif kind == 6:
            data[place] = chooser.randrange(256)
        else:
            start, end = next(span for span in good.spans.values() if span[0] <= place < span[1])
            quote = data.find(b'"', start, end)
            if quote >= 0:
                del data[quote]
                touched.append(quote)
    # The byte before a row's first one ends the row above it: without that, they are one line.
    whole = {
        cells
        for cells, (start, end) in good.spans.items()
        if not any(start - 1 <= place <= end for place in touched)
    }
    return bytes(data), whole


@proof("a damaged file never loses a row in silence", DAMAGES)
@pytest.mark.timeout(3600)
def test_damages_never_lose_a_row_in_silence(model_dir: Path, tmp_path: Path) -> None:
    classifier = TextClassifier.load(model_dir)
    for number in range(DAMAGES):
        chooser = random.Random(number)
        name = chooser.choice([*WRITERS])
        good = WRITERS[name](chooser)
        data, whole = damaged(chooser, good)
        source = tmp_path / f"in{good.ending}"
        source.write_bytes(data)
        case = f"damage {number} of {name}"
        try:
            check_reading(source, data, whole, case)
            check_output(classifier, source, good.delimiter, case)
        except CorpusError as error:
            if error.line is not None:  # else the whole file is refused, and nothing is silent about that
                raise


def check_reading(source: Path, data: bytes, whole: set[Cells], case: str) -> None:
    """Every line has its place, and every row that no damage touched is there with its cells."""
    records = open_records(source, Layout(encoding="utf-8"))
    items = [*records.stream]
    lines = sum(item.lines if isinstance(item, Record) else 1 for item in items)
    physical = data.count(b"\n") + (not data.endswith(b"\n"))
    left_out = sum(kind.count for kind in records.account.left_out.values())
    header = 0 if source.suffix == ".jsonl" else 1
    assert lines + left_out + header == physical, case
    there = {tuple(map(str, item.values.values())) for item in items if isinstance(item, Record)}
    assert not whole - there, case


def check_output(classifier: TextClassifier, source: Path, delimiter: str, case: str) -> None:
    """As many rows come out as were read, each with a label or an error."""
    target = source.with_name(f"out{source.suffix}")
    options = FileOptions(prefix="m_", layout=Layout(encoding="utf-8"))
    _, account, _ = label_in_process(
        classifier, source, target, options, most_bytes=10**8, after_chunk=lambda _: None
    )
    text = target.read_text(encoding="utf-8")
    if source.suffix == ".jsonl":
        answers = [json.loads(line) for line in text.split("\n") if line]
    else:
        answers = [*csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)]
    assert len(answers) == account.rows, case
    assert all(answer.get("m_label") or answer.get("m_error") for answer in answers), case
