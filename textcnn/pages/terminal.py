"""The output of a verb: tables for people, JSON for programs."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from textcnn.evaluation.baseline_figures import baseline_figures
from textcnn.evaluation.figure_names import OVERALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console
    from rich.table import Table

_WIDTH_IN_A_PIPE = 120
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LATER_CONTROL = re.compile(r"[\x7f-\x9f]")
"""Those that JSON leaves as they are."""


def console() -> Console:
    """A console that shows strings as they are: `[bold]` in a label is part of the label."""
    from textcnn.pages.visible_console import VisibleConsole

    width = None if sys.stdout.isatty() else _WIDTH_IN_A_PIPE
    return VisibleConsole(width=width, markup=False, emoji=False, highlight=False)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, words: int = 1) -> Table:
    """A table whose first `words` columns are words, to the left, and whose others are numbers."""
    from rich import box
    from rich.table import Table

    result = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for index, column in enumerate(columns):
        is_word = index < words
        result.add_column(
            column, justify="left" if is_word else "right", no_wrap=not is_word, overflow="fold"
        )
    for row in rows:
        result.add_row(*(visible(str(cell)) for cell in row))
    return result


def facts(title: str, values: Iterable[tuple[str, object]]) -> Table:
    """Names and what is known of them, without a head."""
    result = table(title, ("", ""), values, words=2)
    result.show_header = False
    return result


def figures(metrics: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """The sums of an evaluation, as far as they are there: the metrics of a model may hold fewer."""
    if "rows" in metrics:
        yield "rows", f"{metrics['rows']:,}"
    for key, name in OVERALL.items():
        if key in metrics:
            low_high = metrics.get(f"{key}_interval")
            interval = f"  (95 %: {low_high[0]:.4f} to {low_high[1]:.4f})" if low_high else ""
            yield name, f"{metrics[key]:.4f}{interval}"
    yield from baseline_figures(metrics)
    if "unknown" in metrics:
        yield "unknown", f"{metrics['unknown']:.2%} of the rows"
        yield "accuracy of the rest", f"{metrics['answered_accuracy']:.4f}"
    if "calibration" in metrics:
        calibration = metrics["calibration"]
        yield "calibration error", f"{calibration['ece']:.4f} (before: {calibration['ece_before']:.4f})"


def visible(text: str) -> str:
    """The text without control characters: a label from somebody's corpus must not steer the terminal."""
    if text.isprintable():  # three times faster, and nearly always so
        return text
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def to_json(values: object, indent: int | None = None) -> str:
    """JSON without control characters: those that JSON may hold as they are, are spelt as numbers."""
    text = json.dumps(values, indent=indent, ensure_ascii=False)
    return _LATER_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_json(values: object) -> None:
    """Readable JSON on standard output."""
    sys.stdout.write(to_json(values, indent=2) + "\n")


def write_line(line: str) -> None:
    """A line on standard output, without control characters."""
    sys.stdout.write(f"{visible(line)}\n")
    sys.stdout.flush()


def say(sentence: str) -> None:
    """A line on standard error, beside what a verb writes."""
    sys.stderr.write(f"{visible(sentence)}\n")


def say_all(sentences: Iterable[str]) -> None:
    """Lines on standard error, beside what a verb writes."""
    for sentence in sentences:
        say(sentence)


def disk_size(size: int) -> str:
    """A size on disk, in MB of a million bytes or kB of a thousand."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def some(labels: Sequence[str], limit: int) -> str:
    """The first labels, and how many more there are."""
    more = f" + {len(labels) - limit}" if len(labels) > limit else ""
    return ", ".join(labels[:limit]) + more
