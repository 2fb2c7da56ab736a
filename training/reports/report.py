"""`report.html`: how training went and how good the model is, in one page without scripts or network.

Whatever comes from a corpus or a recipe is escaped: a label may be any string.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from textcnn.confusion import matrix_of_pairs, mistaken_pairs
from textcnn.evaluation.baseline_figures import baseline_figures
from textcnn.evaluation.figure_names import OF_A_LABEL, OVERALL
from textcnn.pages.html import cell, facts, figure, section, table, word, write_page
from textcnn.training.reports.card import tested_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

MATRIX_LABELS = 25
"""With more labels a confusion matrix is a wall; the commonest confusions alone are shown."""
CONFUSIONS = 20
_OF_UNKNOWN = {"unknown": "unknown", "answered_accuracy": "answered accuracy"}


def write_report(
    path: Path,
    *,
    history: Sequence[Mapping[str, float]],
    evaluation: Mapping[str, Any] | None,
    training: Mapping[str, Any],
    name: str = "",
) -> None:
    """Write the page.

    `history` has `epoch`, `loss`, `validation_loss`, `validation_score` and `seconds` for each epoch;
    `evaluation` is `Evaluation.to_dict()`, or None without a test part; `training` is what `training.json`
    holds.
    """
    title = f"{name or 'TextCNN'}: training report"
    body = "\n".join(_body(title, history, evaluation, training))
    write_page(path, title, body)


def _body(
    title: str,
    history: Sequence[Mapping[str, float]],
    evaluation: Mapping[str, Any] | None,
    training: Mapping[str, Any],
) -> Iterator[str]:
    from textcnn.training.reports.charts import learning_curves, reliability_diagram

    yield f"<h1>{escape(title)}</h1>"
    if evaluation:
        yield section("Test figures", _figures(evaluation, training))
    else:
        yield '<p class="note">There was no test part, so there are no figures on unseen texts.</p>'
    if training.get("distillation"):
        yield section("Distillation", _distillation(training["distillation"]))
    if history:
        curves = learning_curves(history, training.get("best_epoch"))
        yield section("Learning curves", figure("Learning curves", curves) + _epochs(history))
    if evaluation:
        yield section("Labels", _per_label(evaluation["per_label"]))
        if "confusion" in evaluation:
            yield section("Confusions", _confusions(evaluation["confusion"]))
        diagram = reliability_diagram(evaluation["calibration"])
        yield section("Reliability", figure("Reliability diagrams", diagram))
    yield section("Corpus", facts(training.get("corpus", {})))
    yield section("Recipe", facts(training.get("recipe", {})))
    shown_above = ("corpus", "recipe", "history", "distillation")
    yield section("Run", facts({key: training[key] for key in training if key not in shown_above}))


def _figures(evaluation: Mapping[str, Any], training: Mapping[str, Any]) -> str:
    low, high = evaluation["accuracy_interval"]
    kind = "accuracy (all labels of a text right)" if "micro_f1" in evaluation else "accuracy"
    rows = [
        ("rows", f"{evaluation['rows']:,}"),
        (kind, f"{evaluation['accuracy']:.4f} ({low:.4f} to {high:.4f})"),
    ]
    rows += [
        (figure_name, f"{evaluation[key]:.4f}")
        for key, figure_name in (OVERALL | _OF_UNKNOWN).items()
        if key in evaluation and key != "accuracy"
    ]
    rows += baseline_figures(evaluation)
    calibration = evaluation["calibration"]
    rows.append(("expected calibration error", f"{calibration['ece']:.4f}"))
    rows.append(("… before calibration", f"{calibration['ece_before']:.4f}"))
    note = f'<p class="note">On {tested_on(training)}; ranges are 95 % intervals.</p>'
    warnings = "".join(f"<p><b>Warning: {escape(each)}</b></p>" for each in evaluation.get("warnings", ()))
    return note + warnings + table((), ((word(key), cell(value)) for key, value in rows))


def _distillation(distillation: Mapping[str, Any]) -> str:
    """Teacher, student, and the student that had none, side by side."""
    names = {"teacher": "teacher", "student": "student", "without": "student without distillation"}
    rows = (
        [
            word(title),
            *(cell(f"{distillation['figures'][name][key]:.4f}") for key in ("accuracy", "macro_f1")),
        ]
        for name, title in names.items()
        if name in distillation["figures"]
    )
    other_facts = {key: value for key, value in distillation.items() if key != "figures"}
    return table(("test part", "accuracy", "macro-F1"), rows) + facts(other_facts)


def _epochs(history: Sequence[Mapping[str, float]]) -> str:
    keys = ("epoch", "loss", "validation_loss", "validation_score", "seconds")
    rows = ([cell(f"{epoch[key]:.4g}") for key in keys if key in epoch] for epoch in history)
    return table([key.replace("_", " ") for key in keys if key in history[0]], rows)


def _per_label(labels: Mapping[str, Mapping[str, Any]]) -> str:
    rows = (
        [word(label), cell(f"{scores['support']:,}")]
        + [cell(f"{scores[key]:.3f}") + _range(scores, key) for key in OF_A_LABEL]
        for label, scores in labels.items()
    )
    names = (cell for name in OF_A_LABEL.values() for cell in (name, ""))
    return table(("label", "rows", *names), rows)


def _range(scores: Mapping[str, Any], key: str) -> str:
    """A cell with the score as a stroke on its 95 % interval."""
    low, high = scores[f"{key}_interval"]
    bar = f'<i style="left:{low:.1%};width:{high - low:.1%}"></i><b style="left:{scores[key]:.1%}"></b>'
    return f'<td title="{low:.3f} to {high:.3f}"><span class="range">{bar}</span></td>'


def _confusions(confusion: Mapping[str, Any]) -> str:
    labels, wrong = confusion["labels"], mistaken_pairs(confusion, CONFUSIONS)
    rows = ([cell(f"{texts:,}"), word(true), word(given)] for true, given, texts in wrong)
    common = table(("texts", "are", "taken for"), rows) if wrong else "<p>No text was taken for another.</p>"
    return (_matrix(labels, matrix_of_pairs(confusion)) if len(labels) <= MATRIX_LABELS else "") + common


def _matrix(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> str:
    """Truth downwards, prediction across; the deeper the colour, the larger the share of the row."""
    rows = []
    for label, row in zip(labels, matrix, strict=True):
        total = max(sum(row), 1)
        cells = (f'<td style="--share:{0.7 * count / total:.2f}">{count}</td>' for count in row)
        rows.append([f"<th>{escape(label)}</th>", *cells])
    return table(("truth ↓ prediction →", *labels), rows, kind="matrix")
