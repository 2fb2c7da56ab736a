"""The account of an input: each line is part of a row, of an error in its place, or is left out and named."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import CorpusError, TextCNNError
from textcnn.reading.record import HEADER, EndOfFile, LeftOut, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    Item = Record | CorpusError | LeftOut | EndOfFile
    """An item of a reader: a record, an error for one that is broken, or what is none."""

PLACES_NAMED: Final = 3


@dataclass(slots=True)
class Kind:
    """How often something was left out, or read in a way that is not sure, and where first."""

    count: int = 0
    places: list[str] = field(default_factory=list)
    """The first ones, such as "reviews.csv:12"."""

    def add(self, file: str, line: int) -> None:
        """Count one more."""
        self.count += 1
        if len(self.places) < PLACES_NAMED:
            self.places.append(f"{file}:{line}" if line else file)

    def add_all(self, other: Kind) -> None:
        """Count all that another one has counted."""
        self.count += other.count
        self.places += other.places[: PLACES_NAMED - len(self.places)]


class Account:
    """The counts of what was read so far; they must add up at the end of each file."""

    def __init__(self) -> None:
        self.rows = 0
        """Records, those that cannot be used among them."""
        self.errors = 0
        """Places where a record is broken, or cannot be used."""
        self.left_out: dict[str, Kind] = {}
        """By reason; without the lines that name the columns."""
        self.notes: dict[str, Kind] = {}
        """Rows that were read in a way that is not sure, by what was made of them."""
        self.lines = 0
        """Of the files that were read to their end."""
        self._covered = 0

    @property
    def read(self) -> int:
        """All that was read: rows, broken ones too, and what was left out."""
        return self.rows + sum(kind.count for kind in self.left_out.values())

    def counted(self, stream: Iterator[Item]) -> Iterator[Record | CorpusError]:
        """The rows and errors of a reader; what it leaves out is counted here, and goes no further.

        Raises:
            TextCNNError: while iterating; a file has lines of which nothing became. That is a fault of ours.
        """
        for item in stream:
            if type(item) is Record:
                self.rows += 1
                self._covered += item.lines
                if item.error is not None or item.note is not None:
                    self._remark(item)
                yield item
            elif isinstance(item, CorpusError):
                self.rows += 1
                self.errors += 1
                self._covered += item.lines
                yield item
            elif isinstance(item, LeftOut):
                self._leave_out(item)
            elif isinstance(item, EndOfFile):
                self._close(item)

    def sentence(self) -> str:
        """The counts in words, such as "120 rows; left out, blank lines: 2 (a.csv:7, 9)"."""
        rows = f"{self.rows:,} row{'s' * (self.rows != 1)}"
        if self.errors:
            rows += f", {self.errors:,} of them with an error"
        return "; ".join([rows, *self.remarks()])

    def remarks(self) -> list[str]:
        """A part of a sentence for each kind that was left out, or read in a way that is not sure."""
        left_out = [f"left out, {_words(reason, kind)}" for reason, kind in self.left_out.items()]
        return left_out + [_words(f"rows where {what}", kind) for what, kind in self.notes.items()]

    def add(self, other: Account) -> None:
        """Count what another one has counted, too."""
        self.rows += other.rows
        self.errors += other.errors
        for kinds, others in ((self.left_out, other.left_out), (self.notes, other.notes)):
            for reason, kind in others.items():
                kinds.setdefault(reason, Kind()).add_all(kind)

    def leave_out(self, file: str, reason: str) -> None:
        """Count a whole file that is left out."""
        self.left_out.setdefault(reason, Kind()).add(file, 0)

    def leave_out_row(self, record: Record, reason: str) -> LeftOut:
        """Count a record as left out, which was counted as a row when it was read."""
        self.rows -= 1
        self.left_out.setdefault(reason, Kind()).add(record.file, record.line)
        return LeftOut(record.line, record.file, reason, record.lines)

    def check(self, rows: int) -> None:
        """Check that as many rows were made of a file as were read.

        Raises:
            TextCNNError: they are not.
        """
        if rows != self.rows:
            raise TextCNNError(
                f"Of {self.rows:,} rows that were read, {rows:,} came out. That is a fault of textcnn, so "
                "nothing is kept. Please report it."
            )

    def counts(self) -> dict[str, dict[str, int]]:
        """The counts of what was left out and of rows that were read in a way that is not sure, by reason."""
        kinds = {"left_out": self.left_out, "notes": self.notes}
        return {name: {reason: kind.count for reason, kind in each.items()} for name, each in kinds.items()}

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        kinds = {"left_out": self.left_out, "notes": self.notes}
        return {"rows": self.rows, "errors": self.errors} | {
            name: {reason: asdict(kind) for reason, kind in each.items()} for name, each in kinds.items()
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Account:
        """The account that `to_json` told."""
        account = cls()
        account.rows, account.errors = values["rows"], values["errors"]
        account.left_out = {reason: Kind(**kind) for reason, kind in values["left_out"].items()}
        account.notes = {reason: Kind(**kind) for reason, kind in values["notes"].items()}
        return account

    def _remark(self, record: Record) -> None:
        if record.error is not None:
            self.errors += 1
        if record.note is not None:
            self.notes.setdefault(record.note, Kind()).add(record.file, record.line)

    def _leave_out(self, item: LeftOut) -> None:
        self._covered += item.lines
        if item.reason != HEADER:
            self.left_out.setdefault(item.reason, Kind()).add(item.file, item.line)

    def _close(self, end: EndOfFile) -> None:
        covered, self._covered = self._covered, 0
        self.lines += end.lines
        if covered != end.lines:
            raise TextCNNError(
                f"{end.file}: of {end.lines:,} lines, {covered:,} became rows or errors or were left out. "
                "That is a fault of textcnn, so nothing is kept. Please report it with the file's start."
            )


def _words(reason: str, kind: Kind) -> str:
    """Such as "blank lines: 12 (a.csv:7, 9, 14, ...)"; a file is named once."""
    places: list[str] = []
    file = None
    for place in kind.places:
        before, file = file, place.rpartition(":")[0]
        places.append(place.removeprefix(f"{before}:") if before and before == file else place)
    more = ", ..." if kind.count > len(places) else ""
    return f"{reason}: {kind.count:,} ({', '.join(places)}{more})"
