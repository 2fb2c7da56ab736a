"""The text and the label among the columns of a file, by their names and their first values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from textcnn.reading.guessing.column_names import is_sure_label, is_sure_text, pair_of
from textcnn.reading.guessing.column_scores import label_score, may_return, text_score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textcnn.reading.guessing.column_profile import ColumnProfile

    Profile = Callable[[str], ColumnProfile]

T = TypeVar("T")

CLOSE: Final = 0.8
"""The share of the best score from which another reading is as likely."""
_MOST_CANDIDATES: Final = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to read the columns."""

    text: tuple[str, ...]
    label: str | None
    score: float


def choose(
    names: Sequence[str],
    profile: Profile,
    *,
    text: tuple[str, ...] = (),
    label: str | None = None,
    labelled: bool = True,
) -> list[Choice]:
    """Every way to read the columns that is as likely as the best one, which stands first.

    `text` and `label` are settled already. Gives nothing where no column could be the one or the other.
    """
    label = label or (_only(names, is_sure_label, text) if labelled else None)
    text = text or _sure_text(names, label)
    if text and (label or not labelled):
        return [Choice(text, label, 1)]
    texts = [(text, 1.0)] if text else _texts(names, profile, label)
    labels: list[tuple[str | None, float]] = [(label, 1.0)]
    if label is None and labelled:
        labels = _labels(names, profile, text)
    pairs = [
        Choice(one, other, score * by) for one, score in texts for other, by in labels if other not in one
    ]
    pairs.sort(key=lambda each: -each.score)
    return [each for each in pairs if each.score >= CLOSE * pairs[0].score]


def lacks(names: Sequence[str], profile: Profile, role: Literal["text", "label"]) -> dict[str, str]:
    """Why columns are not the text, or the label, as it goes on after each name; none of those that fit."""
    alone = len(names) == 1
    reasons = {
        name: (text_score(profile(name)) if role == "text" else label_score(profile(name), alone=alone)).lack
        for name in names
    }
    return {name: reason for name, reason in reasons.items() if reason}


def _only(names: Sequence[str], is_sure: Callable[[str], bool], taken: Iterable[str]) -> str | None:
    """The one column whose name leaves no doubt."""
    sure = [name for name in names if is_sure(name) and name not in taken]
    return sure[0] if len(sure) == 1 else None


def _sure_text(names: Sequence[str], label: str | None) -> tuple[str, ...]:
    sure = _only(names, is_sure_text, [label or ""])
    return pair_of(tuple(names)) if sure is None else (sure,)


def _texts(names: Sequence[str], profile: Profile, label: str | None) -> list[tuple[tuple[str, ...], float]]:
    names = [name for name in names if name != label]
    return _best(((name,), text_score(profile(name)).value) for name in names)


def _labels(names: Sequence[str], profile: Profile, text: tuple[str, ...]) -> list[tuple[str | None, float]]:
    others = [name for name in names if name not in text]
    alone = len(others) - (not text) <= 1 or sum(may_return(profile(name)) for name in others) == 1
    return _best([(name, label_score(profile(name), alone=alone).value) for name in others])


def _best(scored: Iterable[tuple[T, float]]) -> list[tuple[T, float]]:
    return sorted((each for each in scored if each[1] > 0), key=lambda each: -each[1])[:_MOST_CANDIDATES]
