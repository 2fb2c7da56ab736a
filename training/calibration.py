"""Calibration: the temperature and thresholds that make scores decisions, fitted on validation rows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from textcnn.config import ModelConfig
from textcnn.engine.engine import Engine
from textcnn.prediction import probabilities
from textcnn.training.data.corpus_tokenizer import encode
from textcnn.training.fitting.objective import target_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textcnn.network.network import TextCNN
    from textcnn.network.weights import Weights
    from textcnn.recipe import Recipe
    from textcnn.tokens.tokenizer import Tokenizer
    from textcnn.training.data.corpus import Corpus

_COLDEST, _WARMEST = 0.05, 20.0
"""Bounds of the search; no validation part of a sensible size comes near them."""
_GOLDEN = (5**0.5 - 1) / 2
COMMON_ROWS: Final = 30.0
"""Rows of a label that choose its own threshold as much as all labels together do
(benchmarks/thresholds.py)."""


def calibrate(
    recipe: Recipe,
    network: TextCNN,
    weights: Weights,
    tokenizer: Tokenizer,
    corpus: Corpus,
) -> ModelConfig:
    """Make the model's configuration, with temperature and thresholds from the engine's validation logits."""
    rows = corpus.validation[:]
    truth = target_array(rows["labels"], len(corpus.labels), multi_label=corpus.multi_label)
    logits = Engine(network.config, weights).logits(encode(rows["text"], tokenizer))
    temperature = 1.0
    if recipe.calibrate:
        temperature = fit_temperature(logits, truth, multi_label=corpus.multi_label)
    return ModelConfig(
        labels=corpus.labels,
        network=network.config,
        multi_label=corpus.multi_label,
        temperature=temperature,
        thresholds=fit_thresholds(logits, truth, temperature) if corpus.multi_label else (),
        unknown_below=recipe.unknown_below,
        embedding_storage=recipe.embedding_storage,
    )


def fit_temperature(logits: NDArray[np.float32], truth: NDArray[np.int64], *, multi_label: bool) -> float:
    """The temperature that makes the truth most likely, from 0.05 to 20.

    `logits` is rows x L; `truth` holds label indices (rows), or zeros and ones (rows x L). The negative log
    likelihood has one minimum along the temperature's logarithm, which a golden-section search finds. As if
    there were one more row, whose outcome may be any, so that rows that are all right do not make scores
    certain.

    Sources: C. Guo et al., On Calibration of Modern Neural Networks, ICML 2017, section 4.2; J. Platt,
    Probabilistic Outputs for Support Vector Machines, 1999, section 2.2, for adding some.
    """
    low, high = np.log(_COLDEST), np.log(_WARMEST)
    while high - low > 1e-4:
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if _loss(logits, truth, np.exp(left), multi_label) < _loss(logits, truth, np.exp(right), multi_label):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def fit_thresholds(
    logits: NDArray[np.float32],
    truth: NDArray[np.int64],
    temperature: float,
    *,
    common_rows: float = COMMON_ROWS,
) -> tuple[float, ...]:
    """For each label (L) a score from which it is given, from rows x L zeros and ones.

    That with the label's best F1, drawn towards the one with the best F1 of all labels together: as if that
    had been chosen by `common_rows` rows of the label, and its own by the rows there are, less one. So few
    rows decide little, and one row decides nothing. Means are those of the thresholds' logits. Without any
    row of any label it is 0.5.

    Source: B. Efron and C. Morris, Stein's Estimation Rule and Its Competitors, 1973, for the drawing.
    """
    scores = probabilities(logits, multi_label=True, temperature=temperature)  # rows x L
    common = _logit(_best_threshold(scores.ravel(), truth.ravel()))
    counts = np.maximum(truth.sum(axis=0) - 1, 0)
    trust = counts / (counts + common_rows)
    mixed = common + trust * (_logit(own_thresholds(scores, truth)) - common)
    return tuple((1 / (1 + np.exp(-mixed))).tolist())


def own_thresholds(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """For each label (L) the score from which giving it has the best F1 on rows x L; 0.5 without a row."""
    return np.array([_best_threshold(scores[:, label], truth[:, label]) for label in range(truth.shape[1])])


def _logit(share: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.asarray(np.log(share) - np.log1p(-np.asarray(share)))


def _best_threshold(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    if not truth.any():
        return 0.5
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    hits = np.cumsum(truth[order])  # right ones when the first k rows are given the label
    f1 = 2 * hits / (np.arange(1, len(ranked) + 1) + truth.sum())
    f1[:-1][ranked[:-1] == ranked[1:]] = -1  # no threshold lies between equal scores
    best = int(f1.argmax())
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float(np.clip((ranked[best] + below) / 2, 1e-6, 1 - 1e-6))


def _loss(
    logits: NDArray[np.float32], truth: NDArray[np.int64], temperature: float, multi_label: bool
) -> float:
    """Negative log likelihood of the truth, summed, and of the added row, a share of it for each outcome."""
    scaled = logits.astype(np.float64) / temperature
    if multi_label:
        losses = np.logaddexp(0, scaled) - truth * scaled
        opposite = np.logaddexp(0, scaled) - (1 - truth) * scaled
        return float(losses.sum() + (losses + opposite).mean(axis=0).sum() / 2)
    totals = np.logaddexp.reduce(scaled, axis=1)
    right = totals - scaled[np.arange(len(truth)), truth]
    anything = totals[:, None] - scaled  # rows x L: as if each label were the truth
    return float(right.sum() + anything.mean())
