from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import typer
from hypothesis import assume, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from textcnn.errors import ConfigError, CorpusError
from textcnn.reading.rows import Row
from textcnn.training.commands.lint import lint
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.data.lint import ENOUGH_TEXTS, lint_rows

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.training.data.lint_report import Finding, LintReport


def _rows(*texts_and_labels: tuple[str, str], file: str = "a.csv") -> list[Row]:
    return [Row(line, text, (label,), file) for line, (text, label) in enumerate(texts_and_labels, 2)]


# Six clean rows of each of two labels, at lines 2 to 13.
CLEAN = tuple((f"{word} {number}", word) for word in ("good", "bad") for number in range(6))


def _finding(report: LintReport, kind: str) -> Finding:
    return next(finding for finding in report.findings if finding.kind == kind)


def _kinds(*more: tuple[str, str]) -> dict[str, tuple[str, int, tuple[str, ...]]]:
    findings = lint_rows(_rows(*CLEAN, *more)).findings
    return {finding.kind: (finding.severity, finding.count, finding.lines) for finding in findings}


def test_a_clean_corpus_is_honest_and_counted() -> None:
    report = lint_rows(_rows(*CLEAN, ("good long text", "good")))
    assert report.honest
    assert report.findings == ()
    assert (report.rows, report.test_rows, report.labels) == (13, None, {"good": 7, "bad": 6})
    lengths = report.lengths
    assert (lengths.minimum, lengths.median, lengths.p95, lengths.maximum) == (5, 6, 6, 14)
    assert report.summary() == ["rows: 13; labels: 2; characters in a text: 5 to 14, median 6"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([("good 1", "good")], {"duplicate": ("warning", 1, ("a.csv:14",))}),
        ([("Good, 1!", "good")], {"near-duplicate": ("warning", 1, ("a.csv:14",))}),
        ([("!!!", "good"), ("???", "bad")], {}),
        ([(" ", "good")], {"empty-text": ("warning", 1, ("a.csv:14",))}),
        ([("new", "rare")], {"rare-label": ("warning", 1, ("a.csv:14",))}),
        (
            [("good 1", "bad")],
            {"two-labels": ("error", 2, ("a.csv:3", "a.csv:14")), "duplicate": ("warning", 1, ("a.csv:14",))},
        ),
        (
            [("GOOD 1", "bad")],
            {
                "near-two-labels": ("warning", 2, ("a.csv:3", "a.csv:14")),
                "near-duplicate": ("warning", 1, ("a.csv:14",)),
            },
        ),
    ],
)
def test_findings_with_their_lines(
    more: list[tuple[str, str]], expected: dict[str, tuple[str, int, tuple[str, ...]]]
) -> None:
    assert _kinds(*more) == expected


@pytest.mark.parametrize(
    "text",
    ["caf\ufffd", "cafÃ©", "itâ€™s", "\ud83d alone", "bell\x07", "\x96 dash", "ä¸\xadæ–‡", "锟斤拷", "ðŸ˜€"],
)
def test_encoding_damage_is_noticed(text: str) -> None:
    assert _kinds((text, "good"))["encoding-damage"] == ("warning", 1, ("a.csv:14",))


@pytest.mark.parametrize(
    "text", ["café", "it’s – fine", "中文", "SÃO PAULO", "À bientôt", "tab\tline\n", "😀"]
)
def test_plain_text_is_not_taken_for_damage(text: str) -> None:
    assert "encoding-damage" not in _kinds((text, "good"))


def test_labels_that_differ_only_in_case_or_spaces() -> None:
    more = [(f"nice {number}", "Good ") for number in range(5)]
    assert _kinds(*more)["similar-label"] == ("warning", 2, ("a.csv:2", "a.csv:14"))


def test_one_label_only_cannot_be_classified() -> None:
    report = lint_rows(_rows(*CLEAN[:6]))
    assert _finding(report, "one-label").severity == "error"
    assert not report.honest


@given(
    texts=st.lists(st.tuples(st.integers(0, 11), st.sampled_from("xyz")), min_size=2, max_size=40),
    held_out=st.none() | st.lists(st.integers(0, 20), min_size=1, max_size=3),
)
def test_few_texts_are_an_error_exactly_where_training_finds_too_few(
    texts: list[tuple[int, str]], held_out: list[int] | None
) -> None:
    rows = _rows(*((f"text {number}", label) for number, label in texts))
    assume(len({label for _, label in texts}) > 1)
    test = None
    if held_out is not None:
        test = _rows(*((f"text {number}", texts[0][1]) for number in held_out), file="b.csv")
    refused = False
    try:
        corpus_from_rows(rows, test=test)
    except CorpusError as error:
        refused = "part, with" in error.message
    assert refused == ("few-texts" in {finding.kind for finding in lint_rows(rows, test).findings})


def test_many_texts_of_a_label_are_enough() -> None:
    rows = _rows(*((f"text {number}", "good") for number in range(ENOUGH_TEXTS)), ("another", "bad"))
    assert lint_rows(rows).honest
    assert corpus_from_rows(rows).validation


def test_parts_need_not_be_split_off_where_they_are_given() -> None:
    few = _rows(("a film", "good"), ("another", "good"), ("a third", "bad"))
    assert _finding(lint_rows(few), "few-texts").severity == "error"
    assert lint_rows(few, parts=False).honest


def test_a_forgotten_label_is_told_unless_other_rows_have_several() -> None:
    forgotten = Row(7, "which label?", (), "a.csv")
    rows = [*_rows(*CLEAN), forgotten]
    assert _finding(lint_rows(rows), "no-label").lines == (forgotten.where,)
    meant = lint_rows([*rows, Row(8, "both", ("x", "y"), "a.csv")])
    assert "no-label" not in {finding.kind for finding in meant.findings}


def test_few_rows_of_a_text_under_two_labels_are_left_out_with_a_warning() -> None:
    few = _rows(*[(f"good {n}", "good") for n in range(40)], ("good 1", "bad"), ("good 2", "good"))
    many = [*few, *_rows(("good 3", "bad"))]
    finding = _finding(lint_rows(few), "two-labels")
    assert (finding.severity, finding.count) == ("warning", 2)
    assert len(finding.lines) == 2
    assert _finding(lint_rows(many), "two-labels").severity == "error"
    assert "drop or majority" in _finding(lint_rows(many), "two-labels").message
    for choice in ("drop", "majority"):
        assert _finding(lint_rows(many, contradictions=choice), "two-labels").severity == "warning"
    with pytest.raises(ConfigError, match="drop or majority"):
        lint_rows(many, contradictions="perhaps")


def test_all_rows_that_are_left_out_are_listed_up_to_a_hundred() -> None:
    rows = _rows(*[(f"text {n}", label) for n in range(60) for label in ("good", "bad")])
    finding = _finding(lint_rows(rows), "two-labels")
    assert (finding.count, len(finding.lines)) == (120, 100)


def test_several_labels_of_one_text_are_no_conflict_whatever_their_order() -> None:
    rows = [Row(1, "same", ("x", "y"), "a"), Row(2, "same", ("y", "x"), "a")]
    assert "two-labels" not in {finding.kind for finding in lint_rows(rows).findings}
    rows.append(Row(3, "same", ("x",), "a"))
    assert _finding(lint_rows(rows), "two-labels").count == 3


def test_test_rows_must_be_apart_and_of_known_labels() -> None:
    test = _rows(("GOOD 1.", "good"), ("fresh", "good"), ("other", "new"), file="t.csv")
    report = lint_rows(_rows(*CLEAN), test)
    assert _finding(report, "overlap").lines == ("t.csv:2",)
    assert _finding(report, "unknown-test-label").lines == ("t.csv:4",)
    assert report.test_rows == 3
    assert not report.honest


def test_errors_stand_first_and_only_a_few_lines_are_named() -> None:
    report = lint_rows(_rows(*CLEAN, *[("good 1", "bad")] * 30))
    assert [finding.severity for finding in report.findings] == ["error", "warning"]
    assert [len(finding.lines) for finding in report.findings] == [31, 5]  # those left out are all listed
    assert report.summary()[1].startswith(
        "error: rows left out, as their text stands under different labels: 31, over 5 % of all; "
    )


def test_a_report_is_json() -> None:
    report = json.loads(json.dumps(lint_rows(_rows(*CLEAN, ("good 1", "bad"))).to_dict()))
    assert report["honest"] is False
    assert report["findings"][0]["kind"] == "two-labels"


def test_many_rows_are_counted_one_by_one() -> None:
    rows = [Row(i, f"some text, number {i} 很好" * 3, (str(i % 7),), "a") for i in range(30_000)]
    report = lint_rows(rows)
    assert report.honest
    assert report.rows == sum(report.labels.values()) == 30_000


# The verb


def _run(*arguments: str | Path) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(lint)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def _corpus(tmp_path: Path, name: str, *more: str) -> Path:
    lines = ["text,label", *(f"{text},{label}" for text, label in CLEAN), *more]
    path = tmp_path / name
    path.write_text("\n".join(lines))
    return path


def test_the_verb_prints_and_exits_0_when_honest(tmp_path: Path) -> None:
    code, output = _run(_corpus(tmp_path, "a.csv", "good 1,good"))
    assert code == 0
    assert "a.csv: csv, ',', UTF-8, header; text: text; label: label; 13 rows\nrows: 13; labels: 2" in output
    assert "duplicate" in output
    assert "fit to train on" in output


def test_the_verb_exits_1_when_dishonest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _corpus(tmp_path, "a.csv", "good 1,bad", "[red]x,good")
    code, output = _run("a.csv")
    assert code == 1
    assert "a.csv:3, 14" in output
    assert "mend the errors first" in output


def test_the_verb_gives_json_and_looks_at_the_test_file(tmp_path: Path) -> None:
    train, test = _corpus(tmp_path, "a.csv"), _corpus(tmp_path, "b.csv")
    code, output = _run(train, "--test", test, "--json")
    assert code == 1
    assert json.loads(output)["findings"][0]["count"] == 12


def test_the_verb_takes_the_layout(tmp_path: Path) -> None:
    path = tmp_path / "a.data"
    path.write_text("".join(f"{i};subject {i};body;{i % 2}|9\n" for i in range(10)))
    options = [
        "--format",
        "csv",
        "--delimiter",
        ";",
        "--no-header",
        "--text-column",
        "2,3",
        "--encoding",
        "utf-8",
    ]
    code, output = _run(path, *options, "--label-column", "4", "--label-separator", "|", "--json")
    assert code == 0
    assert json.loads(output)["labels"] == {"9": 10, "0": 5, "1": 5}


def test_a_bad_file_is_the_commands_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"nowhere\.csv: no such file"):
        _run(tmp_path / "nowhere.csv")


def test_rows_that_only_miss_a_label_are_counted_at_once_with_the_first_lines(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    rows = [f"{text},{label}" for text, label in CLEAN] + [f"new {number}," for number in range(7)]
    file.write_text("\n".join(["text,label", *rows, ""]))
    (tmp_path / "test.csv").write_text("text,label\nheld,\nout,good\n")
    report = _reported(file, "--test", tmp_path / "test.csv", code=1)
    (finding,) = (each for each in report["findings"] if each["kind"] == "unlabelled")
    assert (finding["severity"], finding["count"]) == ("error", 8)
    assert finding["lines"] == [f"{file}:{line}" for line in range(14, 19)]
    assert "--skip-unlabelled" in finding["message"]
    assert (report["rows"], report["test_rows"]) == (12, 1)
    report = _reported(file, "--skip-unlabelled", code=0)
    (finding,) = report["findings"]
    assert (finding["kind"], finding["severity"], finding["count"]) == ("unlabelled", "warning", 7)
    assert finding["message"] == "rows left out, as they have no label: 7"


def _reported(*arguments: object, code: int) -> dict[str, Any]:
    app = typer.Typer()
    app.command()(lint)
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code == code, result.output
    report: dict[str, Any] = json.loads(result.output)
    return report
