"""Retrain a model: check the rows, train beside the service, compare, and promote what is better.

Each step leaves its result in the work directory before the next begins. So a retraining that was killed goes
on from there when it is run again, to the same end, and what is live changes only in the last step.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from textcnn.classifier import TextClassifier
from textcnn.directory import MANIFEST, ModelDirectory
from textcnn.errors import ConfigError, CorpusError
from textcnn.reading.contradictions import settle_contradictions
from textcnn.reading.rows import read_rows
from textcnn.service.process import limited_child
from textcnn.service.retraining.judge import compare
from textcnn.service.retraining.kept_corpora import Corpora, read_kept
from textcnn.service.retraining.plan import Plan, make_plan, read_evaluation, read_plan
from textcnn.service.service_errors import ConflictError, TrainingFailedError
from textcnn.service.storage import durable_files
from textcnn.service.versions.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textcnn.reading.columns import KnownColumns
    from textcnn.reading.rows import Row
    from textcnn.service.retraining.gate import Decision
    from textcnn.service.retraining.retrain_request import RetrainRequest
    from textcnn.service.versions.repository import Repository

STEPS: Final = ("checking", "training", "evaluating", "promoting")
_WORDS_KEPT: Final = 20


@dataclass(frozen=True)
class RetrainingOutcome:
    """The end of a retraining: `done` (also where nothing was to be promoted), `refused` or `rejected`."""

    state: Literal["done", "refused", "rejected"]
    version: str | None = None
    live: bool = False
    decision: dict[str, Any] | None = None
    report: tuple[dict[str, Any], ...] = ()
    """The findings of the check in each file."""
    notes: tuple[str, ...] = ()
    baselines: dict[str, Any] | None = None
    """The new version beside answers that it has to beat, as its `metrics.json` has them."""
    warnings: tuple[str, ...] = ()
    """The warnings of its training about itself."""

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "state": self.state,
            "version": self.version,
            "live": self.live,
            "decision": self.decision,
            "report": list(self.report),
            "notes": list(self.notes),
            "baselines": self.baselines,
            "warnings": list(self.warnings),
        }


class Retraining:
    """One retraining in a work directory of its own; run again, it goes on where it was.

    `feedback` has more new rows, as `kept_corpora.write_rows` writes them, where the request asks for it. For
    `keep_days` the rows are kept for the next training; for good when it is None.
    """

    def __init__(
        self,
        repository: Repository,
        model: str,
        request: RetrainRequest,
        work: Path,
        *,
        tell: Callable[[str, dict[str, Any]], None],
        feedback: Path | None = None,
        keep_days: int | None = None,
        limits: limited_child.ChildLimits | None = None,
        trial: Trial | None = None,
    ) -> None:
        self._repository = repository
        self._model, self._request = model, request
        self._files = tuple(map(Path, request.files))
        self._feedback, self._keep_days = feedback, keep_days
        self._work = work.absolute()
        self._tell = tell
        self._limits = limits or limited_child.ChildLimits()
        self._trial = trial or Trial(is_sent=False)
        self._candidate = self._work / "candidate"

    def run(self) -> RetrainingOutcome:
        """Run all steps, alone in the work directory: a child of a lost worker has to end first.

        Raises:
            InputError: a file cannot be read, the recipe is wrong, or the trained model cannot be used.
            TrainingFailedError: training ended without a model.
        """
        with durable_files.locked(self._work / "lock"):
            return self._run()

    def _run(self) -> RetrainingOutcome:
        self._step("checking")
        report = [self._lint(file) for file in self._files]
        self._note_columns(report)
        if any(_refuses(each) for each in report):
            return RetrainingOutcome("refused", report=tuple(report))
        plan = read_plan(self._work) or self._plan()
        self._step("training")
        if not (self._candidate / MANIFEST).is_file():
            self._train(plan)
        return self._judge_and_promote(plan, tuple(report))

    def _plan(self) -> Plan:
        return make_plan(self._work, self._repository, self._model, self._new_rows(), data=self._request.data)

    def _new_rows(self) -> Iterator[Row]:
        for file in self._files:
            # Within a file no row is newer than another; of several files the later wins.
            rows = list(read_rows(file, self._request.layout, known=self._known_columns()))
            yield from settle_contradictions(rows, self._request.contradictions or "drop").rows
        if self._feedback is not None:
            yield from read_kept(self._feedback)

    def _lint(self, file: Path) -> dict[str, Any]:
        """The report of `textcnn lint` on a file, under the name that the user gave it."""
        arguments = [*_textcnn("lint"), str(file), "--json", *self._request.layout.to_options()]
        known = self._known_columns()
        if known is not None:
            arguments += ["--known-columns", json.dumps(known.to_json())]
        if self._request.contradictions is not None:
            arguments += ["--contradictions", self._request.contradictions]
        completed = subprocess.run(  # noqa: S603  # our own command
            limited_child.command(arguments, self._limits), capture_output=True, text=True, check=False
        )
        if completed.returncode not in (0, 1) or not completed.stdout:
            raise CorpusError(
                _words(completed.stderr).replace(str(file), file.name) or "the check of it was ended"
            )
        report: dict[str, Any] = json.loads(completed.stdout.replace(json.dumps(str(file))[1:-1], file.name))
        if report["doubt"]:
            raise CorpusError(report["doubt"], file=file.name, field="label_column")
        return {"file": file.name, **report}

    def _known_columns(self) -> KnownColumns | None:
        """The columns of the corpus that the live version was trained on."""
        live = self._repository.live(self._model)
        if live is None:
            return None
        return TextClassifier.corpus_columns_of(live.directory())

    def _note_columns(self, report: list[dict[str, Any]]) -> None:
        """Keep the columns of the first file for the new version: it is trained on rows that are joined."""
        known = self._known_columns()
        columns = report[0]["columns"] if report else known.to_json() if known is not None else None
        if columns is not None:
            durable_files.write_json(self._work / "columns.json", columns)

    def _train(self, plan: Plan) -> None:
        """Run `textcnn train` as a child that steps back, and pass on what it tells."""
        last_words: list[str] = []
        with subprocess.Popen(  # noqa: S603  # our own command
            limited_child.command(self._command(plan), self._limits),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            if process.stdout is not None:
                for line in process.stdout:
                    self._pass_on(line, last_words)
        if process.returncode:
            raise TrainingFailedError(_why_it_failed(process.returncode, last_words))

    def _command(self, plan: Plan) -> list[str]:
        work, recipe = self._work, self._work / "recipe.json"
        durable_files.write_json(recipe, {"recipe": self._recipe(plan)})
        command = [*_textcnn("train"), str(work / "train.jsonl"), "--out", str(self._candidate)]
        command += ["--resume", "--json", "--text-column", "text", "--label-column", "labels"]
        command += ["--recipe", str(recipe)]
        columns = durable_files.read_json(work / "columns.json")
        if columns is not None:
            command += ["--known-columns", json.dumps(columns)]
        if plan.rows["validation"]:
            command += ["--validation", str(work / "validation.jsonl")]
        if plan.rows["kept"] + plan.rows["new"]:
            command += ["--test", str(work / "evaluation.jsonl")]
        return command

    def _recipe(self, plan: Plan) -> dict[str, Any]:
        """The keys of the request, and those that a retraining sets itself."""
        recipe = dict(self._request.recipe)
        # Validation rows stay so for good, also those that a small corpus gets only later.
        recipe["refit"] = False
        if not plan.rows["kept"] + plan.rows["new"]:
            recipe["test_share"] = 0
        init = self._init(plan)
        return recipe if init is None else {**recipe, "init": init}

    def _init(self, plan: Plan) -> str | None:
        """The recipe's value of `init`; None where the corpus decides."""
        init = self._request.init
        if init == "auto":
            return None
        if init != "live":
            return "rand" if init == "scratch" else init
        if plan.start is None:
            raise ConfigError(
                f"init is live, and '{self._model}' has no live version. Choose scratch or a base.",
                field="init",
            )
        return str(self._repository.version(self._model, plan.start).path)

    def _judge_and_promote(self, plan: Plan, report: tuple[dict[str, Any], ...]) -> RetrainingOutcome:
        """Compare with the live version, and promote; start over when another one goes live meanwhile."""
        model, corpora = self._model, Corpora(self._repository.home(self._model))
        self._step("evaluating")
        self._trial.run(self._candidate)
        metrics = ModelDirectory(self._candidate).metrics()
        while True:
            self._step("evaluating")
            live = self._repository.live_name(model)
            decision = self._judge(live)
            recorded = {**decision.to_dict(), "notes": [*plan.notes(), *decision.notes]}
            self._step("promoting")
            kept_corpus = corpora.keep(self._work / "new.jsonl", days=self._keep_days)
            version = self._repository.add(
                model,
                self._candidate,
                origin="trained",
                corpora=(*plan.corpora, kept_corpus.id),
                decision=recorded,
            ).version
            if decision.promote:
                try:
                    self._repository.promote(model, version, expected=live or "")
                except ConflictError:
                    continue
            rejected = not decision.promote and self._request.promote != "never"
            return RetrainingOutcome(
                "rejected" if rejected else "done",
                version,
                decision.promote,
                recorded,
                report,
                (decision.sentence(), *recorded["notes"]),
                metrics.get("baselines"),
                tuple(metrics.get("warnings", ())),
            )

    def _judge(self, live: str | None) -> Decision:
        candidate = ModelDirectory(self._candidate)
        if live == candidate.version():  # it went live before the job was killed
            previous = [each for each in self._repository.versions(self._model) if each.previous]
            live = previous[0].version if previous else None
        old = None if live is None else self._repository.version(self._model, live).directory()
        return compare(
            read_evaluation(self._work),
            TextClassifier.from_directory(candidate),
            None if old is None else TextClassifier.from_directory(old),
            old_version=live,
            policy=self._request.promote,
        )

    def _step(self, name: str) -> None:
        self._tell("state", {"state": name})

    def _pass_on(self, line: str, last_words: list[str]) -> None:
        try:
            values = json.loads(line)
            event = values.pop("event")
        except (ValueError, KeyError, AttributeError, TypeError):
            last_words.append(line.rstrip())
            del last_words[:-_WORDS_KEPT]
            self._tell("log", {"line": line.rstrip()})
            return
        self._tell(event, values)


def _refuses(report: dict[str, Any]) -> bool:
    """Whether a file alone must not be trained on; one of a single label or a few texts may add to others."""
    return any(
        each["severity"] == "error" and each["kind"] not in ("one-label", "few-texts")
        for each in report["findings"]
    )


def _textcnn(verb: str) -> list[str]:
    return [sys.executable, "-m", "textcnn", verb]


def _words(stderr: str) -> str:
    """The error message of a verb that failed."""
    line = stderr.strip().rpartition("\n")[2]
    return line.removeprefix("textcnn: error: ")


def _why_it_failed(code: int, last_words: list[str]) -> str:
    message = next((_words(line) for line in reversed(last_words) if line.startswith("textcnn: error: ")), "")
    if message:
        return message
    if code < 0:
        return f"Training was ended by signal {-code}; the machine or a limit on memory may have done it."
    out_of_memory = any("memory" in line.lower() for line in last_words)
    hint = " It ran out of memory: choose a smaller batch_size or max_tokens, or raise the limit."
    return f"Training ended with exit code {code}; the log tells more.{hint if out_of_memory else ''}"
