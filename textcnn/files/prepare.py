"""A file made ready for labelling: read in chunks, its new columns named, its output known.

Every way to label a file begins here: one file, each of many, and a file that was sent to the service.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textcnn.files.chunks import open_source
from textcnn.files.label_chunk import added_columns, label_rows
from textcnn.files.outputs import Output, make_output

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textcnn.classifier import TextClassifier
    from textcnn.files.chunks import Source, SourceRow
    from textcnn.files.file_options import FileOptions
    from textcnn.files.label_chunk import Labelled

ROW_GROUP_SHARE: Final = 4
"""A Parquet row group may take one part in so many of a memory budget: it is held decoded, too."""


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


def prepare(
    source: Path, target: str, options: FileOptions, classifier: TextClassifier, *, largest_row_group: int
) -> tuple[Source, Prepared]:
    """Open a file, and say how its rows are labelled into a target of this name.

    Raises:
        CorpusError: it cannot be read, holds no row that can, or a row group has more than these bytes.
        ConfigError: it has a column of the name of an added one.
    """
    opened = open_source(source, options.layout, largest_row_group)
    added = added_columns(opened, classifier, options)
    output = make_output(opened, target, added, options, multi_label=classifier.config.multi_label)
    return opened, Prepared(opened.file, opened.text_columns, output)
