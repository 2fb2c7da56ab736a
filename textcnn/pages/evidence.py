"""An explanation as a page: the text drawn by each method, and its n-grams with what they add."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from textcnn.pages.html import cell, facts, section, table, word, write_page
from textcnn.pages.token_map import to_html

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from textcnn.evidence.evidence import Explanation, NGram
    from textcnn.insight.token_maps import TokenMap

LEGEND = (
    '<p class="note">Blue speaks for the label, orange against it. Each drawing has a scale of its own; '
    "saliency and grad-cam tell how much, and never against.</p>"
)


def write_evidence_page(
    path: Path, model: str, explanation: Explanation, label: str, maps: Sequence[TokenMap], *, limit: int
) -> None:
    """Write the page of one text and one label, with the `limit` strongest n-grams for it and against it."""
    title = f"{model}: why {label}"
    write_page(path, title, "\n".join(_body(title, explanation, label, maps, limit)))


def _body(
    title: str, explanation: Explanation, label: str, maps: Sequence[TokenMap], limit: int
) -> Iterator[str]:
    yield f"<h1>{escape(title)}</h1>"
    for each in maps:
        yield section(escape(each.method), to_html(each))
    yield LEGEND
    supporting, opposing = explanation.supporting(label), explanation.opposing(label)
    sums = {
        "score": f"{explanation.prediction.scores[label]:.4f}",
        "logit": f"{explanation.logits[label]:.4f}",
        "bias": f"{explanation.bias[label]:+.4f}",
        f"{len(supporting)} n-grams for it": f"{sum(each.contribution for each in supporting):+.4f}",
        f"{len(opposing)} n-grams against it": f"{sum(each.contribution for each in opposing):+.4f}",
    }
    yield section("The sum", facts(sums))
    for name, items in (("For it", supporting), ("Against it", opposing)):
        yield section(name, _n_grams(items[:limit])) if items else ""


def _n_grams(items: Sequence[NGram]) -> str:
    rows = [
        [word(each.text), cell(f"{each.contribution:+.4f}"), cell(f"{each.start}"), cell(f"{each.end}")]
        for each in items
    ]
    return table(("n-gram", "adds", "from", "to"), rows)
