"""The labelled files that a verb of training is given, read before PyTorch is imported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from textcnn.reading.account import Account
from textcnn.reading.reading import Reading
from textcnn.reading.rows import Row, read_labelled, read_rows

if TYPE_CHECKING:
    from textcnn.errors import UnlabelledError
    from textcnn.reading.columns import KnownColumns
    from textcnn.reading.layout import Layout
    from textcnn.reading.reading import Tell
    from textcnn.reading.record import LeftOut

    TellRows = Callable[[Reading, int], None]
    """Told how a file was read, and how many rows it has."""

Files = str | Path | Sequence[str | Path]


class Parts(NamedTuple):
    """The rows of the files that a verb of training is given; None where a part is to be split off."""

    train: list[Row]
    validation: list[Row] | None
    test: list[Row] | None
    columns: KnownColumns | None
    """Those of the first file."""


def read_files(
    files: Files,
    layout: Layout | None = None,
    *,
    account: Account | None = None,
    tell: TellRows | None = None,
) -> list[Row]:
    """The rows of a file, or of several, one after the other.

    An account that is given counts them; `tell` is told how each file was read.

    Raises:
        CorpusError: a file cannot be read, or could as well be read in another way.
    """
    several = [files] if isinstance(files, str | Path) else files
    rows: list[Row] = []
    for file in several:
        readings: list[Reading] = []
        before = len(rows)
        rows += read_rows(file, layout, account=account, tell=partial(_take, readings))
        if tell is not None:
            tell(readings[0], len(rows) - before)
    return rows


def read_parts(
    corpus: Files,
    validation: Files | None,
    test: Files | None,
    layout: Layout,
    tell: Callable[[str], None],
) -> Parts:
    """The rows of the files of each part; how they were read and what is left out of them is told.

    Raises:
        CorpusError: a file cannot be read, or could as well be read in another way.
    """
    account, readings = Account(), list[Reading]()

    def tell_reading(reading: Reading, rows: int) -> None:
        readings.append(reading)
        for line in reading.lines(rows):
            tell(line)

    train, given_validation, given_test = (
        read_files(files, layout, account=account, tell=tell_reading) if files else None
        for files in (corpus, validation, test)
    )
    for remark in account.remarks():
        tell(remark)
    return Parts(train or [], given_validation, given_test, readings[0].known if readings else None)


def _take(readings: list[Reading], reading: Reading) -> None:
    """Keep the reading of a file, if there is no doubt of it."""
    reading.require_clear()
    readings.append(reading)


def read_with_unlabelled(
    file: str | Path,
    layout: Layout,
    account: Account,
    *,
    known: KnownColumns | None = None,
    tell: Tell | None = None,
) -> tuple[list[Row], list[UnlabelledError | LeftOut]]:
    """The rows of a file, and apart from them those without a label: errors, or left out on request.

    Raises:
        CorpusError: the file, or anything else of a row, cannot be read.
    """
    rows: list[Row] = []
    unlabelled: list[UnlabelledError | LeftOut] = []
    for item in read_labelled(file, layout, known=known, account=account, tell=tell):
        if isinstance(item, Row):
            rows.append(item)
        else:
            unlabelled.append(item)
    return rows, unlabelled
