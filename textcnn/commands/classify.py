"""`textcnn classify`: a label for each text, as fast as they come."""

# Typer reads the annotations when the command is built, so they are no strings here.
import json
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, cast

import typer

from textcnn.errors import ConfigError, TextError

if TYPE_CHECKING:
    from io import BufferedReader

    from textcnn.classifier import TextClassifier
    from textcnn.commands.stream import Line
    from textcnn.prediction import Prediction

NO_LABEL = "-"
"""In the first column: the model names no label for this text."""
UNREADABLE = "!"
"""In the first column: the line is not UTF-8, so it was not classified."""
_NUMBERS_NAMED = 5


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
) -> None:
    """Label texts: one line for each, `label TAB score TAB text`.

    `cut -f1` gives the labels alone. A multi-label model's labels are joined by commas, and the score is the
    best label's; `-` stands for no label. Tabs and line breaks in a text are shown as blanks; `--json` keeps
    them, and adds the scores of all labels.

    Standard input is UTF-8. A line that is not gets `!` (with `--json` an object with `error`), so that
    output and input keep step; the others are classified, and the exit code is 2.
    """
    from textcnn.classifier import TextClassifier

    classifier = TextClassifier.load(model, unknown_below=unknown_below)
    if unknown_below and classifier.config.multi_label:
        raise ConfigError(
            "unknown_below is for models that give one label; this one has a threshold for each label.",
            field="unknown_below",
        )
    if texts:
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
        """What stands in the place of a line's prediction."""
        self._count += 1
        if len(self._numbers) < _NUMBERS_NAMED:
            self._numbers.append(line.number)
        if as_json:
            error = {"line": line.number, "error": "The line is not UTF-8.", "code": TextError.code}
            return json.dumps(error, ensure_ascii=False)
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
    return json.dumps({"text": text, **prediction.to_dict()}, ensure_ascii=False)


def _as_columns(text: str, prediction: "Prediction") -> str:
    labels = prediction.labels if prediction.labels is not None else (prediction.label,)
    named = ",".join(_one_line(label) for label in labels if label is not None)
    return f"{named or NO_LABEL}\t{prediction.score:.4f}\t{_one_line(text)}"


def _one_line(text: str) -> str:
    return text.replace("\t", " ").replace("\n", " ").replace("\r", " ")


def _write(lines: Iterable[str]) -> None:
    """Write lines, and let the reader see them now."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
