"""A file labelled from its first row to its last: the whole job, read from top to bottom in `label_file`."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from textcnn.catalogue import find_model
from textcnn.classifier import TextClassifier
from textcnn.errors import CorpusError, InputError
from textcnn.files.chunks import CHUNK_ROWS, Source, count_lines
from textcnn.files.file_options import GIB, FileOptions, FileReport
from textcnn.files.partial_output import PartialOutput, fingerprint
from textcnn.files.prepare import bounds_of, prepare
from textcnn.files.workers import Chunk, Done, Work, available_cores, label_chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Progress = Callable[[int, int, int | None], None]
    """Called with rows done, lines done and lines in all (None: not known)."""

STANDARD = "-"
"""Names standard input or output."""


def label_file(
    model: str,
    source: str | Path,
    target: str | Path,
    options: FileOptions | None = None,
    *,
    unknown_below: float | None = None,
    workers: int | None = None,
    memory: int = GIB,
    resume: bool = False,
    replace: bool = False,
    progress: Progress | None = None,
) -> FileReport:
    """Label a file; the output appears under its name when it is complete.

    `workers` are processes (all cores by default), `memory` is in bytes. `-` is standard input or output:
    what is read there cannot be resumed, and what is written there comes as it is done.

    Raises:
        CorpusError: the input cannot be read; with `options.strict`, a row cannot be labelled.
        ConfigError: a column of the input has the name of an added one.
        InputError: the output exists, or an interrupted run does not fit.
        ModelError: the model cannot be used.
        TextCNNError: the disk is full, or what was written is not what was read; there is no output then.
    """
    options, started = options or FileOptions(), time.perf_counter()
    classifier = TextClassifier.load(model, unknown_below=unknown_below)
    with _readable(source) as path:
        opened, prepared = prepare(path, str(target), options, classifier, bounds=bounds_of(memory))
        work = Work(str(model), unknown_below, prepared)
        strict = str(source) if options.strict else None
        lines = count_lines(path, opened) if progress is not None else None
        run = _Run(work, classifier, workers or available_cores(), strict, progress, lines)
        if str(target) == STANDARD:
            run.write_to(sys.stdout.buffer, opened)
        else:
            partial = PartialOutput(Path(target))
            manifest = _manifest(path, str(source), model, options, unknown_below)
            if resume and str(source) == STANDARD:
                raise InputError("Standard input cannot be resumed: it is gone.", field="resume")
            with partial.claim(manifest, resume=resume, replace=replace):
                run.write_partial(partial, opened)
    name = "standard input" if str(source) == STANDARD else path.name
    reading = dataclasses.replace(opened.reading, file=name)
    return FileReport(run.rows, run.errors, time.perf_counter() - started, opened.account, reading)


class _Run:
    """One pass over a source, with its counts."""

    def __init__(
        self,
        work: Work,
        classifier: TextClassifier,
        workers: int,
        strict: str | None,
        progress: Progress | None,
        lines: int | None,
    ) -> None:
        """`strict` is the file's name where its first error ends the run; `lines` are those of the file."""
        self._work, self._classifier, self._workers = work, classifier, workers
        self._strict, self._progress, self._lines = strict, progress, lines
        self._output = work.prepared.output
        self.rows = self.errors = self._chunks = 0

    def write_to(self, stream: BinaryIO, source: Source) -> None:
        if self._output.is_columnar:
            raise InputError(f"{self._output.format} is not written to a pipe; name a file.", field="output")
        stream.write(self._output.head())
        for done in self._labelled(enumerate(source.chunks)):
            stream.write(done.data)
            stream.flush()
        source.account.check(self.rows)

    def write_partial(self, partial: PartialOutput, source: Source) -> None:
        for done in self._labelled(self._missing(partial, source)):
            partial.keep(done.number, done.data, done.rows, done.errors)
        source.account.check(self.rows)
        partial.finish(self._chunks, self.rows, self._output.assemble)

    def _missing(self, partial: PartialOutput, source: Source) -> Iterator[Chunk]:
        for number, rows in enumerate(source.chunks):
            self._chunks = number + 1
            kept = partial.counts(number)
            if kept is not None and kept.rows == len(rows):
                self._count(kept.rows, kept.errors, rows[-1][0])
            else:
                yield number, rows

    def _labelled(self, chunks: Iterator[Chunk]) -> Iterator[Done]:
        for done in label_chunks(chunks, self._work, self._classifier, self._workers):
            if self._strict is not None and done.first_error is not None:
                raise CorpusError(done.first_error, file=self._strict)
            self._count(done.rows, done.errors, done.last_line)
            yield done

    def _count(self, rows: int, errors: int, line: int) -> None:
        self.rows += rows
        self.errors += errors
        if self._progress is not None:
            self._progress(self.rows, line, self._lines)


@contextmanager
def _readable(source: str | Path) -> Iterator[Path]:
    """The path of a source. Standard input is spooled to disk: to find its layout takes several looks."""
    if str(source) != STANDARD:
        yield Path(source)
        return
    with tempfile.NamedTemporaryFile(prefix="textcnn-stdin-") as spool:
        shutil.copyfileobj(sys.stdin.buffer, spool)
        spool.flush()
        yield Path(spool.name)


def _manifest(
    path: Path, source: str, model: str, options: FileOptions, unknown_below: float | None
) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(options)))
    return {
        "input": source,
        "fingerprint": None if source == STANDARD or path.is_dir() else fingerprint(path),
        "model": find_model(model).version(),
        "unknown_below": unknown_below,
        "chunk_rows": CHUNK_ROWS,
        **{f"option {name}": value for name, value in values.items()},
    }
