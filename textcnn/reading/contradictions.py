"""Rows whose text stands under different labels: at most one of these can be right.

settled = settle_contradictions(rows)         # settled.rows are to be trained on, settled.left_out are not
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from textcnn.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.reading.rows import Row

Contradictions = Literal["drop", "majority"]
"""Leave all such rows out, or those that differ from the labels that most rows of the text have."""
MOST_SHARE: Final = 0.05
"""Of a corpus' rows: with more of them left out, somebody has to say that it is meant."""


@dataclass(frozen=True, slots=True)
class SettledRows:
    """Rows of which no two give a text different labels, and those that were left out for that."""

    rows: list[Row]
    left_out: list[Row]


def settle_contradictions(rows: Sequence[Row], how: str = "drop") -> SettledRows:
    """Leave out rows whose very text stands under different labels; the others keep their order.

    With `majority`, the rows of the labels that most rows of a text have stay; of a draw, none does.

    Raises:
        ConfigError: `how` is none of `Contradictions`.
    """
    if how not in get_args(Contradictions):
        expected = " or ".join(get_args(Contradictions))
        raise ConfigError(f"contradictions is no known choice; expected {expected}.", field="contradictions")
    chosen = _chosen_labels(rows, how)
    left_out: list[Row] = []
    stay: list[Row] = []
    for row in rows:
        fits = row.text not in chosen or chosen[row.text] == frozenset(row.labels)
        (stay if fits else left_out).append(row)
    return SettledRows(stay, left_out)


def _chosen_labels(rows: Sequence[Row], how: str) -> dict[str, frozenset[str] | None]:
    """By text, of those under different labels: the labels that stay, or None."""
    counts: dict[str, Counter[frozenset[str]]] = defaultdict(Counter)
    for row in rows:
        counts[row.text][frozenset(row.labels)] += 1
    return {
        text: _majority(given) if how == "majority" else None
        for text, given in counts.items()
        if len(given) > 1
    }


def _majority(given: Counter[frozenset[str]]) -> frozenset[str] | None:
    (first, most), (_, next_most) = given.most_common(2)
    return first if most > next_most else None
