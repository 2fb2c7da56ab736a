"""The filters of a model as a page: one picture of them all, and a card for each."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from textcnn.pages.html import section, write_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from textcnn.insight.filters import Filter, Gallery
    from textcnn.insight.firing import FiringNGram

_COLOURS: Final = ("#3b82f6", "#f97316", "#10b981", "#a855f7", "#eab308", "#ec4899", "#06b6d4", "#84cc16")
"""Of the labels; later ones begin again. The first two are told apart by the colour-blind, too."""
_VOTES_SHOWN: Final = 4

_STYLE: Final = """<style>
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); gap: 1rem; }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .9rem; overflow-wrap: anywhere; }
.card h3 { margin: 0 0 .3rem; font-size: 1rem; }
.card svg text, .all text { fill: currentColor; font: 12px system-ui, sans-serif; }
.card ol { margin: .3rem 0 0; padding-left: 1.3rem; }
.card small { opacity: .75; }
</style>"""


def write_filters_page(path: Path, model: str, gallery: Gallery) -> None:
    """Write the page."""
    title = f"{model}: what its filters learnt"
    write_page(path, title, "\n".join(_body(title, gallery)))


def _body(title: str, gallery: Gallery) -> Iterator[str]:
    labels = list(gallery.filters[0].votes)
    colours = {label: _COLOURS[index % len(_COLOURS)] for index, label in enumerate(labels)}
    yield _STYLE
    yield f"<h1>{escape(title)}</h1>"
    for sentence in gallery.sentences():
        yield f'<p class="note">{escape(sentence)}</p>'
    keys = " ".join(
        f'<span style="color:{colour}">■</span> {escape(label)}' for label, colour in colours.items()
    )
    measure = "mean activation" if gallery.texts else "largest activation"
    overview = f"<p>Vote times {measure}, by the label that a filter votes for: {keys}</p>"
    yield section("All filters", overview + _overview(gallery, colours))
    cards = "\n".join(_card(each, colours) for each in gallery.filters)
    yield section("One by one", f'<div class="cards">{cards}</div>')


def _overview(gallery: Gallery, colours: dict[str, str]) -> str:
    """A bar for each filter, as high as it moves its label."""
    largest = max(each.weight for each in gallery.filters) or 1
    width, height = 960, 160
    step = width / len(gallery.filters)
    bars = []
    for index, each in enumerate(gallery.filters):
        high = max(each.weight / largest * (height - 10), 0.5)
        tip = f"{each.name} for {each.label}: {' '.join(each.best.tokens)}"
        bars.append(
            f'<a href="#f{each.name}"><rect x="{index * step:.1f}" y="{height - high:.1f}" '
            f'width="{step * 0.85:.2f}" height="{high:.1f}" fill="{colours[each.label]}">'
            f"<title>{escape(tip)}</title></rect></a>"
        )
    return (
        f'<svg class="all" viewBox="0 0 {width} {height}" role="img" aria-label="Filters by what they move">'
        f"{''.join(bars)}</svg>"
    )


def _card(each: Filter, colours: dict[str, str]) -> str:
    marks = "".join(
        f" <small>{mark}</small>"
        for mark, applies in (("dead", each.dead), ("duplicate", each.duplicate_of is not None))
        if applies
    )
    fires = "" if each.fires is None else f"<p><small>fires in {each.fires:.1%} of the texts</small></p>"
    return (
        f'<article class="card" id="f{each.name}" style="border-top: 3px solid {colours[each.label]}">'
        f"<h3>{each.name}{marks}</h3>{_votes(each)}{_picture(each, colours[each.label])}"
        f"{_firing(each.firing)}{fires}</article>"
    )


def _votes(each: Filter) -> str:
    strongest = sorted(each.votes.items(), key=lambda vote: -abs(vote[1]))[:_VOTES_SHOWN]
    return "<small>" + ", ".join(f"{escape(label)} {value:+.3f}" for label, value in strongest) + "</small>"


def _picture(each: Filter, colour: str) -> str:
    """The best n-gram, a bar at each token for what it adds, and the bias below."""
    rows = [*zip(each.best.tokens, each.addends, strict=True), ("bias", each.bias)]
    largest = max(abs(value) for _, value in rows) or 1
    lines = []
    for index, (name, value) in enumerate(rows):
        y = 18 * index
        long = abs(value) / largest * 110
        faint = "" if value > 0 else ' opacity=".45"'
        lines.append(
            f'<text x="128" y="{y + 13}" text-anchor="end">{escape(_short(name))}'
            f"<title>{escape(name)}</title></text>"
            f'<rect x="134" y="{y + 3}" width="{long:.1f}" height="12" fill="{colour}"{faint}/>'
            f'<text x="{138 + long:.1f}" y="{y + 13}">{value:+.2f}</text>'
        )
    label = f"Upper bound {each.best.activation:.2f}: {' '.join(each.best.tokens)}"
    box = f"0 0 300 {18 * len(rows)}"
    return (
        f'<svg viewBox="{box}" role="img" aria-label="{escape(label)}">{"".join(lines)}</svg>'
        f"<small>upper bound {each.best.activation:.2f}</small>"
    )


def _firing(n_grams: Sequence[FiringNGram]) -> str:
    items = "".join(
        f"<li>{escape(' '.join(each.tokens))} <small>{each.activation:.2f}</small></li>" for each in n_grams
    )
    return f"<ol>{items}</ol>" if items else ""


def _short(token: str) -> str:
    return token if len(token) <= 17 else f"{token[:16]}…"
