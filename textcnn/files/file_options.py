"""How a file is to be labelled, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from textcnn.errors import ConfigError
from textcnn.reading.format_table import FORMATS
from textcnn.reading.layout import Layout

if TYPE_CHECKING:
    from textcnn.reading.account import Account
    from textcnn.reading.reading import Reading

OUTPUT_FORMATS: Final = tuple(name for name, each in FORMATS.items() if each.is_written)
GIB: Final = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """The options that change the output; a run can only be resumed with the same.

    Raises:
        ConfigError: the output format is none of `OUTPUT_FORMATS`, or rows without a label are to go.
    """

    layout: Layout = field(default_factory=Layout)
    output_format: str | None = None
    """None: by the output's name, or else the input's format."""
    scores: bool = False
    """A column `score_LABEL` for each label."""
    evidence: bool = False
    """A column with the n-grams that decided, the strongest first: `DECIDING` in `textcnn.evidence`."""
    prefix: str = ""
    """Stands before the names of the added columns."""
    safe_cells: bool = False
    """An apostrophe before cells that a spreadsheet would take for formulas; for CSV and TSV."""
    strict: bool = False
    """Stop at the first row that cannot be labelled."""

    def __post_init__(self) -> None:
        if self.output_format not in (None, *OUTPUT_FORMATS):
            raise ConfigError(
                f"output format '{self.output_format}' is not known; expected one of "
                f"{', '.join(OUTPUT_FORMATS)}",
                field="output_format",
            )
        if self.layout.skip_unlabelled:
            raise ConfigError(
                "--skip-unlabelled is for rows to train on or to judge by; a file that is labelled keeps all",
                field="skip_unlabelled",
            )


@dataclass(frozen=True, slots=True)
class FileReport:
    """The outcome of a file."""

    rows: int
    errors: int
    """Rows that could not be labelled; each has its reason in the column `error`."""
    seconds: float
    account: Account
    """The counts of what was read, and of what was left out."""
    reading: Reading
    """How it was read, and what was guessed of that."""

    @property
    def left_out(self) -> dict[str, int]:
        """The number of what was left out, by reason, such as "blank lines"."""
        return self.account.counts()["left_out"]

    @property
    def rows_per_second(self) -> float:
        """Of the whole run, start of the processes included."""
        return self.rows / max(self.seconds, 1e-9)
