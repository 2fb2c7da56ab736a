"""`textcnn classify`: a label for each text, as fast as they come."""

# Typer reads the annotations when the command is built, so they are no strings here.
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from textcnn.commands.layout_options import takes_layout
from textcnn.errors import ConfigError, TextError
from textcnn.files.file_options import OUTPUT_FORMATS, FileOptions
from textcnn.pages import terminal

if TYPE_CHECKING:
    from io import BufferedReader

    from textcnn.classifier import TextClassifier
    from textcnn.commands.stream import Line
    from textcnn.prediction import Prediction
    from textcnn.reading.layout import Layout

NO_LABEL = "-"
"""In the first column: the model names no label for this text."""
UNREADABLE = "!"
"""In the first column: the line is not UTF-8, so it was not classified."""
_NUMBERS_NAMED = 5
_FILES = "Whole files"
_OUTPUTS = f"{', '.join(OUTPUT_FORMATS[:-1])} or {OUTPUT_FORMATS[-1]}"


@takes_layout
def classify(
    model: Annotated[str, typer.Argument(help="A bundled model's name, or a model directory.")],
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT", help="Without any: the lines of standard input."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    unknown_below: Annotated[
        float | None, typer.Option(help="Name no label when the best score is below this (0 up to 1).")
    ] = None,
    input: Annotated[  # noqa: A002 - the option's own name
        str | None,
        typer.Option("--input", help="A file to label, or - for standard input.", rich_help_panel=_FILES),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", help="The labelled file, or - for standard output.", rich_help_panel=_FILES),
    ] = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            help=f"{_OUTPUTS}; by the output's name when not said.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    scores: Annotated[
        bool, typer.Option("--scores", help="A column for each label's score.", rich_help_panel=_FILES)
    ] = False,
    evidence: Annotated[
        bool,
        typer.Option("--evidence", help="A column with the n-grams that decided.", rich_help_panel=_FILES),
    ] = False,
    prefix: Annotated[
        str, typer.Option(help="Stands before the names of the added columns.", rich_help_panel=_FILES)
    ] = "",
    safe_cells: Annotated[
        bool,
        typer.Option(
            "--safe-cells", help="No cell of a CSV or TSV file is a formula.", rich_help_panel=_FILES
        ),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Stop at the first row with an error.", rich_help_panel=_FILES),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run.", rich_help_panel=_FILES)
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="The output may exist already.", rich_help_panel=_FILES)
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; all cores when not said.", rich_help_panel=_FILES)
    ] = None,
    memory: Annotated[float, typer.Option(min=0.001, help="Budget in GiB.", rich_help_panel=_FILES)] = 1.0,
    cluster: Annotated[
        bool,
        typer.Option(
            "--cluster",
            help="Label a directory or a glob of files on a Ray cluster; its address may follow.",
            rich_help_panel=_FILES,
        ),
    ] = False,
    layout: "Layout",
) -> None:
    """Label texts: one line for each, `label TAB score TAB text`; or a whole file, with --input and --output.

    `cut -f1` gives the labels alone. A multi-label model's labels are joined by commas, and the score is the
    best label's; `-` stands for no label. Tabs and line breaks in a text are shown as blanks, other control
    characters as U+FFFD; `--json` keeps them, and adds the scores of all labels.

    Standard input is UTF-8. A line that is not gets `!` (with `--json` an object with `error`), so that
    output and input keep step; the others are classified, and the exit code is 2.

    A whole file (CSV, TSV, JSON Lines, Parquet, Arrow, lines; .gz, .zst) keeps its columns and its order, and
    gets `label`, `score` and `error`. Work is kept in OUTPUT.partial, where --resume goes on.

    With a directory or a glob as --input, --output is a directory; `--cluster [ADDRESS]` hands the files out.
    """
    address = texts.pop() if cluster and texts else None  # typer has no option whose value may be left out
    if input is not None or output is not None or cluster:
        if input is None or output is None or texts or as_json:
            raise ConfigError(_what_a_file_lacks(input, output, texts))
        if cluster and workers is not None:
            raise ConfigError("A cluster has as many workers as CPUs; leave out --workers.", field="workers")
        from textcnn.commands.file_progress import classify_file, classify_files
        from textcnn.files.many_files import names_many

        options = FileOptions(
            layout=layout,
            output_format=output_format,
            scores=scores,
            evidence=evidence,
            prefix=prefix,
            safe_cells=safe_cells,
            strict=strict,
        )
        run_options: dict[str, Any] = {
            "unknown_below": unknown_below,
            "workers": workers,
            "memory": int(memory * (1 << 30)),
            "resume": resume,
            "replace": replace,
        }
        if cluster or (names_many(input) and layout.format != "folder"):
            classify_files(model, input, output, options, cluster=cluster, address=address, **run_options)
        else:
            classify_file(model, input, output, options, **run_options)
        return
    if evidence:
        raise ConfigError(
            "--evidence is a column of a whole file; `textcnn explain` shows that of a text.",
            field="evidence",
        )
    from textcnn.classifier import TextClassifier

    classifier = TextClassifier.load(model, unknown_below=unknown_below)
    if unknown_below and classifier.config.multi_label:
        raise ConfigError(
            "unknown_below is for models that give one label; this one has a threshold for each label.",
            field="unknown_below",
        )
    if texts:
        if len(texts) == 1 and Path(texts[0]).is_file():
            terminal.say(
                f"{texts[0]} is labelled as a text, though it is a file; --input and --output label files"
            )
        _write(_answers(classifier, texts, as_json=as_json))
    else:
        _classify_stdin(classifier, as_json=as_json)


def _classify_stdin(classifier: "TextClassifier", *, as_json: bool) -> None:
    from textcnn.commands.stream import read_lines

    if sys.stdin.isatty():
        sys.stderr.write("Type a text and press Enter; Ctrl-D ends.\n")
    unreadable = Unreadable()
    for lines in read_lines(cast("BufferedReader", sys.stdin.buffer)):
        answers = _answers(classifier, [line.text for line in lines if line.valid], as_json=as_json)
        _write(next(answers) if line.valid else unreadable.answer(line, as_json=as_json) for line in lines)
    unreadable.complain()


class Unreadable:
    """Keeps account of lines that are not UTF-8."""

    def __init__(self) -> None:
        self._count = 0
        self._numbers: list[int] = []

    def answer(self, line: "Line", *, as_json: bool) -> str:
        """The result in the place of a line's prediction."""
        self._count += 1
        if len(self._numbers) < _NUMBERS_NAMED:
            self._numbers.append(line.number)
        if as_json:
            error = {"line": line.number, "error": "The line is not UTF-8.", "code": TextError.code}
            return terminal.to_json(error)
        return f"{UNREADABLE}\t\t{_one_line(line.text)}"

    def complain(self) -> None:
        """Say at the end what could not be read.

        Raises:
            TextError: there was something.
        """
        if not self._count:
            return
        numbers = ", ".join(map(str, self._numbers)) + (", ..." if self._count > _NUMBERS_NAMED else "")
        raise TextError(
            f"<stdin>: not UTF-8, and so not classified: line {numbers} ({self._count:,} in all). "
            "Convert the input to UTF-8 first.",
            field="text",
        )


def _answers(classifier: "TextClassifier", texts: list[str], *, as_json: bool) -> Iterator[str]:
    """A line of output for each text."""
    show = _as_json if as_json else _as_columns
    return map(show, texts, classifier.classify_batch(texts))


def _as_json(text: str, prediction: "Prediction") -> str:
    return terminal.to_json({"text": text, **prediction.to_dict()})


def _as_columns(text: str, prediction: "Prediction") -> str:
    labels = prediction.labels if prediction.labels is not None else (prediction.label,)
    shown = ",".join(_one_line(label) for label in labels if label is not None)
    return f"{shown or NO_LABEL}\t{prediction.score:.4f}\t{_one_line(text)}"


def _one_line(text: str) -> str:
    return terminal.visible(text.replace("\t", " ").replace("\n", " ").replace("\r", " "))


def _write(lines: Iterable[str]) -> None:
    """Write lines, and let the reader see them now."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _what_a_file_lacks(source: str | None, output: str | None, texts: list[str] | None) -> str:
    """Why the options for whole files do not fit together."""
    if source is None:
        return "There is no --input; a whole file takes --input and --output."
    if output is None:
        return "There is no --output; a whole file takes --input and --output."
    unfit = "texts on the command line" if texts else "--json"
    return f"Both --input and {unfit} are given; a whole file goes without the latter."
