"""The labelled files that a verb of training is given, read before PyTorch is imported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textcnn.reading.account import Account
from textcnn.reading.rows import Row, read_labelled, read_rows

if TYPE_CHECKING:
    from textcnn.errors import UnlabelledError
    from textcnn.reading.layout import Layout
    from textcnn.reading.record import LeftOut

Files = str | Path | Sequence[str | Path]
Parts = list[list[Row] | None]
"""Rows to train on, to validate and to test on; None where a part is to be split off."""


def read_files(files: Files, layout: Layout | None = None, *, account: Account | None = None) -> list[Row]:
    """The rows of a file, or of several, one after the other; an account that is given counts them.

    Raises:
        CorpusError: a file cannot be read.
    """
    several = [files] if isinstance(files, str | Path) else files
    return [row for file in several for row in read_rows(file, layout, account=account)]


def read_parts(
    corpus: Files,
    validation: Files | None,
    test: Files | None,
    layout: Layout,
    tell: Callable[[str], None],
) -> Parts:
    """The rows of the files of each part; of what is left out of them, sentences are told.

    Raises:
        CorpusError: a file cannot be read.
    """
    account, given = Account(), (corpus, validation, test)
    parts = [read_files(files, layout, account=account) if files else None for files in given]
    for remark in account.remarks():
        tell(remark)
    return parts


def read_with_unlabelled(
    file: str | Path, layout: Layout, account: Account
) -> tuple[list[Row], list[UnlabelledError | LeftOut]]:
    """The rows of a file, and apart from them those without a label: errors, or left out on request.

    Raises:
        CorpusError: the file, or anything else of a row, cannot be read.
    """
    rows: list[Row] = []
    unlabelled: list[UnlabelledError | LeftOut] = []
    for item in read_labelled(file, layout, account=account):
        if isinstance(item, Row):
            rows.append(item)
        else:
            unlabelled.append(item)
    return rows, unlabelled
