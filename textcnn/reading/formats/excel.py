"""Excel workbooks: the rows of one sheet, whose first one may name the columns."""

from __future__ import annotations

import zipfile
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import CorpusError, MissingExtraError
from textcnn.reading.compression import compression_of
from textcnn.reading.header import find_header, names_of, numbers_of
from textcnn.reading.record import HEADER, SAMPLE_RECORDS, EndOfFile, LeftOut, Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.reading.account import Item
    from textcnn.reading.layout import Layout

    Cells = tuple[Any, ...]

MOST_PARTS: Final = 10_000
"""Files within a workbook."""
MOST_SHARED: Final = 512 << 20
"""Bytes of the texts that all cells share: they are held in memory."""
MOST_CELLS: Final = 200_000_000
"""Cells that are looked at, empty ones too: one in the last column makes a row of 16,384."""
_HEAD: Final = 4096
_BLANK_ROWS: Final = "blank rows"
_OTHER_SHEETS: Final = "other sheets, which --sheet names"


def read(path: Path, layout: Layout) -> Iterator[Item]:
    """The rows of the sheet that the layout names, or of the first; a record's line is its row.

    Raises:
        CorpusError: while iterating; the file is no workbook, damaged, too large, or has no such sheet.
        MissingExtraError: openpyxl is not installed.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise MissingExtraError("Reading Excel workbooks", "excel") from error
    _check_parts(path)
    try:
        with path.open("rb") as file:  # by its path, openpyxl would go by the ending
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheet = _sheet(workbook, path, layout.sheet)
            yield from (LeftOut(1, str(path), _OTHER_SHEETS, 0) for _ in workbook.worksheets[1:])
            sheet.reset_dimensions()  # what the file says of its size need not be true
            yield from _records(str(path), _checked(path, sheet.iter_rows(values_only=True)), layout)
    except CorpusError:
        raise
    except Exception as error:  # openpyxl raises whatever its parts do: KeyError, ValueError, ParseError ...
        message = "the workbook is damaged or not as Excel writes it; save it again, or as CSV"
        raise CorpusError(message, file=path) from error


def _check_parts(path: Path) -> None:
    """Check what the workbook is made of, before any of it is unpacked into memory.

    Raises:
        CorpusError: it is no workbook, or has parts that are too large or declare entities.
    """
    if compression_of(path):
        raise CorpusError("a workbook inside a compressed file is not read; decompress it first", file=path)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "xl/workbook.xml" not in names:
                message = "the file is a ZIP archive and no Excel workbook; unpack it and give what is in it"
                raise CorpusError(message, file=path)
            held = sum(part.file_size for part in parts if not part.filename.startswith("xl/worksheets/"))
            if len(parts) > MOST_PARTS or held > MOST_SHARED:
                message = (
                    f"the workbook holds {held / 1e6:,.0f} MB of texts and other parts; at most "
                    f"{MOST_SHARED / 1e6:,.0f} MB are read: save it as CSV"
                )
                raise CorpusError(message, file=path)
            for part in parts:
                with archive.open(part) as opened:
                    if b"<!DOCTYPE" in opened.read(_HEAD).replace(b"\0", b""):
                        message = "the workbook declares entities, as Excel never does; save it again"
                        raise CorpusError(message, file=path)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        message = "the workbook is damaged, cut short or encrypted; save it again without a password"
        raise CorpusError(message, file=path) from error


def _sheet(workbook: Any, path: Path, name: str | None) -> Any:  # noqa: ANN401  # openpyxl ships no types
    sheets = {sheet.title: sheet for sheet in workbook.worksheets}
    if not sheets:
        raise CorpusError("the workbook has no sheet with cells", file=path)
    if name is None:
        return next(iter(sheets.values()))
    if name not in sheets:
        shown = ", ".join(f"'{title[:40]}'" for title in list(sheets)[:10])
        raise CorpusError(f"there is no sheet of that name; its sheets are {shown}", file=path, field="sheet")
    return sheets[name]


def _checked(path: Path, rows: Iterator[Cells]) -> Iterator[Cells]:
    cells = 0
    for row in rows:
        cells += len(row)
        if cells > MOST_CELLS:
            raise CorpusError(f"the sheet has more than {MOST_CELLS:,} cells; save it as CSV", file=path)
        yield row


def _records(file: str, rows: Iterator[Cells], layout: Layout) -> Iterator[Item]:
    numbered = enumerate(map(_without_end, rows), 1)
    first = list(islice(numbered, SAMPLE_RECORDS))
    sample = [["" if cell is None else str(cell) for cell in row] for _, row in first if row]
    header = bool(sample) and find_header(sample, layout)
    names = names_of(sample[0], file) if header else numbers_of(sample)
    line = 0
    for line, row in chain(first, numbered):
        if not row:
            yield LeftOut(line, file, _BLANK_ROWS)
        elif header:
            header = False  # the first row with a cell
            yield LeftOut(line, file, HEADER)
        elif len(row) > len(names):
            yield CorpusError(
                f"found {len(row)} cells, expected {len(names)}; name each column in the first row",
                file=file,
                line=line,
            )
        else:
            cells = [*row, *[None] * (len(names) - len(row))]
            yield Record(line, file, dict(zip(names, map(_value, cells), strict=True)))
    yield EndOfFile(file, line)


def _without_end(row: Cells) -> Cells:
    """A row without the empty cells at its end."""
    end = len(row)
    while end and (row[end - 1] is None or row[end - 1] == ""):
        end -= 1
    return row[:end]


def _value(cell: Any) -> object:  # noqa: ANN401  # as openpyxl has it
    """A cell as text; a number as Excel stores it, a date as ISO 8601 has it, an empty cell as none."""
    if cell is None or isinstance(cell, (str, bool)):
        return cell
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)
