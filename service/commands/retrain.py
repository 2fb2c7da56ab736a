"""`textcnn retrain`: train a model of the repository on new rows; it goes live when it is better."""

# Typer reads the annotations when the command is built, so they are no strings here.
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from textcnn.commands.layout_options import takes_layout
from textcnn.commands.options import ContradictionsOption
from textcnn.errors import MissingExtraError, TextCNNError
from textcnn.evaluation.baseline_figures import baseline_figures
from textcnn.pages import terminal
from textcnn.service.commands.repo import DatabaseUrlOption, DataDirOption

if TYPE_CHECKING:
    from textcnn.reading.layout import Layout
    from textcnn.service.retraining.retrain import RetrainingOutcome


@takes_layout
def retrain(
    model: Annotated[str, typer.Argument(help="A model of the repository, a bundled one, or a new name.")],
    corpus: Annotated[list[Path], typer.Argument(help="Labelled files or folders; a later one wins.")],
    *,
    init: Annotated[
        str, typer.Option(help="Begin with: auto, scratch, base-en, base-zh, or live (the live version).")
    ] = "auto",
    promote: Annotated[str, typer.Option(help="if-better, never or always.")] = "if-better",
    data: Annotated[
        str, typer.Option(help="union with the rows of the live version, or replace them.")
    ] = "union",
    contradictions: ContradictionsOption = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="One choice, key=value.")] = None,
    keep_days: Annotated[
        int | None, typer.Option(min=1, help="Days that the rows are kept; for good when not said.")
    ] = None,
    work: Annotated[
        Path | None, typer.Option(help="A directory to work in; one that was interrupted goes on.")
    ] = None,
    feedback: Annotated[
        Path | None, typer.Option(help="More new rows, as JSON Lines with text and labels; these win.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Progress and outcome as JSON lines.")] = False,
    data_directory: DataDirOption = None,
    database_url: DatabaseUrlOption = None,
    layout: "Layout",
) -> None:
    """Train on new labelled rows and those kept before, and promote the new version if it is better.

    It is better when it does as well on rows that no version was trained on, the kept ones and the new ones
    apart. Exit 1 when the rows are refused or the new version is rejected; what is live then goes on.
    """
    try:
        from textcnn.recipe import read_settings
        from textcnn.service.retraining.retrain import Retraining
        from textcnn.service.retraining.retrain_request import RetrainRequest
    except ImportError as error:
        raise MissingExtraError("Retraining", "train") from error
    from textcnn.service.settings import Settings
    from textcnn.service.versions.repository import Repository, default_data_directory
    from textcnn.service.versions.trial import Trial

    request = RetrainRequest(
        files=tuple(str(path.absolute()) for path in corpus),
        init=init,  # type: ignore[arg-type]  # the request checks it, as it does the others
        promote=promote,  # type: ignore[arg-type]
        data=data,  # type: ignore[arg-type]
        feedback=feedback is not None,
        contradictions=contradictions,  # type: ignore[arg-type]
        recipe=read_settings(settings or ()),
        layout=layout,
    )
    repository = Repository.at(data_directory or default_data_directory(), database_url)
    with _work_directory(work) as directory:
        tell = _tell_json if as_json else _tell_lines
        try:
            outcome = Retraining(
                repository,
                model,
                request,
                directory,
                tell=tell,
                feedback=None if feedback is None else feedback.absolute(),
                keep_days=keep_days,
                trial=Trial.of(Settings.of(), is_sent=False),
            ).run()
        except TextCNNError as error:
            if as_json:
                _tell_json("error", {"code": error.code, "error": error.message})
            raise
    if as_json:
        _tell_json("outcome", outcome.to_dict())
    else:
        _show(model, outcome)
    if outcome.state != "done":
        raise typer.Exit(1)


@contextmanager
def _work_directory(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen
        return
    with tempfile.TemporaryDirectory(prefix="textcnn-retrain-") as directory:
        yield Path(directory)


def _tell_json(event: str, values: dict[str, Any]) -> None:
    sys.stdout.write(terminal.to_json({"event": event, **values}) + "\n")
    sys.stdout.flush()


def _tell_lines(event: str, values: dict[str, Any]) -> None:
    if event == "state":
        terminal.write_line(f"{values['state']} ...")
    elif event == "note":
        terminal.write_line(values["text"])
    elif event == "epoch":
        terminal.write_line(
            f"epoch {values['epoch']}: loss {values['loss']:.4f}, "
            f"validation score {values['validation_score']:.4f}"
        )


def _show(model: str, outcome: "RetrainingOutcome") -> None:
    console = terminal.console()
    for report in outcome.report:
        for finding in report["findings"]:
            lines = ", ".join(finding["lines"])
            console.print(f"{finding['severity']}: {finding['message']} ({lines})", soft_wrap=True)
    if outcome.state == "refused":
        console.print("Refused: mend the errors first. Nothing was trained, and what is live goes on.")
        return
    for part in (outcome.decision or {}).get("parts", ()):
        _show_part(part)
    if outcome.baselines:
        console.print(terminal.facts("", baseline_figures({"baselines": outcome.baselines})))
    for warning in outcome.warnings:
        console.print(f"warning: {warning}", style="bold red", soft_wrap=True)
    for sentence in outcome.notes:
        console.print(sentence, soft_wrap=True)
    console.print(f"{model}: {outcome.version} {'is live' if outcome.live else 'is kept, not live'}")


def _show_part(part: dict[str, Any]) -> None:
    rows = [
        [label, f"{figures['rows']:,}"]
        + [_score(figures[key]) for key in ("old_recall", "new_recall", "old_f1", "new_f1")]
        for label, figures in part["labels"].items()
    ]
    rows.append(
        ["macro", f"{part['rows']:,}", "", "", _score(part["old_macro_f1"]), _score(part["new_macro_f1"])]
    )
    head = ("Label", "Rows", "Recall before", "Recall now", "F1 before", "F1 now")
    terminal.console().print(terminal.table(f"On {part['part']} rows", head, rows))
    if part["interval"] is not None:
        low, high = (100 * bound for bound in part["interval"])
        terminal.console().print(
            f"macro-F1 {100 * part['difference']:+.1f} points (95 %: {low:+.1f} to {high:+.1f}); calibration "
            f"error {part['old_ece']:.3f} before, {part['new_ece']:.3f} now"
        )


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
