"""How good decisions and scores are, from arrays of truths and predictions.

Everything is built from counts that add up over parts of a corpus (`LabelCounts`, `Reliability`, a confusion
matrix), so a corpus can be evaluated piece by piece. A ratio without a denominator is 0, and its interval is
everything from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Booleans = NDArray[np.bool_]

Interval = tuple[float, float]

CALIBRATION_BINS = 15
_Z = 1.959963984540054  # the normal distribution has 95 % within this many standard deviations
_DRAWS = 4000


def accuracy(truth: NDArray[np.generic], predicted: NDArray[np.generic]) -> float:
    """Share of texts that are wholly right, from 0 to 1; 0 of no texts.

    Single-label arrays hold one class per text (N). Multi-label arrays hold one boolean per text and label
    (N x L), and only a text whose labels are all right counts: this is subset accuracy.
    """
    right = exact_matches(truth, predicted)
    return float(right.mean()) if len(right) else 0.0


def macro_f1(truth: NDArray[np.generic], predicted: NDArray[np.generic]) -> float:
    """Mean F1 over the labels that are true or given at least once; arrays as for `accuracy`."""
    if np.ndim(truth) > 1:
        return LabelCounts.of_sets(truth, predicted).macro_f1
    known, classes = np.unique(np.concatenate([truth, predicted]), return_inverse=True)
    return LabelCounts.of_classes(classes[: len(truth)], classes[len(truth) :], len(known)).macro_f1


def exact_matches(truth: NDArray[np.generic], predicted: NDArray[np.generic]) -> Booleans:
    """Which texts (N) are wholly right; arrays as for `accuracy`."""
    same: Booleans = np.equal(truth, predicted)
    return same if same.ndim == 1 else np.asarray(same.all(axis=1))  # N x L -> N


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """For each label (L): how often it was given rightly, given wrongly, and missed."""

    hits: Integers
    """True positives."""
    false_alarms: Integers
    """False positives."""
    misses: Integers
    """False negatives."""

    @classmethod
    def of_classes(cls, truth: Integers, predicted: Integers, labels: int) -> LabelCounts:
        """Counts from one class per text (N), each below `labels`."""
        hits = np.bincount(truth[truth == predicted], minlength=labels)
        return cls(
            hits,
            np.bincount(predicted, minlength=labels) - hits,
            np.bincount(truth, minlength=labels) - hits,
        )

    @classmethod
    def of_sets(cls, truth: NDArray[np.generic], predicted: NDArray[np.generic]) -> LabelCounts:
        """Counts from one boolean, or 0 or 1, per text and label (N x L)."""
        true, given = truth.astype(np.bool_), predicted.astype(np.bool_)
        return cls((true & given).sum(axis=0), (~true & given).sum(axis=0), (true & ~given).sum(axis=0))

    def __add__(self, other: LabelCounts) -> LabelCounts:
        return LabelCounts(
            self.hits + other.hits, self.false_alarms + other.false_alarms, self.misses + other.misses
        )

    @property
    def support(self) -> Integers:
        """How many texts truly have each label (L)."""
        return self.hits + self.misses

    @property
    def precision(self) -> Floats:
        """How often each label (L) is right where it is given."""
        return _ratio(self.hits, self.hits + self.false_alarms)

    @property
    def recall(self) -> Floats:
        """How often each label (L) is given where it is right."""
        return _ratio(self.hits, self.support)

    @property
    def f1(self) -> Floats:
        """Harmonic mean of precision and recall of each label (L)."""
        return _ratio(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses)

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the labels that are true or given at least once.

        A label that a corpus does not have and that is never given says nothing about the model, so it does
        not count; a label given though the corpus does not have it counts as 0.
        """
        occurring = (self.hits + self.false_alarms + self.misses) > 0
        return float(self.f1[occurring].mean()) if occurring.any() else 0.0

    @property
    def micro_f1(self) -> float:
        """F1 of all decisions of all labels together; of one class per text it is the accuracy."""
        hits, wrong = int(self.hits.sum()), int(self.false_alarms.sum() + self.misses.sum())
        return 2 * hits / (2 * hits + wrong) if hits + wrong else 0.0

    def precision_intervals(self) -> Floats:
        """95 % intervals (L x 2) of the precision, by Wilson's score."""
        return wilson_intervals(self.hits, self.hits + self.false_alarms)

    def recall_intervals(self) -> Floats:
        """95 % intervals (L x 2) of the recall, by Wilson's score."""
        return wilson_intervals(self.hits, self.support)

    def f1_intervals(self, *, seed: int = 0) -> Floats:
        """95 % intervals (L x 2) of F1, by redrawing the confusion counts; the same seed, the same intervals.

        F1 depends on hits and errors alone. Their share is redrawn from its posterior with Jeffreys' prior
        (Goutte and Gaussier 2005, "A probabilistic interpretation of precision, recall and F-score"): a plain
        bootstrap of a label without an error would claim certainty, however few texts there were.
        """
        wrong = self.false_alarms + self.misses
        random = np.random.default_rng(seed)
        share = random.beta(self.hits + 0.5, wrong + 1.0, size=(_DRAWS, len(self.hits)))
        low, high = np.quantile(2 * share / (1 + share), [0.025, 0.975], axis=0)
        return np.stack([np.minimum(low, self.f1), np.maximum(high, self.f1)], axis=1)


def wilson_intervals(successes: Integers, trials: Integers) -> Floats:
    """95 % intervals (L x 2) of proportions (Wilson 1927), which hold near 0 and 1 and for few trials."""
    n = np.maximum(trials, 1)
    share = successes / n
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    bounds = np.stack([centre - half, centre + half], axis=-1)
    # Rounding must not push a bound past the share itself, which may be 0 or 1.
    bounds[..., 0] = np.where(trials > 0, np.clip(bounds[..., 0], 0, share), 0.0)
    bounds[..., 1] = np.where(trials > 0, np.clip(bounds[..., 1], share, 1), 1.0)
    return bounds


def wilson_interval(successes: int, trials: int) -> Interval:
    """The 95 % interval of one proportion."""
    low, high = wilson_intervals(np.array([successes]), np.array([trials]))[0]
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class Reliability:
    """Scores against what came true, in bins of equal width: the numbers of a reliability diagram.

    Each array has one number for each bin (15), from the lowest scores to the highest. The bin m of M holds
    the scores above (m-1)/M up to m/M; the first holds 0 too.
    """

    count: Integers
    score_sum: Floats
    right: Integers

    @classmethod
    def of(cls, scores: Floats, right: Booleans, *, bins: int = CALIBRATION_BINS) -> Reliability:
        """Bins of scores and of whether what they were given to came true; arrays of one shape.

        Single-label: the best score of each text, and whether its label is right. Multi-label: every score of
        every text, and whether the text has the label.
        """
        flat = np.asarray(scores, dtype=np.float64).ravel()
        index = np.clip(np.ceil(flat * bins).astype(np.int64) - 1, 0, bins - 1)
        return cls(
            np.bincount(index, minlength=bins).astype(np.int64),
            np.bincount(index, weights=flat, minlength=bins).astype(np.float64),
            np.bincount(index[np.asarray(right).ravel()], minlength=bins).astype(np.int64),
        )

    def __add__(self, other: Reliability) -> Reliability:
        return Reliability(
            self.count + other.count, self.score_sum + other.score_sum, self.right + other.right
        )

    @property
    def ece(self) -> float:
        """Expected calibration error (Guo et al. 2017): how far score and truth are apart, bin by bin."""
        return float(np.abs(self.score_sum - self.right).sum() / max(int(self.count.sum()), 1))

    def to_list(self) -> list[dict[str, float | int | None]]:
        """The bins as plain JSON values; mean score and share of right ones are None in an empty bin."""
        edges = np.linspace(0, 1, len(self.count) + 1)
        return [
            {
                "low": float(edges[index]),
                "high": float(edges[index + 1]),
                "count": int(count),
                "score": float(self.score_sum[index] / count) if count else None,
                "right": float(self.right[index] / count) if count else None,
            }
            for index, count in enumerate(self.count)
        ]


def _ratio(numerator: Integers, denominator: Integers) -> Floats:
    return np.asarray(numerator / np.maximum(denominator, 1), dtype=np.float64)
