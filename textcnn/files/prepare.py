"""A file made ready for labelling: read in chunks, its new columns named, its output known.

Every way to label a file begins here: one file, each of many, and a file that was sent to the service.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from textcnn.files.chunks import open_source
from textcnn.files.label_chunk import added_columns, label_rows
from textcnn.files.outputs import Output, make_output, output_format
from textcnn.reading.columnar.read_bounds import ReadBounds
from textcnn.reading.format_table import FORMATS
from textcnn.reading.records import every_column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textcnn.classifier import TextClassifier
    from textcnn.files.chunks import Source, SourceRow
    from textcnn.files.file_options import FileOptions
    from textcnn.files.label_chunk import Labelled

ROW_GROUP_SHARE: Final = 4
"""A Parquet row group may take one part in so many of a memory budget: it is held decoded, too."""
ROWS_SHARE: Final = 16
"""The values of 1,000 rows may take one part in so many: a chunk is four times that, and text too."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """How the rows of one file are labelled and written. Small, and sent to every process."""

    file: str
    text_columns: tuple[str, ...]
    output: Output

    def label(self, classifier: TextClassifier, rows: Sequence[SourceRow]) -> list[Labelled]:
        """A chunk's rows, each with its prediction or the reason why there is none."""
        evidence = self.output.added.evidence is not None
        return label_rows(classifier, self.file, self.text_columns, rows, evidence=evidence)


def bounds_of(memory: int) -> ReadBounds:
    """The most that a columnar file may hold at once for a budget of these bytes."""
    return ReadBounds(decoded=memory // ROW_GROUP_SHARE, rows=memory // ROWS_SHARE)


def prepare(
    source: Path, target: str, options: FileOptions, classifier: TextClassifier, *, bounds: ReadBounds
) -> tuple[Source, Prepared]:
    """Open a file, and say how its rows are labelled into a target of this name.

    Raises:
        CorpusError: it cannot be read, holds no row that can, or a part of it is over the bounds.
        TooLargeError: the whole of it is.
        ConfigError: it has a column of the name of an added one.
    """
    opened = open_source(source, options.layout, bounds, classifier.corpus_columns)
    if FORMATS[opened.format].has_keys and output_format(opened.format, target, options) != "jsonl":
        opened = replace(opened, columns=every_column(source, options.layout))
    added = added_columns(opened, classifier, options)
    output = make_output(opened, target, added, options, multi_label=classifier.config.multi_label)
    return opened, Prepared(opened.file, opened.text_columns, output)
