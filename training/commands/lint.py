"""`textcnn lint`: what is wrong with a corpus, before anything is trained."""

# Typer reads the annotations when the command is built, so they are no strings here.
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from textcnn.commands.layout_options import takes_layout
from textcnn.commands.options import ContradictionsOption, KnownColumnsOption, LabelledFile, known_columns
from textcnn.pages import terminal

if TYPE_CHECKING:
    from rich.table import Table

    from textcnn.reading.layout import Layout
    from textcnn.reading.reading import Reading
    from textcnn.training.data.lint_report import LintReport

_LABELS_SHOWN = 20


@takes_layout
def lint(
    corpus: LabelledFile,
    test: Annotated[str | None, typer.Option(help="The file to be tested on: is it apart?")] = None,
    *,
    contradictions: ContradictionsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    columns: KnownColumnsOption = None,
    layout: "Layout",
) -> None:
    """Show what is wrong with a corpus; exit 1 when something would make training dishonest.

    Errors are many rows of one text under two labels, test rows that are trained on, test labels that are
    not, and a corpus of one label only or of too few texts; the rest are warnings.
    """
    from textcnn.reading.account import Account
    from textcnn.reading.exports.annotators import other_annotators
    from textcnn.reading.records import open_records
    from textcnn.training.data.labelled_files import read_with_unlabelled

    account, readings, known = Account(), list["Reading"](), known_columns(columns)
    read = partial(read_with_unlabelled, layout=layout, account=account, known=known, tell=readings.append)
    rows, unlabelled = read(corpus)
    test_rows, test_unlabelled = (None, []) if test is None else read(test)
    unlabelled += test_unlabelled
    reading, *of_test = readings
    from textcnn.training.data.lint import lint_rows

    sample = open_records(corpus, layout).sample
    report = lint_rows(
        rows,
        test_rows,
        contradictions=contradictions,
        unlabelled=unlabelled,
        other_annotators=other_annotators(sample, reading.label, reading.text),
    )
    if as_json:
        terminal.write_json({**report.to_dict(), **account.counts(), **reading.to_dict(len(rows))})
    else:
        terminal.say_all(account.remarks())
        lines = [*reading.lines(len(rows))]
        lines += [line for each in of_test for line in each.lines(report.test_rows)]
        _print_report(lines, report)
    if not report.honest:
        raise typer.Exit(1)


def _print_report(lines: list[str], report: "LintReport") -> None:
    from textcnn.pages.visible_console import VisibleConsole

    console = VisibleConsole(highlight=False)
    for line in (*lines, report.summary()[0]):
        console.print(line, markup=False, soft_wrap=True)
    console.print(_label_table(report))
    if report.findings:
        console.print(_finding_table(report))
    verdict = "fit to train on" if report.honest else "not honest to train on: mend the errors first"
    console.print(f"findings: {len(report.findings)}; {verdict}", soft_wrap=True)


def _label_table(report: "LintReport") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("label", "rows", "share")
    total = max(report.rows, 1)
    for label, count in list(report.labels.items())[:_LABELS_SHOWN]:
        table.add_row(Text(label), f"{count:,}", f"{count / total:.1%}")
    if len(report.labels) > _LABELS_SHOWN:
        counts_left = list(report.labels.values())[_LABELS_SHOWN:]
        table.add_row(
            f"... and {len(counts_left)} more", f"{sum(counts_left):,}", f"{sum(counts_left) / total:.1%}"
        )
    return table


def _finding_table(report: "LintReport") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("finding", "severity", "what")
    table.add_column("first lines", overflow="fold")
    for finding in report.findings:
        severity = Text(finding.severity, style="red" if finding.severity == "error" else "yellow")
        table.add_row(finding.kind, severity, Text(finding.message), Text(_places(finding.lines)))
    return table


def _places(lines: tuple[str, ...]) -> str:
    """Places with each file named once: "a.csv:3, 9"."""
    numbers: dict[str, list[str]] = {}
    for line in lines:
        file, _, number = line.rpartition(":")
        numbers.setdefault(file, []).append(number)
    return "\n".join(f"{file}:{', '.join(lines_in_file)}" for file, lines_in_file in numbers.items())
