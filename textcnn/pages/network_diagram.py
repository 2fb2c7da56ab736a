"""A network drawn: its layers with shapes, parameters, FLOPs and receptive fields, as SVG or PNG.

The drawing is a list of boxes and lines; SVG is written from it as text, PNG needs matplotlib.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from textcnn.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.insight.layer_table import Layer, Summary

_WIDTH: Final = 190
_GAP: Final = 24
_LINE: Final = 17
_CELL: Final = 11
_MOST_CELLS: Final = 12
"""Of the strip that shows how many tokens a window sees."""
_BESIDE_EACH_OTHER: Final = ("convolution ", "batch norm ")
_INK, _PAPER, _EDGE, _SEEN = "#1f2937", "#f8fafc", "#94a3b8", "#3b82f6"


@dataclass(frozen=True, slots=True)
class Box:
    """A layer: its name, and what is known of it."""

    x: float
    y: float
    width: float
    name: str
    lines: tuple[str, ...]
    window: int | None
    """Tokens that one output sees, drawn as a strip; None draws none."""

    @property
    def height(self) -> float:
        """Of the name, the lines and the strip."""
        return _LINE * (1 + len(self.lines)) + 14 + (_CELL + 8 if self.window else 0)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes, and which flows into which."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[tuple[Box, Box], ...]
    width: float
    height: float


def draw_network(path: Path, summary: Summary, title: str) -> None:
    """Draw a network into a file, which is SVG or PNG by its name.

    Raises:
        ConfigError: the name ends in neither.
        MissingExtraError: PNG without matplotlib.
    """
    drawing = lay_out(summary, title)
    if path.suffix.lower() == ".svg":
        path.write_text(to_svg(drawing), encoding="utf-8", errors="replace")
    elif path.suffix.lower() == ".png":
        _write_png(path, drawing)
    else:
        raise ConfigError(f"{path} is neither an .svg nor a .png file; name one.", field="plot")


def lay_out(summary: Summary, title: str) -> Drawing:
    """Where each layer stands: widths beside each other, everything else one below the other."""
    rows = list(_rows(summary))
    columns = max(len(row) for row in rows)
    width = columns * _WIDTH + (columns + 1) * _GAP
    y, below = 64.0, list[Box]()
    boxes: list[Box] = []
    arrows: list[tuple[Box, Box]] = []
    for row in rows:
        left = (width - len(row) * _WIDTH - (len(row) - 1) * _GAP) / 2
        placed = [
            Box(left + index * (_WIDTH + _GAP), y, _WIDTH, layer.name, _lines(layer), _window(layer))
            for index, layer in enumerate(row)
        ]
        straight = len(placed) == len(below) > 1
        arrows += (
            zip(below, placed, strict=True) if straight else [(one, each) for one in below for each in placed]
        )
        boxes += placed
        below = placed
        y += max(box.height for box in placed) + 40
    return Drawing(title, tuple(boxes), tuple(arrows), width, y + 8)


def _rows(summary: Summary) -> Iterator[list[Layer]]:
    """The layers of each row; those of one kind and of several widths share one."""
    kinds: dict[str, list[Layer]] = {}
    for layer in summary.layers:
        kind = next((each for each in _BESIDE_EACH_OTHER if layer.name.startswith(each)), layer.name)
        kinds.setdefault(kind, []).append(layer)
    yield from kinds.values()


def _lines(layer: Layer) -> tuple[str, ...]:
    lines = [layer.output_shape]
    if layer.parameters:
        lines.append(f"{layer.parameters:,} parameters")
    if layer.flops_per_token:
        lines.append(f"{layer.flops_per_token:,} FLOPs a token")
    if layer.engine_flops_per_token:
        lines.append(f"{layer.engine_flops_per_token:,} in the engine")
    if layer.flops_per_text:
        lines.append(f"{layer.flops_per_text:,} FLOPs a text")
    seen = layer.receptive_field
    lines.append("sees the text" if seen is None else f"sees {seen} token{'s' * (seen > 1)}")
    return tuple(lines)


def _window(layer: Layer) -> int | None:
    return layer.receptive_field if layer.name.startswith(_BESIDE_EACH_OTHER) else None


def _facts(drawing: Drawing) -> str:
    return f"{drawing.title}, for a text of n tokens"


def _cells(box: Box) -> Iterator[tuple[float, float, bool]]:
    """Corners of the strip's cells, and whether the window sees each."""
    window = min(box.window or 0, _MOST_CELLS)
    count = min(window + 3, _MOST_CELLS)
    left = box.x + (box.width - count * (_CELL + 2)) / 2
    top = box.y + box.height - _CELL - 9
    return ((left + index * (_CELL + 2), top, 1 <= index <= window) for index in range(count))


def to_svg(drawing: Drawing) -> str:
    """The drawing as SVG, on paper of its own, so that it can be read wherever it is put."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawing.width:g} {drawing.height:g}" '
        f'width="{drawing.width:g}" height="{drawing.height:g}" font-family="system-ui, sans-serif" '
        f'font-size="12" role="img" aria-label="{escape(_facts(drawing))}">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{drawing.width / 2:g}" y="36" text-anchor="middle" font-size="16" fill="{_INK}">'
        f"{escape(_facts(drawing))}</text>",
        *(_svg_arrow(*arrow) for arrow in drawing.arrows),
        *(_svg_box(box) for box in drawing.boxes),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _svg_arrow(above: Box, below: Box) -> str:
    x1, y1, x2, y2 = _ends(above, below)
    return (
        f'<path d="M {x1:g} {y1:g} L {x2:g} {y2:g} m -4 -7 l 4 7 l 4 -7" stroke="{_EDGE}" '
        'stroke-width="1.5" fill="none"/>'
    )


def _ends(above: Box, below: Box) -> tuple[float, float, float, float]:
    return above.x + above.width / 2, above.y + above.height, below.x + below.width / 2, below.y - 2


def _svg_box(box: Box) -> str:
    middle = box.x + box.width / 2
    parts = [
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="8" '
        f'fill="{_PAPER}" stroke="{_EDGE}"/>'
    ]
    for index, line in enumerate((box.name, *box.lines)):
        weight = ' font-weight="600"' if index == 0 else ""
        parts.append(
            f'<text x="{middle:g}" y="{box.y + 20 + index * _LINE:g}" text-anchor="middle" '
            f'fill="{_INK}"{weight}>{escape(line)}</text>'
        )
    parts += (
        f'<rect x="{x:g}" y="{y:g}" width="{_CELL}" height="{_CELL}" stroke="{_EDGE}" '
        f'fill="{_SEEN if seen else "none"}"/>'
        for x, y, seen in (_cells(box) if box.window else ())
    )
    return "\n".join(parts)


def _write_png(path: Path, drawing: Drawing) -> None:
    """The same drawing by matplotlib, in units of SVG's pixels."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.patches import FancyBboxPatch, Rectangle
    except ImportError as error:
        raise MissingExtraError("A drawing as PNG", "train") from error
    figure = Figure(figsize=(drawing.width / 96, drawing.height / 96), dpi=192)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, drawing.width), ylim=(drawing.height, 0))
    axes.set_axis_off()
    axes.text(drawing.width / 2, 30, _facts(drawing), ha="center", va="center", size=12, color=_INK)
    for above, below in drawing.arrows:
        x1, y1, x2, y2 = _ends(above, below)
        axes.annotate("", (x2, y2), (x1, y1), arrowprops={"arrowstyle": "->", "color": _EDGE})
    for box in drawing.boxes:
        shape = "round,pad=0,rounding_size=8"
        axes.add_patch(
            FancyBboxPatch((box.x, box.y), box.width, box.height, shape, facecolor=_PAPER, edgecolor=_EDGE)
        )
        for index, line in enumerate((box.name, *box.lines)):
            weight = "bold" if index == 0 else "normal"
            place = (box.x + box.width / 2, box.y + 16 + index * _LINE)
            axes.text(*place, line, ha="center", va="center", size=9, weight=weight, color=_INK)
        for x, y, seen in _cells(box) if box.window else ():
            axes.add_patch(
                Rectangle((x, y), _CELL, _CELL, facecolor=_SEEN if seen else "none", edgecolor=_EDGE)
            )
    figure.savefig(path, format="png")
