"""Why a text got its label: each logit split exactly into what the text's n-grams add to it.

    >>> explanation = TextClassifier.load("sentiment").explain("A dull and lifeless film.")
    >>> explanation.supporting("negative")[0].text
    'A dull and lifeless'

No sampling and no gradients: max-over-time pooling names the n-gram that each filter fired at, and a logit is
a sum over filters (`textcnn.evidence.logit_shares`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from textcnn.config import UNKNOWN_ID
from textcnn.evidence.logit_shares import Shares, share_over_spans
from textcnn.prediction import Detail, to_predictions
from textcnn.tokens.surrogates import without_surrogates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.config import ModelConfig
    from textcnn.engine.engine import Engine
    from textcnn.prediction import Prediction
    from textcnn.tokens.tokenizer import Tokenizer

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
    """A prediction and its reasons. N-grams are made when they are asked for."""

    text: str
    detail: Detail
    shares: Shares
    token_spans: Sequence[Sequence[int]]
    """Where each token stands in the text, in code points: its first, and one past its last."""

    @property
    def prediction(self) -> Prediction:
        """The same as `classify` gives of the text."""
        return self.detail.prediction

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
        return dict(zip(self.labels, self.detail.logits, strict=True))

    @cached_property
    def bias(self) -> dict[str, float]:
        """The part of each logit that no n-gram adds."""
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
        return self._n_grams(values, _largest([-value for value in values]))

    def between(self, label: str | None, other: str | None) -> list[NGram]:
        """The n-grams that favour a label over another, the strongest first; None stands for a logit of 0."""
        values = [0.0] * len(self.shares.values)
        for name, sign in ((label, 1), (other, -1)):
            if name is not None:
                values = [value + sign * own for value, own in zip(values, self._values(name), strict=True)]
        return self._n_grams(values, _largest(values))

    def deciding(self, limit: int = DECIDING) -> list[NGram]:
        """The strongest n-grams in favour of the best label, none of which shares a token with another."""
        return apart(self.supporting(self.best), limit)

    def summary(self, limit: int = STRONGEST) -> dict[str, Any]:
        """The best label's strongest n-grams, for or against, and `rest`, as plain JSON values.

        `logit` is the sum of `bias`, the contributions and `rest`, which stands for all weaker n-grams.
        """
        best = self.best
        values = self._values(best)
        order = _largest([abs(value) for value in values])
        return {
            "label": best,
            "logit": self.logits[best],
            "bias": self.bias[best],
            "items": [each.to_dict() for each in self._n_grams(values, order[:limit])],
            "rest": sum((values[each] for each in order[limit:]), 0.0),
        }

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain JSON values."""
        return {
            **self.prediction.to_dict(),
            "logits": self.logits,
            "bias": self.bias,
            "evidence": {label: [each.to_dict() for each in items] for label, items in self.evidence.items()},
        }

    def _values(self, label: str) -> list[float]:
        """The addend of each span. A list: there are few, and NumPy's calls take longer than sorting them."""
        values: list[float] = self.shares.values[:, self.labels.index(label)].tolist()
        return values

    def _n_grams(self, values: Sequence[float], chosen: Sequence[int]) -> list[NGram]:
        """The n-grams of the chosen spans, in their order."""
        spans, tokens, text = self._spans, self.token_spans, self.text
        n_grams = []
        for each in chosen:
            # Most tokenizers give tokens in the text's order; pieces of one character may not be in it.
            covered = tokens[slice(*spans[each])]
            start, end = min(start for start, _ in covered), max(end for _, end in covered)
            n_grams.append(NGram(text[start:end], start, end, values[each]))
        return n_grams

    @cached_property
    def _spans(self) -> list[list[int]]:
        spans: list[list[int]] = self.shares.spans.tolist()
        return spans


def explain(text: str, config: ModelConfig, tokenizer: Tokenizer, engine: Engine) -> Explanation:
    """Label a text with a model's parts, and say why; the prediction is that of `classify`."""
    ids, spans = tokenizer.spans(text)
    shares = share_over_spans(engine, ids)
    prediction = to_predictions(shares.logits[None], config)[0]
    unknown = int(np.count_nonzero(ids == UNKNOWN_ID))
    detail = Detail(prediction, shares.logits.tolist(), len(ids), unknown)
    return Explanation(text, detail, shares, spans.tolist())


def apart(n_grams: list[NGram], limit: int) -> list[NGram]:
    """The first n-grams of a list without overlaps: those that overlap earlier ones are left out."""
    chosen: list[NGram] = []
    for each in n_grams:
        if len(chosen) < limit and all(each.end <= one.start or one.end <= each.start for one in chosen):
            chosen.append(each)
    return chosen


def _largest(values: list[float]) -> list[int]:
    """The places of the values above 0, the largest first."""
    return sorted(
        (place for place, value in enumerate(values) if value > 0), key=values.__getitem__, reverse=True
    )
