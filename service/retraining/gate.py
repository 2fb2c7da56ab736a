"""The gate: decides, on rows that neither was trained on, whether a new version may replace the live one.

Rows are compared in parts, those kept from earlier trainings and those just given, since a gain on one must
not hide a loss on the other. On each part the new version must be as good as the old one up to `MARGIN` of
macro-F1, with 95 % confidence; no label's recall may collapse; and its scores must be calibrated. New rows
that are far harder than the kept ones, and on which nothing is gained, are taken for wrongly labelled. It is
NumPy alone, so it runs where PyTorch is not installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from textcnn.evaluation.metrics import LabelCounts, Reliability
from textcnn.service.retraining.paired_difference import Paired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from textcnn.service.retraining.retrain_request import Policy

    Booleans = NDArray[np.bool_]
    Floats = NDArray[np.float64]

Verdict = Literal["better", "rejected", "too few rows"]

KEPT: Final = "kept"
NEW: Final = "new"
"""The names of the parts: rows of earlier trainings, and rows just given."""

MARGIN: Final = 0.01
"""The most that macro-F1 may be lower, at the lower bound of the 95 % interval of the difference."""
FEWEST_ROWS: Final = 200
"""With fewer rows to compare on, all parts together, nothing can be said with confidence."""
COLLAPSE: Final = 0.15
"""A label's recall may not fall by more than this, where the fall is certain."""
CALIBRATION: Final = 0.05
"""The largest calibration error that always passes: rows with wrong labels make a model unsure."""
WORSE_CALIBRATION: Final = 0.02
"""The most that a calibration error beyond that may exceed the old version's."""
UNLEARNED: Final = 0.10
"""The most that macro-F1 on new rows may be below that on kept ones, where nothing is gained on them."""


@dataclass(frozen=True)
class Judged:
    """One version on N rows: the labels it gives (N x L), and how reliable its scores are."""

    given: Booleans
    reliability: Reliability
    known: Booleans
    """The ones among the L labels that it can give at all."""


@dataclass(frozen=True)
class GatePart:
    """Rows of one kind, and each version judged on them; `old` is None for a model's first version."""

    name: str
    truth: Booleans
    """N x L."""
    new: Judged
    old: Judged | None


@dataclass(frozen=True)
class Label:
    """One label on one part."""

    label: str
    rows: int
    new_recall: float
    new_f1: float
    old_recall: float | None = None
    """None where there is no old version, or it does not know the label."""
    old_f1: float | None = None


@dataclass(frozen=True)
class Comparison:
    """The figures of one part."""

    part: str
    rows: int
    new_macro_f1: float
    new_ece: float
    labels: tuple[Label, ...]
    old_macro_f1: float | None = None
    old_ece: float | None = None
    difference: float | None = None
    """New less old macro-F1, over the labels and the rows that both know."""
    interval: tuple[float, float] | None = None
    """Its 95 % interval, from a paired bootstrap."""


@dataclass(frozen=True)
class Decision:
    """The decision whether the new version goes live, with its grounds."""

    verdict: Verdict
    promote: bool
    """Whether the policy lets it go live."""
    policy: Policy
    old: str | None
    """The version compared with; None for a model's first version."""
    reasons: tuple[str, ...]
    """The objections to it; empty where there are none."""
    notes: tuple[str, ...]
    """Other remarks, such as on new labels."""
    parts: tuple[Comparison, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "verdict": self.verdict,
            "promote": self.promote,
            "policy": self.policy,
            "old": self.old,
            "reasons": list(self.reasons),
            "notes": list(self.notes),
            "parts": [_part_to_dict(part) for part in self.parts],
        }

    def sentence(self) -> str:
        """The verdict for people."""
        goes = "goes live" if self.promote else "does not go live"
        why = f": {' '.join(self.reasons)}" if self.reasons else "."
        return f"{self.verdict.capitalize()}; the new version {goes} (promote={self.policy}){why}"


def decide(
    labels: Sequence[str], parts: Sequence[GatePart], *, policy: Policy = "if-better", old: str | None = None
) -> Decision:
    """Decide on a new version by the parts that have rows.

    Without an old version, the first one must be better than giving every text the commonest labels.
    """
    parts = [part for part in parts if len(part.truth)]
    rows = sum(len(part.truth) for part in parts)
    comparisons = tuple(_compare(labels, part) for part in parts)
    reasons = [reason for part in parts for reason in _objections(labels, part)]
    reasons += [*_missing(labels, parts), *_unlearned(parts)]
    notes = _notes(labels, parts)
    verdict: Verdict = "rejected" if reasons else "better"
    if rows < FEWEST_ROWS:
        shortage = f"Only {rows} rows to compare on; {FEWEST_ROWS} are needed to be sure."
        if old is None and rows:
            notes.append(shortage)  # there is nothing live that it could make worse
        else:
            reasons.append(shortage)
            verdict = "too few rows" if verdict == "better" else verdict
    promote = policy == "always" or (policy == "if-better" and verdict == "better")
    return Decision(verdict, promote, policy, old, tuple(reasons), tuple(notes), comparisons)


def _compare(labels: Sequence[str], part: GatePart) -> Comparison:
    new = LabelCounts.of_sets(part.truth, part.new.given)
    old_figures: dict[str, Any] = {}
    if part.old is not None:
        paired = _paired(part)
        difference = paired.difference()
        old_figures = {
            "old_macro_f1": paired.old_macro_f1(),
            "old_ece": part.old.reliability.ece,
            "difference": difference,
            "interval": paired.interval(),
        }
        new_macro_f1 = paired.new_macro_f1()
    else:
        new_macro_f1 = Paired(part.truth, part.new.given, part.new.given).new_macro_f1()
    return Comparison(
        part.name,
        len(part.truth),
        new_macro_f1,
        part.new.reliability.ece,
        _labels(labels, part, new),
        **old_figures,
    )


def _labels(labels: Sequence[str], part: GatePart, new: LabelCounts) -> tuple[Label, ...]:
    old = None if part.old is None else LabelCounts.of_sets(part.truth, part.old.given)
    result = []
    for index in np.flatnonzero(new.support).tolist():
        old_figures: dict[str, float] = {}
        if old is not None and part.old is not None and part.old.known[index]:
            old_figures = {"old_recall": float(old.recall[index]), "old_f1": float(old.f1[index])}
        rows, recall, f1 = int(new.support[index]), float(new.recall[index]), float(new.f1[index])
        result.append(Label(labels[index], rows, recall, f1, **old_figures))
    return tuple(result)


def _paired(part: GatePart) -> Paired:
    """Both versions on the rows and labels that the old one knows: it cannot be blamed for new labels."""
    if part.old is None:
        raise ValueError("there is no old version to compare with")
    rows = ~(part.truth & ~part.old.known).any(axis=1)  # N x L -> N
    known = part.old.known
    return Paired(part.truth[rows][:, known], part.old.given[rows][:, known], part.new.given[rows][:, known])


def _objections(labels: Sequence[str], part: GatePart) -> list[str]:
    """The objections to the new version on one part."""
    if part.old is None:
        return _first_objections(part)
    paired, reasons = _paired(part), []
    lowest = paired.interval()[0]
    if paired.rows and lowest < -MARGIN:
        reasons.append(
            f"On the {part.name} rows macro-F1 may be lower by {-100 * lowest:.1f} points; at most "
            f"{100 * MARGIN:.0f} is let through (difference {100 * paired.difference():+.1f})."
        )
    names = [label for label, known in zip(labels, part.old.known, strict=True) if known]
    reasons += [
        f"On the {part.name} rows the recall of '{names[index][:40]}' falls by {100 * fall:.0f} points."
        for index, fall in paired.collapses(COLLAPSE)
    ]
    allowed = max(CALIBRATION, part.old.reliability.ece + WORSE_CALIBRATION)
    return [*reasons, *_badly_calibrated(part, allowed)]


def _unlearned(parts: Sequence[GatePart]) -> list[str]:
    """The objection that new rows, where there are kept ones too, contradict these and teach nothing."""
    by_name = {part.name: part for part in parts if part.old is not None}
    if set(by_name) != {KEPT, NEW}:
        return []
    kept, new = _paired(by_name[KEPT]), _paired(by_name[NEW])
    chance = 1 / np.sqrt(max(new.rows, 1))  # two standard deviations of a share, at most
    gap = kept.new_macro_f1() - new.new_macro_f1()
    if gap <= UNLEARNED + chance or new.interval()[0] > 0:
        return []
    return [
        f"Macro-F1 on the new rows is {100 * gap:.0f} points below that on the kept ones, and no better "
        "than before: their labels may be wrong. `textcnn audit` names the rows to look at."
    ]


def _first_objections(part: GatePart) -> list[str]:
    """The objections to a model's first version: that a constant answer would be as good."""
    share = part.truth.mean(axis=0)  # N x L -> L
    constant = np.zeros_like(part.truth)
    if (part.truth.sum(axis=1) == 1).all():
        constant[:, share.argmax()] = True
    else:
        constant[:, share >= 0.5] = True
    reasons = []
    if Paired(part.truth, constant, part.new.given).difference() <= 0:
        reasons.append(f"On the {part.name} rows it is no better than always giving the commonest label.")
    return [*reasons, *_badly_calibrated(part, CALIBRATION)]


def _badly_calibrated(part: GatePart, allowed: float) -> list[str]:
    ece = part.new.reliability.ece
    # A share seen in n rows is off by up to 0.5 / sqrt(n), its standard deviation, however good the scores.
    chance = 0.5 / np.sqrt(max(len(part.truth), 1))
    if ece <= allowed + chance:
        return []
    return [f"On the {part.name} rows the calibration error is {ece:.3f}; {allowed:.3f} is let through."]


def _missing(labels: Sequence[str], parts: Sequence[GatePart]) -> list[str]:
    lost = _known(parts, new=False) & ~_known(parts, new=True)
    names = ", ".join(f"'{labels[index][:40]}'" for index in np.flatnonzero(lost).tolist())
    return [f"The new version does not know the labels {names}, which the live one gives."] if names else []


def _notes(labels: Sequence[str], parts: Sequence[GatePart]) -> list[str]:
    notes = [
        f"Only {len(part.truth)} {part.name} rows to compare on: their interval is wide."
        for part in parts
        if len(part.truth) < FEWEST_ROWS
    ]
    added = _known(parts, new=True) & ~_known(parts, new=False)
    if added.any() and any(part.old is not None for part in parts):
        names = ", ".join(f"'{labels[index][:40]}'" for index in np.flatnonzero(added).tolist())
        notes.append(f"New labels: {names}. They are shown, and left out of the comparison.")
    return notes


def _known(parts: Sequence[GatePart], *, new: bool) -> Booleans:
    """The labels that a version knows (L); none where there is no such version."""
    for part in parts:
        judged = part.new if new else part.old
        if judged is not None:
            return judged.known
    return np.zeros(len(parts[0].new.known) if parts else 0, dtype=np.bool_)


def _part_to_dict(part: Comparison) -> dict[str, Any]:
    figures = {
        key: getattr(part, key) for key in ("part", "rows", "new_macro_f1", "old_macro_f1", "difference")
    }
    figures["interval"] = None if part.interval is None else list(part.interval)
    figures |= {"new_ece": part.new_ece, "old_ece": part.old_ece}
    figures["labels"] = {
        label.label: {
            "rows": label.rows,
            "new_recall": label.new_recall,
            "old_recall": label.old_recall,
            "new_f1": label.new_f1,
            "old_f1": label.old_f1,
        }
        for label in part.labels
    }
    return figures
