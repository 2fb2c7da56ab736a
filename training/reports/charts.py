"""Learning curves, reliability diagrams and importances as SVG, to be put into an HTML page.

Text and axes take the page's own colour (`currentColor`), so that they can be read on light and on dark.
Only ASCII is drawn: most machines' fonts have no glyphs for a Chinese label, which belongs in the HTML.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

_INK = "#010203"  # no other thing has this colour, so it can be replaced in the finished SVG
# What a page has itself or must have once only: metadata, a style for everything, names of groups, fonts.
_NOT_FOR_PAGES = re.compile(
    r"<metadata>.*?</metadata>\s*|<defs>\s*<style.*?</style>\s*</defs>\s*"
    r"|(?<=<g) id=\"[^\"]*\"|font-family: [^;]*; ",
    re.DOTALL,
)
_BLUE, _ORANGE = "#3b82f6", "#f97316"  # told apart on light and dark, and by the colour-blind


def learning_curves(history: Sequence[Mapping[str, float]], best_epoch: int | None = None) -> str:
    """Loss of both parts and the validation score by epoch; a line marks the best epoch."""
    epochs = [epoch["epoch"] for epoch in history]
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    loss, score = figure.subplots(1, 2)
    for key, name, colour in (("loss", "training", _ORANGE), ("validation_loss", "validation", _BLUE)):
        loss.plot(epochs, [epoch[key] for epoch in history], "o-", color=colour, label=name)
    score.plot(epochs, [epoch["validation_score"] for epoch in history], "o-", color=_BLUE)
    for axes, title in ((loss, "loss"), (score, "validation score")):
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if best_epoch is not None:
            axes.axvline(best_epoch, color=_INK, linestyle=":", alpha=0.6)
    legend = loss.legend(frameon=False)
    return _svg(figure, "learning", [loss, score], [*legend.get_texts()])


def reliability_diagram(calibration: Mapping[str, Any]) -> str:
    """Share of right answers against score, at temperature 1 and as calibrated (Guo et al. 2017, figure 4).

    `calibration` is that part of `Evaluation.to_dict()`. Bars on the diagonal would be perfect; below them
    stands how many scores each bin holds.
    """
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    grid = figure.subplots(2, 2, sharex=True, sharey="row", height_ratios=(3, 1))
    parts = (("before calibration", "bins_before", "ece_before"), ("calibrated", "bins", "ece"))
    for column, (title, bins, ece) in enumerate(parts):
        diagram, histogram = grid[0][column], grid[1][column]
        diagram.set_title(f"{title}: calibration error {calibration[ece]:.3f}")
        _draw_bins(diagram, histogram, calibration[bins])
    grid[0][0].set_ylabel("share right")
    grid[1][0].set_ylabel("scores")
    return _svg(figure, "reliability", grid.ravel())


def importance_chart(importances: Mapping[str, float]) -> str:
    """A bar for each key of a recipe: its share in what moves the score, from 0 to 1; the largest on top."""
    names = sorted(importances, key=lambda name: importances[name])
    figure = Figure(figsize=(9, 0.6 + 0.35 * len(names)), layout="constrained")
    axes = figure.subplots()
    axes.barh(names, [importances[name] for name in names], color=_BLUE)
    axes.set_xlabel("importance")
    return _svg(figure, "importance", [axes])


def _draw_bins(diagram: Axes, histogram: Axes, bins: Sequence[Mapping[str, Any]]) -> None:
    left, width = [part["low"] for part in bins], [part["high"] - part["low"] for part in bins]
    right = [part["right"] or 0 for part in bins]
    diagram.bar(left, right, width, align="edge", color=_BLUE, alpha=0.75, edgecolor=_INK, linewidth=0.5)
    filled = [part for part in bins if part["count"]]
    diagram.plot(
        [part["score"] for part in filled],
        [part["right"] for part in filled],
        ".",
        color=_ORANGE,
        clip_on=False,
    )
    diagram.plot([0, 1], [0, 1], "--", color=_INK, linewidth=1, alpha=0.6)
    diagram.set_ylim(0, 1)
    histogram.bar(left, [part["count"] for part in bins], width, align="edge", color=_INK, alpha=0.4)
    histogram.set_xlim(0, 1)
    histogram.set_xlabel("score")


def _svg(figure: Figure, name: str, axes: Sequence[Axes], texts: Sequence[Any] = ()) -> str:
    """The figure as an SVG element; the same figure gives the same bytes."""
    for panel in axes:
        panel.patch.set_alpha(0)
        panel.tick_params(colors=_INK)
        for text in (panel.title, panel.xaxis.label, panel.yaxis.label, *texts):
            text.set_color(_INK)
        for side, spine in panel.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(_INK)
    out = io.StringIO()
    # What is left of ids comes from the salt: two figures in one page must not share them.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = out.getvalue()
    return _NOT_FOR_PAGES.sub("", svg[svg.index("<svg") :]).replace(_INK, "currentColor")
