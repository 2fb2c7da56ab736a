"""Messages between the service and a child that labels files: JSON lines of known shape and size.

The child reads what anybody sends, so nothing it says is believed beyond these shapes: numbers are counts, a
label is told by its place in the model, formats and errors by names that are known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec

from textcnn.errors import ConfigError, CorpusError, TextCNNError, TooLargeError
from textcnn.files.file_options import FileOptions
from textcnn.reading.layout import Layout
from textcnn.service.labelling.model_tallies import SHARES, ModelTally
from textcnn.service.service_errors import FaultError, NotReadyError, StorageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.prediction import Prediction

LONGEST_ANSWER: Final = 4 << 20
"""Bytes of a line that is read from a child; a count for each of some hundred thousand labels."""
LONGEST_READING: Final = 1_000
"""Characters of how a file was read: it goes into a header."""
_LONGEST_SENTENCE: Final = 2_000

_Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
_Reason = Annotated[str, msgspec.Meta(max_length=200, pattern="^[ -~]*$")]
_CountByReason = Annotated[dict[_Reason, _Count], msgspec.Meta(max_length=100)]
"""It is sent on in a header of the answer."""
ERRORS: Final[dict[str, type[TextCNNError]]] = {
    each.code: each
    for each in (CorpusError, ConfigError, TooLargeError, NotReadyError, StorageError, FaultError)
}
"""Those that a child tells, by their codes."""


class FileTask(msgspec.Struct):
    """A file to be labelled."""

    directory: str
    """Of the model."""
    version: str
    """That answers: another one may lie there by now."""
    source: str
    target: str
    layout: dict[str, Any]
    options: dict[str, Any]
    most_bytes: int
    memory_bytes: int

    def file_options(self) -> FileOptions:
        """The options as the file engine takes them."""
        return FileOptions(layout=Layout.from_json(self.layout), **self.options)


class FileTally(msgspec.Struct):
    """The model's answers about the rows, in numbers alone."""

    labels: dict[Annotated[int, msgspec.Meta(ge=-1)], _Count]
    """How often each label was given, by its place; -1 where none was."""
    scores: list[_Count]
    total: Annotated[float, msgspec.Meta(ge=0)]

    @classmethod
    def of(cls, tally: ModelTally, labels: Sequence[str]) -> FileTally:
        """The numbers of a tally."""
        places = {label: place for place, label in enumerate(labels)}
        counts = {places.get(label, -1): count for label, count in tally.labels.items()}
        return cls(counts, tally.scores.counts, tally.scores.total)

    def to_tally(self, labels: Sequence[str], texts: int) -> ModelTally:
        """The tally for a model of these labels.

        Raises:
            ValueError: there is no such label, or the numbers of scores do not fit.
        """
        tally = ModelTally()
        if len(self.scores) != len(SHARES) + 1 or max(self.labels, default=-1) >= len(labels):
            raise ValueError("a tally is of another model")
        tally.texts = texts
        tally.labels.update(
            {("" if place < 0 else labels[place]): count for place, count in self.labels.items()}
        )
        tally.scores.counts, tally.scores.total = self.scores, self.total
        return tally


class FileDone(msgspec.Struct, tag="done"):
    """A file is labelled."""

    rows: _Count
    errors: _Count
    left_out: _CountByReason
    notes: _CountByReason
    """Of rows that were read in a way that is not sure."""
    format: Literal["csv", "tsv", "jsonl", "parquet", "arrow"]
    compression: Literal["gzip", "zstd"] | None
    tally: FileTally
    reading: Annotated[str, msgspec.Meta(max_length=LONGEST_READING)] = ""
    """How the file was read."""
    warnings: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=LONGEST_READING)]], msgspec.Meta(max_length=4)
    ] = []
    """Of what was guessed."""


class FileFailed(msgspec.Struct, tag="failed"):
    """A file is not."""

    code: str
    sentence: Annotated[str, msgspec.Meta(max_length=_LONGEST_SENTENCE)]
    field: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    trace: Annotated[str, msgspec.Meta(max_length=_LONGEST_SENTENCE)] = ""
    """Of a bug: the places in the program, for the log; no values."""

    @classmethod
    def of(cls, error: TextCNNError) -> FileFailed:
        """The failure that tells an error."""
        return cls(error.code, error.message[:_LONGEST_SENTENCE], error.field)

    def to_error(self) -> TextCNNError:
        """The error that it tells."""
        return ERRORS.get(self.code, CorpusError)(self.sentence, field=self.field)


class FileReady(msgspec.Struct, tag="ready"):
    """A child has started, and waits for a task."""


Answer = FileReady | FileDone | FileFailed
encode = msgspec.json.Encoder().encode
decode_task = msgspec.json.Decoder(FileTask).decode
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)
decode_answer = _answers.decode


def count_rows(tally: ModelTally, predictions: Sequence[Prediction | None]) -> int:
    """Add what was said of rows to a tally; gives how many of them nothing could be said of."""
    for prediction in predictions:
        if prediction is not None:
            tally.add(prediction)
    return sum(prediction is None for prediction in predictions)
