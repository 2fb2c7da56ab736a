"""`report.html`: how training went and how good the model is, in one page without scripts or network.

Whatever comes from a corpus or a recipe is escaped: a label may be any string.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

MATRIX_LABELS = 25
"""With more labels a confusion matrix is a wall; the commonest confusions alone are shown."""
CONFUSIONS = 20

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --blue: 59 130 246; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td.word { text-align: left; overflow-wrap: anywhere; }
th { font-weight: 600; }
.wide { overflow-x: auto; }
.matrix td { background: rgb(var(--blue) / var(--share)); text-align: center; border: 1px solid var(--line); }
.range { position: relative; display: inline-block; width: 9rem; height: .7rem; background: var(--soft); }
.range i { position: absolute; top: .2rem; height: .3rem; background: rgb(var(--blue) / .6); }
.range b { position: absolute; top: 0; width: 2px; height: .7rem; background: currentColor; }
.note { opacity: .75; }
svg { width: 100%; height: auto; }
"""


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
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
    path.write_text(page, encoding="utf-8", errors="replace")


def _body(
    title: str,
    history: Sequence[Mapping[str, float]],
    evaluation: Mapping[str, Any] | None,
    training: Mapping[str, Any],
) -> Iterator[str]:
    from training.charts import learning_curves, reliability_diagram

    yield f"<h1>{escape(title)}</h1>"
    if evaluation:
        yield _section("Test figures", _figures(evaluation))
    else:
        yield '<p class="note">There was no test part, so there are no figures on unseen texts.</p>'
    if history:
        curves = learning_curves(history, training.get("best_epoch"))
        yield _section("Learning curves", _figure("Learning curves", curves) + _epochs(history))
    if evaluation:
        yield _section("Labels", _per_label(evaluation["per_label"]))
        if "confusion" in evaluation:
            yield _section("Confusions", _confusions(evaluation["confusion"]))
        diagram = reliability_diagram(evaluation["calibration"])
        yield _section("Reliability", _figure("Reliability diagrams", diagram))
    yield _section("Corpus", _facts(training.get("corpus", {})))
    yield _section("Recipe", _facts(training.get("recipe", {})))
    shown_above = ("corpus", "recipe", "history")
    yield _section("Run", _facts({key: training[key] for key in training if key not in shown_above}))


def _section(title: str, content: str) -> str:
    return f'<section>\n<h2>{title}</h2>\n<div class="wide">{content}</div>\n</section>' if content else ""


def _figure(name: str, svg: str) -> str:
    return f'<figure role="img" aria-label="{name}">{svg}</figure>'


def _figures(evaluation: Mapping[str, Any]) -> str:
    low, high = evaluation["accuracy_interval"]
    kind = "accuracy (all labels of a text right)" if "micro_f1" in evaluation else "accuracy"
    rows = [
        ("rows", f"{evaluation['rows']:,}"),
        (kind, f"{evaluation['accuracy']:.4f} ({low:.4f} to {high:.4f})"),
    ]
    rows += [
        (key.replace("_f1", "-F1").replace("_", " "), f"{evaluation[key]:.4f}")
        for key in ("macro_f1", "micro_f1", "unknown", "answered_accuracy")
        if key in evaluation
    ]
    calibration = evaluation["calibration"]
    rows.append(("expected calibration error", f"{calibration['ece']:.4f}"))
    rows.append(("… before calibration", f"{calibration['ece_before']:.4f}"))
    note = '<p class="note">On texts that neither training nor selection saw; ranges are 95 % intervals.</p>'
    return note + _table((), ((_word(key), _cell(value)) for key, value in rows))


def _epochs(history: Sequence[Mapping[str, float]]) -> str:
    keys = ("epoch", "loss", "validation_loss", "validation_score", "seconds")
    rows = ([_cell(f"{epoch[key]:.4g}") for key in keys if key in epoch] for epoch in history)
    return _table([key.replace("_", " ") for key in keys if key in history[0]], rows)


def _per_label(labels: Mapping[str, Mapping[str, Any]]) -> str:
    rows = (
        [_word(label), _cell(f"{scores['support']:,}")]
        + [_cell(f"{scores[key]:.3f}") + _range(scores, key) for key in ("precision", "recall", "f1")]
        for label, scores in labels.items()
    )
    return _table(("label", "rows", "precision", "", "recall", "", "F1", ""), rows)


def _range(scores: Mapping[str, Any], key: str) -> str:
    """A cell with the score as a stroke on its 95 % interval."""
    low, high = scores[f"{key}_interval"]
    bar = f'<i style="left:{low:.1%};width:{high - low:.1%}"></i><b style="left:{scores[key]:.1%}"></b>'
    return f'<td title="{low:.3f} to {high:.3f}"><span class="range">{bar}</span></td>'


def _confusions(confusion: Mapping[str, Any]) -> str:
    labels, matrix = confusion["labels"], confusion["matrix"]
    wrong = [
        (count, labels[true], labels[given])
        for true, row in enumerate(matrix)
        for given, count in enumerate(row)
        if count and true != given
    ]
    wrong.sort(key=lambda entry: -entry[0])
    rows = ([_cell(str(count)), _word(true), _word(given)] for count, true, given in wrong[:CONFUSIONS])
    common = _table(("texts", "are", "taken for"), rows) if wrong else "<p>No text was taken for another.</p>"
    return (_matrix(labels, matrix) if len(labels) <= MATRIX_LABELS else "") + common


def _matrix(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> str:
    """Truth downwards, prediction across; the deeper the colour, the larger the share of the row."""
    rows = []
    for label, row in zip(labels, matrix, strict=True):
        total = max(sum(row), 1)
        cells = (f'<td style="--share:{0.7 * count / total:.2f}">{count}</td>' for count in row)
        rows.append([f"<th>{escape(label)}</th>", *cells])
    return _table(("truth ↓ prediction →", *labels), rows, kind="matrix")


def _facts(values: Mapping[str, Any]) -> str:
    """Names and values; a mapping within is told in one cell."""
    rows = [(_word(str(key).replace("_", " ")), _word(_brief(value))) for key, value in values.items()]
    return _table((), rows) if rows else ""


def _brief(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_brief(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_brief, value))
    return "none" if value is None else str(value)


def _table(head: Iterable[str], rows: Iterable[Sequence[str]], *, kind: str = "") -> str:
    """A table of cells that are HTML already; the head is plain text."""
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    top = f"<thead><tr>{names}</tr></thead>" if names else ""
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f'<table class="{kind}">{top}<tbody>\n{body}\n</tbody></table>'


def _word(text: str) -> str:
    return f'<td class="word">{escape(text)}</td>'


def _cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"
