"""Exports of annotation tools, in the shapes that the tools write them, become the rows that were meant."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from textcnn.errors import CorpusError
from textcnn.reading.layout import Layout
from textcnn.reading.records import open_records
from textcnn.reading.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Rows = list[tuple[str, tuple[str, ...]]]


def _json_lines(path: Path, *records: object) -> Path:
    path.write_text("".join(f"{json.dumps(each)}\n" for each in records), encoding="utf-8")
    return path


def _json(path: Path, *records: object, indent: int | None = None) -> Path:
    path.write_text(json.dumps(records, indent=indent), encoding="utf-8")
    return path


def _csv(path: Path, *records: Mapping[str, object]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    return path


def _rows(path: Path, **layout: Any) -> Rows:  # noqa: ANN401 - any field of Layout
    return [(row.text, row.labels) for row in read_rows(path, Layout(**layout))]


def _left_out(path: Path, **layout: Any) -> dict[str, int]:  # noqa: ANN401
    records = open_records(path, Layout(**layout))
    assert list(records.stream)
    return {reason: kind.count for reason, kind in records.account.left_out.items()}


def _tool(path: Path, **layout: Any) -> str | None:  # noqa: ANN401
    return open_records(path, Layout(**layout)).export


# Prodigy


def _answer(text: str, answer: str, **more: object) -> dict[str, object]:
    return {"text": text, "_input_hash": 1, "_task_hash": 2, "meta": {"score": 0.5}, **more, "answer": answer}


def test_of_prodigy_the_accepted_labels_are_read(tmp_path: Path) -> None:
    path = _json_lines(
        tmp_path / "p.jsonl",
        _answer("late again", "accept", label="delivery"),
        _answer("a bill", "reject", label="delivery"),
        _answer("hm", "ignore", label="billing"),
        _answer("paid twice", "accept", label="billing"),
    )
    assert _tool(path) == _tool(path, format="prodigy") == "Prodigy"
    assert _rows(path) == [("late again", ("delivery",)), ("paid twice", ("billing",))]
    assert _left_out(path) == {"rejected annotations": 1, "ignored annotations": 1}
    assert _rows(path, label_column="label") == _rows(path)


def test_of_prodigy_the_accepted_options_are_read(tmp_path: Path) -> None:
    options = [{"id": "billing", "text": "Billing"}, {"id": "delivery", "text": "Delivery"}]
    numbered = [{"id": 0, "text": "billing"}, {"id": 1, "text": "delivery"}]
    one = {"choice_style": "single"}
    path = _json(
        tmp_path / "p.json",
        _answer("late, and a wrong bill", "accept", options=options, accept=["billing", "delivery"]),
        _answer("late", "accept", options=numbered, accept=[1], config=one),
        _answer("no answer", "accept", options=options, accept=[], config=one),
        _answer("none of them", "accept", options=options, accept=[]),
        _answer("out", "reject", options=options, accept=["billing"]),
    )
    assert _rows(path) == [
        ("late, and a wrong bill", ("billing", "delivery")),
        ("late", ("delivery",)),
        ("none of them", ()),
    ]
    assert _left_out(path) == {"unfinished annotations": 1, "rejected annotations": 1}


def test_many_that_are_rejected_first_do_not_hide_the_others(tmp_path: Path) -> None:
    rejected = [_answer(f"no {number}", "reject", label="x") for number in range(300)]
    path = _json_lines(tmp_path / "p.jsonl", *rejected, _answer("yes", "accept", label="x"))
    assert _rows(path) == [("yes", ("x",))]


# Label Studio


def _task(text: str, *choices: list[str], **more: object) -> dict[str, object]:
    results = [
        [{"type": "choices", "from_name": "topic", "to_name": "text", "value": {"choices": each}}]
        if each
        else []
        for each in choices
    ]
    annotations = [{"id": 1, "result": each, "was_cancelled": False, **more} for each in results]
    return {"id": 1, "data": {"text": text}, "annotations": annotations, "predictions": []}


@pytest.mark.parametrize("indent", [None, 2])
def test_of_label_studio_each_annotation_is_a_row(tmp_path: Path, indent: int | None) -> None:
    skipped = _task("skipped", ["delivery"], was_cancelled=True)
    path = _json(
        tmp_path / "project-1-at-2024.json",
        _task("late", ["delivery"]),
        _task("late and wrong", ["delivery", "billing"]),
        _task("two of us", ["delivery"], ["billing"]),
        _task("nobody"),
        _task("nothing chosen", []),
        skipped,
        indent=indent,
    )
    assert _tool(path) == "Label Studio"
    assert _rows(path) == [
        ("late", ("delivery",)),
        ("late and wrong", ("delivery", "billing")),
        ("two of us", ("delivery",)),
        ("two of us", ("billing",)),
    ]
    assert _left_out(path) == {"unfinished annotations": 2, "skipped annotations": 1}
    records = open_records(path)
    assert list(records.stream)
    assert records.account.lines == path.read_text(encoding="utf-8").count("\n") + 1


def test_of_label_studio_the_ground_truth_goes_before_others(tmp_path: Path) -> None:
    task: dict[str, Any] = _task("late", ["delivery"], ["billing"])
    task["annotations"][1]["ground_truth"] = True
    assert _rows(_json(tmp_path / "a.json", task)) == [("late", ("billing",))]


def test_of_label_studio_a_question_is_chosen_by_name(tmp_path: Path) -> None:
    task: dict[str, Any] = _task("late", ["delivery"])
    mood = {"type": "choices", "from_name": "mood", "to_name": "text", "value": {"choices": ["angry"]}}
    task["annotations"][0]["result"].append(mood)
    path = _json(tmp_path / "a.json", task)
    with pytest.raises(CorpusError, match=r"several questions \('topic', 'mood'\); say which"):
        _rows(path)
    assert _rows(path, label_column="mood") == [("late", ("angry",))]


def test_label_studio_s_tables(tmp_path: Path) -> None:
    facts = {"annotation_id": 1, "annotator": 1, "created_at": "2023-04-14", "id": 7, "lead_time": 3.2}
    several = {"choices": ["praise", "urgent"]}
    rows = [
        {**facts, "text": "quick help", "sentiment": "praise"},
        {**facts, "text": "help now", "sentiment": several},
        {**facts, "text": "empty", "sentiment": ""},
    ]
    expected = [("quick help", ("praise",)), ("help now", ("praise", "urgent"))]
    for path in (
        _json(tmp_path / "min.json", *rows),
        _csv(tmp_path / "ls.csv", *({**each, "sentiment": _cell(each["sentiment"])} for each in rows)),
    ):
        assert _tool(path) == "Label Studio"
        assert _rows(path) == expected
        assert _rows(path, label_column="sentiment") == expected
        assert _left_out(path) == {"unfinished annotations": 1}


def _cell(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict) else value


def test_label_studio_s_taxonomies_and_spans(tmp_path: Path) -> None:
    path_choice = {"taxonomy": [["shop", "delivery"], ["shop", "billing"]]}
    task: dict[str, Any] = _task("late", ["x"])
    task["annotations"][0]["result"][0].update(type="taxonomy", value=path_choice)
    assert _rows(_json(tmp_path / "a.json", task)) == [("late", ("shop/delivery", "shop/billing"))]
    span = {"start": 0, "end": 4, "text": "late", "labels": ["TIME"]}
    task["annotations"][0]["result"][0].update(type="labels", value=span)
    with pytest.raises(CorpusError, match="holds parts of the text; expected choices for the whole text"):
        _rows(_json(tmp_path / "b.json", task))


# doccano


def test_doccano_s_three_formats(tmp_path: Path) -> None:
    examples: list[dict[str, Any]] = [
        {"id": 1, "text": "late", "label": ["delivery"]},
        {"id": 2, "text": "late and wrong", "label": ["billing", "delivery"]},
        {"id": 3, "text": "nobody", "label": []},
    ]
    joined = [
        {"id": each["id"], "data": each["text"], "label": "#".join(each["label"]), "Comments": ""}
        for each in examples
    ]
    for path in (
        _json_lines(tmp_path / "all.jsonl", *({**each, "Comments": []} for each in examples)),
        _json(tmp_path / "all.json", *examples),
        _csv(tmp_path / "all.csv", *joined),
    ):
        assert _tool(path) == "doccano", path
        assert _rows(path) == [("late", ("delivery",)), ("late and wrong", ("billing", "delivery"))]
        assert _left_out(path) == {"unfinished annotations": 1}


def test_doccano_s_spans_are_refused(tmp_path: Path) -> None:
    path = _json_lines(tmp_path / "a.jsonl", {"id": 1, "text": "late again", "label": [[0, 4, "TIME"]]})
    with pytest.raises(CorpusError, match=r"holds parts of the text, as \[start, end, name\]"):
        _rows(path)


def test_doccano_s_numbers_of_labels_are_refused(tmp_path: Path) -> None:
    example = {"id": 1, "text": "late", "annotations": [{"label": 5, "user": 1}], "meta": {}}
    with pytest.raises(CorpusError, match="numbers that stand for labels; export the project with the texts"):
        _rows(_json_lines(tmp_path / "a.jsonl", example))


def test_a_corpus_with_ids_is_no_export_in_csv(tmp_path: Path) -> None:
    path = _csv(
        tmp_path / "a.csv", *({"id": n, "text": f"t {n}", "label": "C#" if n % 2 else "b"} for n in range(4))
    )
    assert _tool(path) is None
    assert _rows(path)[1] == ("t 1", ("C#",))
    assert _rows(path, format="doccano")[1] == ("t 1", ("C#",))


# Argilla


def test_argilla_1(tmp_path: Path) -> None:
    def record(text: str, annotation: object, status: str) -> dict[str, object]:
        return {
            "text": text,
            "inputs": {"text": text},
            "prediction": [["praise", 0.8]],
            "annotation": annotation,
            "annotation_agent": "u",
            "multi_label": False,
            "id": "0",
            "status": status,
        }

    path = _json_lines(
        tmp_path / "v1.jsonl",
        record("good", "praise", "Validated"),
        record("both", ["praise", "urgent"], "Validated"),
        record("unseen", None, "Default"),
        record("out", "praise", "Discarded"),
    )
    assert _tool(path) == "Argilla"
    assert _rows(path) == [("good", ("praise",)), ("both", ("praise", "urgent"))]
    assert _left_out(path) == {"unfinished annotations": 1, "discarded annotations": 1}
    assert _rows(path, label_column="annotation") == _rows(path)


def test_argilla_2_as_json_and_as_a_table(tmp_path: Path) -> None:
    def record(text: str, *answers: str, status: str = "completed") -> object:
        responses = {"topic": [{"value": each, "user_id": "u"} for each in answers]} if answers else {}
        suggestions = {"topic": {"value": "x", "score": None, "agent": None}}
        return {"id": "1", "fields": {"text": text}, "metadata": {}, "suggestions": suggestions} | {
            "responses": responses,
            "vectors": {},
            "status": status,
        }

    records = [
        record("late", "delivery"),
        record("two of us", "delivery", "billing"),
        record("hm", status="pending"),
    ]
    expected = [("late", ("delivery",)), ("two of us", ("delivery",)), ("two of us", ("billing",))]
    path = _json(tmp_path / "v2.json", *records)
    assert _tool(path) == "Argilla"
    assert _rows(path) == expected
    assert _left_out(path) == {"unfinished annotations": 1}

    def row(text: str, *answers: tuple[str, str]) -> dict[str, object]:
        told = {
            "topic.responses": [each for each, _ in answers] or None,
            "topic.responses.status": [status for _, status in answers] or None,
            "topic.responses.users": ["u"] * len(answers) or None,
        }
        return {
            "id": "1",
            "status": "completed",
            "_server_id": "a",
            "text": text,
            "topic.suggestion": "x",
            **told,
        }

    table = [
        row("late", ("delivery", "submitted")),
        row("two of us", ("delivery", "submitted"), ("billing", "submitted"), ("x", "draft")),
        row("hm", ("delivery", "draft")),
        row("out", ("delivery", "discarded")),
    ]
    path = _json_lines(tmp_path / "table.jsonl", *table)
    assert _rows(path) == expected
    assert _left_out(path) == {"unfinished annotations": 1, "discarded annotations": 1}


def test_argilla_s_feedback_records(tmp_path: Path) -> None:
    answers = [{"values": {"topic": {"value": "delivery"}}, "status": "submitted", "user_id": "u"}]
    path = _json_lines(
        tmp_path / "a.jsonl", {"fields": {"text": "late"}, "responses": answers, "external_id": None}
    )
    assert _rows(path) == [("late", ("delivery",))]
    told = [{"user_id": "u", "value": "delivery", "status": "submitted"}]
    path = _json_lines(
        tmp_path / "b.jsonl", {"text": "late", "topic": told, "external_id": None, "metadata": "{}"}
    )
    assert _rows(path) == [("late", ("delivery",))]


# spaCy


def test_spacy_s_categories(tmp_path: Path) -> None:
    late = {"delivery": 1.0, "billing": 0.0}
    both = {"delivery": True, "billing": True}
    expected = [("late", ("delivery",)), ("both", ("delivery", "billing")), ("none", ())]
    none = {"delivery": 0, "billing": 0}
    texts = [{"text": "late", "cats": late}, {"text": "both", "cats": both}, {"text": "none", "cats": none}]
    pairs = [[each["text"], {"cats": each["cats"]}] for each in texts]
    paragraphs = [
        {
            "raw": each["text"],
            "cats": [{"label": name, "value": value} for name, value in each["cats"].items()],
        }
        for each in texts
        if isinstance(each["cats"], dict)
    ]
    for path in (
        _json_lines(tmp_path / "a.jsonl", *texts, {"text": "nobody", "cats": {}}),
        _json(tmp_path / "b.json", *pairs),
        _json_lines(tmp_path / "c.jsonl", *pairs),
        _json(tmp_path / "d.json", {"id": 0, "paragraphs": paragraphs}),
    ):
        assert _tool(path) == "spaCy", path
        assert _rows(path) == expected
    assert _left_out(tmp_path / "a.jsonl") == {"unfinished annotations": 1}


# All of them


def test_an_export_that_is_named_and_is_none_is_refused(tmp_path: Path) -> None:
    path = _json_lines(tmp_path / "a.jsonl", {"words": "late", "kind": "delivery"})
    with pytest.raises(CorpusError, match="not those of an export of Label Studio; leave --format out"):
        _rows(path, format="label-studio")


def test_a_label_column_that_is_said_is_read_as_it_stands(tmp_path: Path) -> None:
    path = _json_lines(
        tmp_path / "a.jsonl", *({"id": 1, "text": str(n), "label": ["x"][: n % 2]} for n in range(3))
    )
    assert _rows(path, label_column="label") == [("0", ()), ("1", ("x",)), ("2", ())]


def test_for_texts_alone_all_records_come_as_they_are(tmp_path: Path) -> None:
    path = _json_lines(
        tmp_path / "p.jsonl", _answer("a", "reject", label="x"), _answer("b", "accept", label="x")
    )
    records = open_records(path, labelled=False)
    assert records.export is None
    assert records.outer == ("text", "_input_hash", "_task_hash", "meta", "label", "answer")
    assert len(list(records.strict())) == 2


@pytest.mark.parametrize("damage", ["cut", "list", "word"])
def test_a_damaged_export_is_one_sentence(tmp_path: Path, damage: str) -> None:
    path = _json(tmp_path / "a.json", _task("late", ["delivery"]), _task("wrong bill", ["billing"]))
    text = path.read_text(encoding="utf-8")
    broken = {
        "cut": text[:-40],
        "list": text.replace('"choices": [', '"choices": [[', 1),
        "word": text + " more",
    }
    path.write_text(broken[damage], encoding="utf-8")
    with pytest.raises(CorpusError, match=r"a\.json:1: ") as caught:
        _rows(path)
    assert "\n" not in caught.value.message
    assert "wrong bill" not in caught.value.message
