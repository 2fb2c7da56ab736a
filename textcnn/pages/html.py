"""A page without scripts or network, and the parts it is made of.

Whatever is put into a part is escaped there: a label may be any string.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --blue: 59 130 246; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td.word { text-align: left; overflow-wrap: anywhere; min-width: 5.5rem; }
th { font-weight: 600; }
.wide { overflow-x: auto; }
.matrix td { background: rgb(var(--blue) / var(--share)); text-align: center; border: 1px solid var(--line); }
.range { position: relative; display: inline-block; width: 9rem; height: .7rem; background: var(--soft); }
.range i { position: absolute; top: .2rem; height: .3rem; background: rgb(var(--blue) / .6); }
.range b { position: absolute; top: 0; width: 2px; height: .7rem; background: currentColor; }
.note { opacity: .75; }
.drawn { white-space: pre-wrap; overflow-wrap: anywhere; }
mark { color: inherit; border-radius: .2rem; }
svg { width: 100%; height: auto; }
@media print {
  body { font-size: 10pt; max-width: none; margin: 0; }
  .wide { overflow: visible; }
  .range { width: 4rem; }
  h2 { break-after: avoid; }
  tr, figure { break-inside: avoid; }
}
"""


def write_page(path: Path, title: str, body: str) -> None:
    """Write a page; the title is text, the body HTML."""
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
    path.write_text(page, encoding="utf-8", errors="replace")


def section(title: str, content: str) -> str:
    """A titled part of the page; nothing where there is no content."""
    return f'<section>\n<h2>{title}</h2>\n<div class="wide">{content}</div>\n</section>' if content else ""


def figure(name: str, svg: str) -> str:
    """An SVG with a name for those who cannot see it."""
    return f'<figure role="img" aria-label="{name}">{svg}</figure>'


def table(head: Iterable[str], rows: Iterable[Sequence[str]], *, kind: str = "") -> str:
    """A table of cells that are HTML already; the head is plain text."""
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    top = f"<thead><tr>{names}</tr></thead>" if names else ""
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f'<table class="{kind}">{top}<tbody>\n{body}\n</tbody></table>'


def facts(values: Mapping[str, Any]) -> str:
    """Names and values; a mapping within is told in one cell."""
    rows = [(word(str(key).replace("_", " ")), word(_brief(value))) for key, value in values.items()]
    return table((), rows) if rows else ""


def word(text: str) -> str:
    """A cell of text, to the left."""
    return f'<td class="word">{escape(text)}</td>'


def cell(text: str) -> str:
    """A cell of a number, to the right."""
    return f"<td>{escape(text)}</td>"


def _brief(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_brief(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_brief, value))
    return "none" if value is None else str(value)
