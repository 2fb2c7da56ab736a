"""A text's logits as sums over what it consists of: exactly, since pooling and dense layer are sums.

With max pooling a feature comes from one window, so each logit is a sum over filters, hence over windows:

    logit_c = b_c + sum_f D_cf h_f,        h_f = act( c_w[t*_f, f] + b_f ),  t*_f the window that won

With mean pooling a feature is a sum over windows already, h_f = sum_t act( c_w[t, f] + b_f ) / windows.

A window is a sum too, of what each of its tokens adds, so a feature splits further over the tokens of its
windows, m of which are no padding:

    a_j = T_w[x[t+j], j, f],    z = sum_j a_j + b_f,    token j gets  (a_j + b_f / m) act(z) / z

act(z) / z is 1 or 0 for relu, between 0 and 1 for tanh: nothing is ever divided by a small number. It is the
rescale rule of DeepLIFT (Shrikumar et al. 2017) for a reference of padding alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from textcnn.config import PAD_ID
from textcnn.network.activation import activate_array
from textcnn.tokens.token_batch import TokenBatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from textcnn.engine.engine import Engine

    Pieces = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
    """First token (P), width (P) and what is added to each logit (P x L) of windows."""


@dataclass(frozen=True, slots=True)
class Shares:
    """The logits of one text and what they are sums of: `bias` and the rows of `values`."""

    logits: NDArray[np.float32]
    """L, the engine's own, before temperature."""
    bias: NDArray[np.float64]
    """L: the dense layer's, and what windows of padding alone add."""
    spans: NDArray[np.int64]
    """K x 2: the first token and one past the last, padding left out; no span twice."""
    values: NDArray[np.float64]
    """K x L: what the windows of a span add to each logit."""


def share_over_spans(engine: Engine, ids: NDArray[np.int32]) -> Shares:
    """The logits of a text split over the spans of tokens that its windows cover."""
    if engine.config.pooling == "max":
        return _share_maxima(engine, ids)
    batch = TokenBatch.of([ids])
    firsts, widths, values = map(np.concatenate, zip(*_pieces(engine, batch), strict=True))
    spans, sums, padding = _room(len(firsts), values.shape[1])
    count = engine.kernels.sum_spans(firsts, widths, values, len(ids), spans, sums, padding)
    return Shares(engine.logits(batch)[0], engine.arrays.dense_bias + padding, spans[:count], sums[:count])


def _share_maxima(engine: Engine, ids: NDArray[np.int32]) -> Shares:
    """The same by one call."""
    outputs = engine.config.outputs
    logits = np.empty((1, outputs), dtype=np.float32)
    spans, sums, padding = _room(len(engine.arrays.bias), outputs)
    count = engine.kernels.split_maxima(ids, *engine.arrays, logits, spans, sums, padding)
    return Shares(logits[0], engine.arrays.dense_bias + padding, spans[:count], sums[:count])


def _room(count: int, outputs: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Empty arrays for `sum_spans` to fill."""
    return np.empty((count, 2), dtype=np.int64), np.empty((count, outputs)), np.empty(outputs)


def share_over_tokens(engine: Engine, ids: NDArray[np.int32], label: int) -> NDArray[np.float64]:
    """The share of each token (n) in a label's logit; with the bias of `share_over_spans` they sum to it."""
    by_token = np.zeros(len(ids) + 1)  # the last one is padding's
    for tokens, addends, bias, weights in _addends(engine, ids, label):
        inside = tokens < len(ids)  # P x w
        total = addends.sum(axis=1) + bias  # P
        active = activate_array(total, engine.arrays.activation)
        slope = np.divide(active, total, out=np.ones_like(total), where=total != 0)
        own = addends + (bias / np.maximum(inside.sum(axis=1), 1))[:, None]
        shares = np.where(inside, own * (slope * weights)[:, None], 0)
        by_token += np.bincount(tokens.ravel(), shares.ravel(), minlength=len(by_token))
    return by_token[:-1]


def winning_windows(
    engine: Engine, batch: TokenBatch
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """For each text and filter (texts x N): the largest z = c + b, the feature act(z), the window's place.

    A place is where the window begins, counted from the text's first token.
    """
    arrays, kernels = engine.arrays, engine.kernels
    maxima = np.empty((len(batch), len(arrays.bias)), dtype=arrays.table.dtype)
    places = np.empty(maxima.shape, dtype=np.int64)
    kernels.locate_maxima(batch.ids, batch.offsets, arrays.table, arrays.widths, maxima, places)
    features = np.empty(maxima.shape, dtype=np.float32)
    kernels.activate_maxima(maxima, arrays.scales, arrays.bias, arrays.activation, features)
    return maxima.astype(np.float32) * arrays.scales + arrays.bias, features, places


def dense_parts(engine: Engine) -> dict[str, NDArray[np.float32]]:
    """The dense layer (L x N each) of the features of each way of pooling."""
    count, dense = len(engine.arrays.bias), engine.arrays.dense
    return {way: dense[:, i * count : (i + 1) * count] for i, way in enumerate(engine.config.ways)}


def _pieces(engine: Engine, batch: TokenBatch) -> Iterator[Pieces]:
    """The addends of the logits by window, of the one text of a batch, for each way of pooling."""
    for way, dense in dense_parts(engine).items():
        yield _SHARING[way].pieces(engine, batch, dense)


def _addends(engine: Engine, ids: NDArray[np.int32], label: int) -> Iterator[tuple[NDArray[Any], ...]]:
    """For windows P: their tokens (P x w), what each adds (P x w), b (P) and the weight of act(z) (P).

    Of the maxima those that won, of all filters of a width; of the means all windows.
    """
    table, scales, bias = engine.arrays.table, engine.arrays.scales, engine.arrays.bias
    count, column = engine.config.bank, 0
    padded = np.append(ids, PAD_ID)
    places = winning_windows(engine, TokenBatch.of([ids]))[2][0]
    for index, width in enumerate(engine.config.widths):
        part = slice(index * count, (index + 1) * count)
        for way, dense in dense_parts(engine).items():
            filters, firsts, weights = _SHARING[way].weigh(dense[label, part], places[part], len(ids), width)
            tokens = firsts[:, None] + np.arange(width)  # P x w
            tokens = np.where((tokens >= 0) & (tokens < len(ids)), tokens, len(ids))
            columns = column + np.arange(width) * count + filters[:, None]
            addends = table[padded[tokens], columns] * scales[part][filters][:, None]
            yield tokens, addends.astype(np.float64), bias[part][filters].astype(np.float64), weights
        column += width * count


class _Sharing(NamedTuple):
    """How the features of one way of pooling are shared out over windows."""

    pieces: Callable[[Engine, TokenBatch, NDArray[np.float32]], Pieces]
    """Of a network, the one text of a batch, and the dense layer (L x N) of these features."""
    weigh: Callable[[NDArray[np.float32], NDArray[np.int64], int, int], tuple[NDArray[Any], ...]]
    """For the windows P that reach a logit: filter, first token, and the weight of act(z) in it. Takes the
    dense weights (F) of one width, the places of the maxima (F), the text's length, and the width."""


def _pieces_of_maxima(engine: Engine, batch: TokenBatch, dense: NDArray[np.float32]) -> Pieces:
    _, features, places = winning_windows(engine, batch)
    widths = np.repeat(engine.arrays.widths, engine.config.bank)
    return places[0], widths, np.multiply(dense.T, features[0][:, None], dtype=np.float64)


def _weigh_maxima(
    dense: NDArray[np.float32], places: NDArray[np.int64], _length: int, _width: int
) -> tuple[NDArray[Any], ...]:
    return np.arange(len(dense)), places, dense


def _pieces_of_means(engine: Engine, batch: TokenBatch, dense: NDArray[np.float32]) -> Pieces:
    *of_windows, _, _ = engine.arrays
    widths, length = engine.arrays.widths, max(len(batch.ids), 1)
    counts = length + widths - 1
    shares = np.empty((int(counts.sum()), len(dense)), dtype=np.float64)
    engine.kernels.share_means(batch.ids, *of_windows, dense, shares)
    firsts = np.concatenate([np.arange(1 - width, length) for width in widths])
    return firsts, np.repeat(widths, counts), shares


def _weigh_means(
    dense: NDArray[np.float32], _places: NDArray[np.int64], length: int, width: int
) -> tuple[NDArray[Any], ...]:
    firsts = np.arange(1 - width, max(length, 1))
    filters = np.repeat(np.arange(len(dense)), len(firsts))
    return filters, np.tile(firsts, len(dense)), dense[filters] / len(firsts)


_SHARING: Final = {
    "max": _Sharing(_pieces_of_maxima, _weigh_maxima),
    "mean": _Sharing(_pieces_of_means, _weigh_means),
}
