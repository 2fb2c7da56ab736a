"""Readers for files of text: one generator of records per format, broken records as errors in their place."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from textcnn.errors import CorpusError
from textcnn.reading.compression import COMPRESSED_SUFFIXES
from textcnn.reading.detection import FASTTEXT_PREFIX, find_delimiter, find_header
from textcnn.reading.numbered_lines import LONGEST_LINE, NumberedLines, first_lines
from textcnn.reading.record import SAMPLE_RECORDS, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from textcnn.reading.layout import Layout

    Reader = Callable[[Path, Layout], Iterator[Record | CorpusError]]


class Number(str):
    """A number of a JSON file, as it is written there."""

    __slots__ = ()


_FASTTEXT_LABEL: Final = re.compile(rf"\s*{FASTTEXT_PREFIX}(\S+)(?:\s+|$)")


def read_delimited(path: Path, layout: Layout) -> Iterator[Record | CorpusError]:
    """CSV and TSV by the standard `csv` module: quoted fields may hold delimiters and line ends."""
    delimiter = layout.delimiter or find_delimiter(first_lines(path, layout.encoding))
    with NumberedLines(path, layout.encoding) as lines:
        rows = _rows(lines, delimiter)
        first = list(islice(rows, SAMPLE_RECORDS))
        stream = chain(first, rows)
        sample = [item[1] for item in first if isinstance(item, tuple)]
        if not sample:
            yield from (item for item in first if isinstance(item, CorpusError))
            return
        header = find_header(sample, layout)
        names = _column_names(sample[0], lines.file) if header else _numbers(sample)
        for item in stream:
            if isinstance(item, CorpusError):
                yield item
            elif header:
                header = False  # the first row that can be read
            elif len(item[1]) == len(names):
                yield Record(item[0], lines.file, dict(zip(names, item[1], strict=True)))
            else:
                yield lines.error(_field_count(len(item[1]), names), item[0])


def read_tabs(path: Path, layout: Layout) -> Iterator[Record | CorpusError]:
    """`read_delimited` with a tab, unless another delimiter is said."""
    return read_delimited(path, replace(layout, delimiter=layout.delimiter or "\t"))


def read_jsonl(path: Path, layout: Layout) -> Iterator[Record | CorpusError]:
    """One JSON object per line; numbers stay as they are written."""
    return _line_records(path, layout, _json_values)


def read_fasttext(path: Path, layout: Layout) -> Iterator[Record | CorpusError]:
    """Lines as fastText has them: `__label__x __label__y text`."""
    return _line_records(path, layout, _fasttext_values)


def read_tabbed(path: Path, layout: Layout) -> Iterator[Record | CorpusError]:
    """A label, a tab, the text: no header, no quoting, and later tabs belong to the text."""
    return _line_records(path, layout, _tabbed_values)


def read_lines(path: Path, layout: Layout) -> Iterator[Record | CorpusError]:
    """One unlabelled text per line; an empty line is an empty text."""
    return _line_records(path, layout, lambda line: {"text": line}, keep_blank=True)


def read_folder(path: Path, layout: Layout) -> Iterator[Record | CorpusError]:
    """`DIR/<label>/*.txt`: a text per file, without its last line end, under its folder's name.

    Raises:
        CorpusError: there are no label folders, or no .txt files in them.
    """
    endings = (".txt", *(f".txt{suffix}" for suffix in COMPRESSED_SUFFIXES))
    folders = sorted(item for item in path.iterdir() if item.is_dir() and not item.name.startswith("."))
    expected = "expected a folder for each label that holds its texts as .txt files"
    if not folders:
        raise CorpusError(f"found no folders in it; {expected}", file=path)
    files = [file for folder in folders for file in sorted(folder.iterdir()) if file.name.endswith(endings)]
    if not files:
        raise CorpusError(f"found no .txt files in its {len(folders)} folders; {expected}", file=path)
    for file in files:
        try:
            with NumberedLines(file, layout.encoding) as lines:
                text = "".join(lines)
        except CorpusError as error:
            yield error
        else:
            yield Record(1, str(file), {"label": file.parent.name, "text": _without_end(text)})


READERS: Final[dict[str, Reader]] = {
    "csv": read_delimited,
    "tsv": read_tabs,
    "jsonl": read_jsonl,
    "fasttext": read_fasttext,
    "tabbed": read_tabbed,
    "lines": read_lines,
    "folder": read_folder,
}


def _rows(lines: NumberedLines, delimiter: str) -> Iterator[tuple[int, list[str]] | CorpusError]:
    # The limit is the whole process's, so it is only ever raised; a line has its own bound.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_LINE))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        start = lines.number + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield lines.error(_csv_sentence(str(error)), start)
        except CorpusError as error:
            yield _of_one_line(error)
        else:
            if len(fields) > 1 or "".join(fields).strip():
                yield start, fields


def _line_records(
    path: Path,
    layout: Layout,
    values: Callable[[str], dict[str, object]],
    *,
    keep_blank: bool = False,
) -> Iterator[Record | CorpusError]:
    with NumberedLines(path, layout.encoding) as lines:
        while True:
            try:
                line = _without_end(next(lines))
                if keep_blank or line.strip():
                    yield Record(lines.number, lines.file, values(line))
            except StopIteration:
                return
            except ValueError as error:
                yield lines.error(str(error))
            except CorpusError as error:
                yield _of_one_line(error)


def _of_one_line(error: CorpusError) -> CorpusError:
    if error.line is None:  # about the whole file: nothing can follow
        raise error
    return error


def _json_values(line: str) -> dict[str, object]:
    try:
        values = json.loads(line, parse_int=Number, parse_float=Number, parse_constant=Number)
    except json.JSONDecodeError as error:
        hint = "; this looks like one JSON document, not JSON Lines" if line.strip() in "[{" else ""
        message = (
            f"broken JSON at character {error.pos + 1} ({error.msg}); expected one object per line{hint}"
        )
        raise ValueError(message) from error
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply; expected a flat object") from error
    if not isinstance(values, dict):
        kind = "a list" if isinstance(values, list) else "a single value"
        message = f'found {kind}; expected a JSON object such as {{"text": ..., "label": ...}}'
        raise ValueError(message)
    return values


def _fasttext_values(line: str) -> dict[str, object]:
    labels = []
    while match := _FASTTEXT_LABEL.match(line):
        labels.append(match[1])
        line = line[match.end() :]
    if not labels:
        raise ValueError(f"the line has no label; expected it to begin with {FASTTEXT_PREFIX}NAME")
    return {"label": labels, "text": line}


def _tabbed_values(line: str) -> dict[str, object]:
    label, tab, text = line.partition("\t")
    if not tab:
        raise ValueError("the line has no tab; expected a label, a tab and the text")
    return {"label": label, "text": text}


def _column_names(cells: Sequence[str], file: str) -> list[str]:
    names = [cell.strip() or str(number) for number, cell in enumerate(cells, 1)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise CorpusError(f"two columns are called '{twice[:40]}'; rename one", file=file, line=1)
    return names


def _numbers(rows: Sequence[Sequence[str]]) -> list[str]:
    lengths = [len(row) for row in rows]
    usual = max(set(lengths), key=lengths.count)
    return [str(number) for number in range(1, usual + 1)]


def _field_count(found: int, names: Sequence[str]) -> str:
    wanted = f"{len(names)} ({', '.join(name[:40] for name in names[:10])})"
    return (
        f"found {found} field{'s' * (found != 1)}, expected {wanted}; quote a field that holds the delimiter"
    )


def _csv_sentence(reason: str) -> str:
    if "unexpected end" in reason:
        return 'a quoted field opens here and is never closed; close it, or write "" for a quote in a text'
    if "expected after" in reason:
        remedy = 'write "" for a quote in a text, or say --format tabbed for label<TAB>text without quoting'
        return f"a quoted field goes on after its closing quote; {remedy}"
    if "new-line" in reason:
        return "a carriage return alone ends a line; convert the line ends to LF or CRLF"
    return f"a field is longer than {LONGEST_LINE:,} characters; a quote may never be closed"


def _without_end(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")
