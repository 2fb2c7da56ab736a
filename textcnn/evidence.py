"""Why a text got its label: each logit split exactly into what the text's n-grams add to it.

    >>> explanation = TextClassifier.load("sentiment").explain("Not good.")
    >>> explanation.supporting("negative")[0].text
    'Not good.'

No sampling and no gradients: max-over-time pooling names the n-gram that each filter fired at, and a logit is
a sum over filters (`textcnn.shares`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from textcnn.prediction import to_predictions
from textcnn.shares import Shares, share_over_spans
from textcnn.surrogates import without_surrogates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textcnn.classifier import TextClassifier
    from textcnn.prediction import Prediction

STRONGEST: Final = 10
"""N-grams that an answer over HTTP names."""
DECIDING: Final = 3
"""N-grams that a row of a labelled file names."""


class NGram(NamedTuple):
    """Neighbouring tokens of a text, and what they add to a label's logit."""

    text: str
    """The text from `start` to `end`, as it was given."""
    start: int
    """Its first code point in the text."""
    end: int
    """One past its last."""
    contribution: float
    """Of all filters together that fired at exactly these tokens; below 0 it speaks against the label."""

    def to_dict(self) -> dict[str, object]:
        """As plain JSON values."""
        text = without_surrogates(self.text)
        return {"text": text, "start": self.start, "end": self.end, "contribution": self.contribution}


@dataclass(frozen=True)
class Explanation:
    """What a model says about a text, and why. N-grams are made when they are asked for."""

    text: str
    prediction: Prediction
    shares: Shares
    token_spans: NDArray[np.int64]
    """n x 2: where each token stands in the text, in code points."""

    @property
    def label(self) -> str | None:
        """The prediction's; None where the model is not confident enough to name one."""
        return self.prediction.label

    @property
    def best(self) -> str:
        """The label with the highest score, also where the model names none."""
        return max(self.prediction.scores, key=self.prediction.scores.__getitem__)

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label, in the order of the scores."""
        return tuple(self.prediction.scores)

    @cached_property
    def logits(self) -> dict[str, float]:
        """The engine's logit of each label, before temperature."""
        return dict(zip(self.labels, self.shares.logits.tolist(), strict=True))

    @cached_property
    def bias(self) -> dict[str, float]:
        """What each logit has without any n-gram."""
        return dict(zip(self.labels, self.shares.bias.tolist(), strict=True))

    @cached_property
    def evidence(self) -> dict[str, list[NGram]]:
        """For each label all n-grams: those in its favour first, then those against it, the strongest first.

        With the bias their contributions sum to the logit.
        """
        return {label: [*self.supporting(label), *self.opposing(label)] for label in self.labels}

    def supporting(self, label: str) -> list[NGram]:
        """The n-grams in favour of a label, the strongest first."""
        return self.between(label, None)

    def opposing(self, label: str) -> list[NGram]:
        """The n-grams against a label, the strongest first."""
        values = self._values(label)
        return self._n_grams(values, values.argsort(kind="stable")[: np.count_nonzero(values < 0)])

    def between(self, label: str | None, other: str | None) -> list[NGram]:
        """The n-grams that favour a label over another, the strongest first; None stands for a logit of 0."""
        values = np.zeros(len(self.shares.values))
        for name, sign in ((label, 1), (other, -1)):
            if name is not None:
                values += sign * self._values(name)
        return self._n_grams(values, (-values).argsort(kind="stable")[: np.count_nonzero(values > 0)])

    def deciding(self, limit: int = DECIDING) -> list[NGram]:
        """The strongest n-grams in favour of the best label, none of which shares a token with another."""
        return apart(self.supporting(self.best), limit)

    def summary(self, limit: int = STRONGEST) -> dict[str, Any]:
        """The best label's strongest n-grams, for or against, and `rest`, as plain JSON values.

        `logit` is the sum of `bias`, the contributions and `rest`, which stands for all weaker n-grams.
        """
        best = self.best
        values = self._values(best)
        order = (-np.abs(values)).argsort(kind="stable")
        strongest = order[: min(limit, np.count_nonzero(values))]
        return {
            "label": best,
            "logit": self.logits[best],
            "bias": self.bias[best],
            "items": [each.to_dict() for each in self._n_grams(values, strongest)],
            "rest": float(values[order[limit:]].sum()),
        }

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain JSON values."""
        return {
            **self.prediction.to_dict(),
            "logits": self.logits,
            "bias": self.bias,
            "evidence": {label: [each.to_dict() for each in items] for label, items in self.evidence.items()},
        }

    def _values(self, label: str) -> NDArray[np.float64]:
        values: NDArray[np.float64] = self.shares.values[:, self.labels.index(label)]
        return values

    def _n_grams(self, values: NDArray[np.float64], chosen: NDArray[np.int64]) -> list[NGram]:
        """The n-grams of the chosen spans, in their order."""
        spans = self.shares.spans[chosen]
        starts = self.token_spans[spans[:, 0], 0].tolist()
        ends = self.token_spans[spans[:, 1] - 1, 1].tolist()
        places = zip(starts, ends, values[chosen].tolist(), strict=True)
        return [NGram(self.text[start:end], start, end, value) for start, end, value in places]


def explain(classifier: TextClassifier, text: str) -> Explanation:
    """What a model says about a text, and why; the prediction is that of `classify`."""
    ids, spans = classifier.tokenizer.spans(text)
    shares = share_over_spans(classifier.engine, ids)
    prediction = to_predictions(shares.logits[None], classifier.config)[0]
    return Explanation(text, prediction, shares, _in_order(spans))


def apart(n_grams: list[NGram], limit: int) -> list[NGram]:
    """The first n-grams of a list without overlaps: those that overlap earlier ones are left out."""
    chosen: list[NGram] = []
    for each in n_grams:
        if len(chosen) < limit and all(each.end <= one.start or one.end <= each.start for one in chosen):
            chosen.append(each)
    return chosen


def _in_order(spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """Spans (n x 2) that neither begin after a later one nor end before an earlier one.

    Most tokenizers give them so; pieces of one character, or marks that were reordered, may not be.
    """
    starts = np.minimum.accumulate(spans[::-1, 0])[::-1]
    return np.column_stack([starts, np.maximum.accumulate(spans[:, 1])])
