"""Many files, of a directory or a glob, into a directory: one after the other here, or at once on a cluster.

Each file is labelled whole, in a directory of its own in OUT.partial/attempts, and gets its name in one step;
a note in OUT.partial/done tells that it is complete. So a file that is begun twice, as when a node was lost
or only seemed so, is neither lost nor doubled: both give their result its name, and it is the same result.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import json
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from textcnn.catalogue import bundled_models, find_model
from textcnn.classifier import TextClassifier
from textcnn.errors import CorpusError, InputError, ModelError, NoRowsError, TextCNNError
from textcnn.files.file_options import GIB, FileOptions
from textcnn.files.partial_output import PartialOutput, fingerprint, put_in_place
from textcnn.files.prepare import bounds_of, prepare
from textcnn.files.workers import Work, available_cores, label_chunks
from textcnn.reading.account import Account
from textcnn.reading.data_files import reason_of_path
from textcnn.reading.format_table import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Progress = Callable[[int, int, int], None]
    """Called with files done, files in all and rows done."""
    Pairs = list[tuple[Path, Path]]
    """Every file with the name of its output."""
    Runner = Callable[[Pairs, "FilesRun"], Iterator[dict[str, Any]]]
    """Labels files, and gives what `label_one` says of each."""

BARE: Final = "files without rows"
OUTPUTS: Final = "files of the output"
_FAILURES_NAMED: Final = 5
_READINGS_TOLD: Final = 20
_WILD: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class FilesReport:
    """The outcome of all files together."""

    files: int
    """Those that were labelled; one without rows has no output."""
    rows: int
    errors: int
    """Rows that could not be labelled; each has its reason in the column `error`."""
    seconds: float
    """Without the start of a cluster, with that of its workers."""
    account: Account
    """The counts of what was read, and of what was left out: whole files, too."""
    readings: dict[str, tuple[str, int]]
    """The ways that files were read in, each with the first such file and how many there are."""

    @property
    def left_out(self) -> dict[str, int]:
        """The number of what was left out, by reason, such as "blank lines" or "marker files"."""
        return self.account.counts()["left_out"]

    def lines(self) -> list[str]:
        """A line for each way that files were read in."""
        return [
            f"{file}{f' and {count - 1:,} more' if count > 1 else ''}: {how}"
            for how, (file, count) in self.readings.items()
        ]


def names_many(source: str) -> bool:
    """Whether an input is a directory or a glob, and not one file."""
    path = Path(source)
    return path.is_dir() or (not path.exists() and bool(_WILD & {*source}))


def label_files(
    model: str,
    source: str | Path,
    target: str | Path,
    options: FileOptions | None = None,
    *,
    runner: Runner | None = None,
    unknown_below: float | None = None,
    workers: int | None = None,
    memory: int = GIB,
    resume: bool = False,
    replace: bool = False,
    progress: Progress | None = None,
) -> FilesReport:
    """Label the files of a directory or of a glob into the directory `target`.

    `runner` is what hands them out (`textcnn.files.cluster.ray_runner`); without one they are labelled here,
    one after the other, each by `workers` processes (all cores by default). `memory` is in bytes, and for
    each file that is worked on.

    Raises:
        InputError: no files, an output that exists, or an interrupted run that does not fit.
        ModelError: the model cannot be used, or a node has another one at its path.
        CorpusError: with `options.strict`, the first file or row that cannot be labelled.
        TextCNNError: files could not be labelled, and are named; all others are complete.
    """
    options, target = options or FileOptions(), Path(target).absolute()
    model = model if model in bundled_models() else str(Path(model).absolute())
    partial = PartialOutput(target)
    run = FilesRun(
        model,
        find_model(model).version(),
        unknown_below,
        options,
        memory,
        str(partial.directory),
        workers or (available_cores() if runner is None else 1),
    )
    run.load()  # what is wrong with the model is said before any file is read
    account = Account()
    pairs = _pairs(Path(source).absolute(), target, options, account)
    is_free = target.is_dir() and not any(target.iterdir())
    may_exist = replace or is_free or (resume and partial.directory.exists())
    with partial.claim(run.manifest(source), resume=resume, replace=may_exist):
        shutil.rmtree(run.attempts, ignore_errors=True)
        for directory in (run.attempts, run.done):
            directory.mkdir(exist_ok=True)
        reports = (runner or _one_by_one)(pairs, run)
        report = _sum(reports, len(pairs), account, progress, strict=options.strict)
        shutil.rmtree(partial.directory, ignore_errors=True)
    return report


@dataclass(frozen=True)
class FilesRun:
    """The part of a run that every worker must know. It is sent to them, so it is small."""

    model: str
    version: str
    """The model's, as the driver found it."""
    unknown_below: float | None
    options: FileOptions
    memory: int
    directory: str
    """OUT.partial."""
    workers: int = 1
    """Processes for each file."""

    @property
    def attempts(self) -> Path:
        """Where files are being made."""
        return Path(self.directory, "attempts")

    @property
    def done(self) -> Path:
        """Notes of the files that are complete."""
        return Path(self.directory, "done")

    def manifest(self, source: str | Path) -> dict[str, Any]:
        """The facts that an interrupted run must share to be gone on with."""
        options: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self.options)))
        return {
            "input": str(source),
            "model": self.version,
            "unknown_below": self.unknown_below,
            **{f"option {name}": value for name, value in options.items()},
        }

    def load(self) -> TextClassifier:
        """The classifier, loaded by the first call in a process.

        Raises:
            ModelError: there is none, or it is not the driver's.
        """
        return _load(self.model, self.version, self.unknown_below)


@functools.lru_cache(maxsize=1)
def _load(model: str, version: str, unknown_below: float | None) -> TextClassifier:
    version_here = find_model(model).version()
    if version_here != version:
        raise ModelError(
            f"{model} is version {version_here} on node {os.uname().nodename}, and {version} where the run "
            "began. Give a path that is the same model on every node, such as one on a shared volume."
        )
    return TextClassifier.load(model, unknown_below=unknown_below)


def _one_by_one(pairs: Pairs, run: FilesRun) -> Iterator[dict[str, Any]]:
    return (label_one(run, {"source": str(source), "target": str(target)}) for source, target in pairs)


def label_one(run: FilesRun, row: dict[str, str]) -> dict[str, Any]:
    """Label one file, in a worker. What is wrong with the file is part of the report.

    The account is a string there: on a cluster, values of all files must be of one shape.
    """
    source, target = Path(row["source"]), Path(row["target"])
    account, reading, failure, wrong_model = Account(), "", "", False
    try:
        account, reading = _label_once(source, target, run)
    except NoRowsError:
        account.leave_out(str(source), BARE)
    except ModelError as error:
        failure, wrong_model = str(error), True
    except (TextCNNError, OSError) as error:
        failure = str(error) if str(source) in str(error) else f"{source}: {error}"
    return {
        "file": source.name,
        "rows": account.rows,
        "account": json.dumps(account.to_json()),
        "reading": reading,
        "failure": failure,
        "wrong_model": wrong_model,
    }


def _label_once(source: Path, target: Path, run: FilesRun) -> tuple[Account, str]:
    """The account of a file and how it was read; of one that is complete, from what was noted then."""
    note = run.done / hashlib.sha256(str(target).encode()).hexdigest()
    source_fingerprint = fingerprint(source)
    noted = _noted(note)
    if noted is not None and target.exists():
        now = {"fingerprint": source_fingerprint, "output": fingerprint(target)}
        # Notes of older versions have no account, as nobody kept any: these files are labelled again.
        if now == {key: noted.get(key) for key in now} and "account" in noted:
            return Account.from_json(noted["account"]), noted.get("reading", "")
    worker = f"{os.uname().nodename}-{os.getpid()}-"
    with tempfile.TemporaryDirectory(dir=run.attempts, prefix=worker, ignore_cleanup_errors=True) as attempt:
        whole, account, reading = _label_into(Path(attempt), source, target.name, run)
        target.parent.mkdir(parents=True, exist_ok=True)
        put_in_place(whole, target)
        temporary = Path(attempt, "note")
        values = {
            "fingerprint": source_fingerprint,
            "output": fingerprint(target),
            "account": account.to_json(),
            "reading": reading,
        }
        temporary.write_text(json.dumps(values), encoding="utf-8")
        temporary.replace(note)
    return account, reading


def _noted(note: Path) -> dict[str, Any] | None:
    """The note of a file that is complete; None where there is none, or a damaged one."""
    try:
        values = json.loads(note.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def _label_into(attempt: Path, source: Path, name: str, run: FilesRun) -> tuple[Path, Account, str]:
    """Label a file into a directory of our own: the path of the result, its account, how it was read."""
    classifier, bounds = run.load(), bounds_of(run.memory)
    opened, prepared = prepare(source, name, run.options, classifier, bounds=bounds)
    work = Work(run.model, run.unknown_below, prepared)
    parts, rows, errors = [], 0, 0
    for done in label_chunks(enumerate(opened.chunks), work, classifier, workers=run.workers):
        if run.options.strict and done.first_error is not None:
            raise CorpusError(done.first_error, file=source)
        parts.append(attempt / f"part-{done.number:08}")
        parts[-1].write_bytes(done.data)
        rows, errors = rows + done.rows, errors + done.errors
    opened.account.check(rows)
    opened.account.errors = errors  # also those of rows that can be read, and have no text
    prepared.output.assemble(parts, attempt / "whole")
    reading = "; warning: ".join((opened.reading.description(), *opened.reading.warnings))
    return attempt / "whole", opened.account, reading


def _sum(
    reports: Iterable[dict[str, Any]],
    files: int,
    account: Account,
    progress: Progress | None,
    *,
    strict: bool,
) -> FilesReport:
    """All reports together with the account of the directory; raises what `label_files` does."""
    started = time.perf_counter()
    failures: list[str] = []
    readings: dict[str, tuple[str, int]] = {}
    for done, report in enumerate(reports, start=1):
        if report["wrong_model"]:
            raise ModelError(report["failure"])
        if report["failure"]:
            failures.append(report["failure"])
        if failures and strict:
            raise CorpusError(failures[0])
        account.add(Account.from_json(json.loads(report["account"])))
        if report["reading"] in readings or len(readings) < _READINGS_TOLD:
            first, count = readings.get(report["reading"], (report["file"], 0))
            readings[report["reading"]] = first, count + 1
        if progress is not None:
            progress(done, files, account.rows)
    if failures:
        shown = "; ".join(failure.rstrip(".") for failure in failures[:_FAILURES_NAMED])
        more = "; ..." if failures[_FAILURES_NAMED:] else ""
        raise TextCNNError(
            f"{len(failures):,} of {files:,} files could not be labelled: {shown}{more}. The others are "
            f"complete ({account.rows:,} rows). Say --resume to try these again."
        )
    readings.pop("", None)
    labelled = files - account.counts()["left_out"].get(BARE, 0)
    seconds = time.perf_counter() - started
    return FilesReport(labelled, account.rows, account.errors, seconds, account, readings)


def _pairs(source: Path, target: Path, options: FileOptions, account: Account) -> Pairs:
    """Every file with the name of its output, the largest first, so that none is left alone at the end.

    Files that are no data are counted in the account.
    """
    base, files = _find(source, account)
    if base == target:
        raise InputError(f"{target} holds the input. Name another directory.", field="output")
    outputs = (target, PartialOutput(target).directory)
    pairs = {}
    for file in files:
        if any(file.is_relative_to(output) for output in outputs):
            account.leave_out(str(file), OUTPUTS)
        else:
            name = _name(file.name, options.output_format)
            pairs[file] = target / file.relative_to(base).with_name(name)
    if not pairs:
        raise InputError(f"{source} names no files: neither a directory of some nor a glob.", field="input")
    clashes = len(pairs) - len(set(pairs.values()))
    if clashes:
        raise InputError(
            f"{clashes} files of {source} would get the name of another's output.", field="input"
        )
    return sorted(pairs.items(), key=lambda pair: -pair[0].stat().st_size)


def _find(source: Path, account: Account) -> tuple[Path, list[Path]]:
    """The directory that the names of files are told from, and the files that may be data."""
    if source.is_dir():
        base, paths = source, sorted(source.rglob("*"))
    elif source.exists():
        base, paths = source.parent, [source]
    else:
        base = Path(*itertools.takewhile(lambda part: not _WILD & {*part}, source.parts))
        paths = sorted(base.glob(str(source.relative_to(base)))) if base != source else []
    files = []
    for path in filter(Path.is_file, paths):
        reason = reason_of_path(path, base)
        if reason is None:
            files.append(path)
        else:
            account.leave_out(str(path), reason)
    return base, files


def _name(name: str, output_format: str | None) -> str:
    """The input's name; with the output's format after it, where it does not tell that already."""
    if output_format is None or Path(name).suffix.lower() in FORMATS[output_format].endings:
        return name
    return f"{name}.{output_format}"
