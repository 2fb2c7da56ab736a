"""The n-grams that filters look for, read off the engine's tables in closed form.

A filter's sum over a window is a sum of one number for each position (`engine/tables.py`), so the n-gram that
maximises it needs no search: at each position it has the token with the largest number,

    bound_f = act( max_{p<=q} sum_{j=p..q} max_v T_w[v, j, f] + b_f )

where positions outside p..q are padding, which adds nothing. No text can fire the filter more; a text that
does as much need not exist, so what a corpus has stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from textcnn.evidence.logit_shares import dense_parts
from textcnn.insight.firing import FiringInCorpus, FiringNGram
from textcnn.insight.neighbours import SEEN_OFTEN, allowed_tokens
from textcnn.network.activation import ACTIVATIONS
from textcnn.network.weights import folded_filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from textcnn.classifier import TextClassifier
    from textcnn.directory import ModelDirectory
    from textcnn.engine.engine import Engine
    from textcnn.network.weights import Weights

ALIKE: Final = 0.95
"""Cosine of two filters of one width from which they count as the same."""
_NAMED: Final = 20
_CHUNK: Final = 1024
"""Texts of a corpus that are in memory at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filter and what it looks for."""

    width: int
    number: int
    """Among those of its width, from 0."""
    best: FiringNGram
    """The upper bound."""
    addends: tuple[float, ...]
    """The addend of each token of `best`."""
    bias: float
    votes: dict[str, float]
    """Added to each label's logit by one unit of it, less the mean over the labels."""
    firing: tuple[FiringNGram, ...] = ()
    """The n-grams of the corpus that fire it most, of each text one; the first is the best that occurs."""
    fires: float | None = None
    """Share of the corpus's texts in which c + b is above 0."""
    mean: float | None = None
    """Of the activation, over the corpus's texts."""
    dead: bool = False
    """It cannot fire, or fires in no text of the corpus."""
    duplicate_of: int | None = None
    """The first filter of its width that is the same to a cosine of `ALIKE`."""

    @property
    def name(self) -> str:
        """Width and number, as `3.17`."""
        return f"{self.width}.{self.number}"

    @property
    def label(self) -> str:
        """The label that it votes for most."""
        return max(self.votes, key=self.votes.__getitem__)

    @property
    def weight(self) -> float:
        """How much it moves that label: its vote times its mean activation, or its bound without a corpus."""
        typical = self.best.activation if self.mean is None else self.mean
        return self.votes[self.label] * typical

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "name": self.name,
            "width": self.width,
            "label": self.label,
            "votes": self.votes,
            "bias": self.bias,
            "best": self.best.to_dict() | {"addends": list(self.addends)},
            "firing": [each.to_dict() for each in self.firing],
            "fires": self.fires,
            "mean_activation": self.mean,
            "dead": self.dead,
            "duplicate_of": None if self.duplicate_of is None else f"{self.width}.{self.duplicate_of}",
        }


@dataclass(frozen=True, slots=True)
class Gallery:
    """All filters of a model, those that move a label most first."""

    filters: tuple[Filter, ...]
    allowed: int
    """Tokens that best n-grams are made of."""
    counted: bool
    """Whether the model tells how often each token was seen in training; else every token is allowed."""
    texts: int
    """Of the corpus; 0 without one."""

    @property
    def dead(self) -> list[Filter]:
        """The filters that do nothing."""
        return [each for each in self.filters if each.dead]

    @property
    def duplicates(self) -> list[Filter]:
        """The filters that repeat an earlier one."""
        return [each for each in self.filters if each.duplicate_of is not None]

    def sentences(self) -> Iterator[str]:
        """Sentences about all filters together."""
        if self.counted:
            often = f"{SEEN_OFTEN} times or more in training"
            yield f"Best n-grams are made of the {self.allowed:,} tokens that were seen {often}."
        else:
            yield (
                "The model does not tell how often tokens were seen in training, "
                f"so best n-grams are made of all {self.allowed:,}."
            )
        where = f" in {self.texts:,} texts" if self.texts else ""
        yield f"Dead{where}: {_named([each.name for each in self.dead])}."
        pairs = [f"{each.name} like {each.width}.{each.duplicate_of}" for each in self.duplicates]
        yield f"Duplicates: {_named(pairs)}."

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "filters": [each.to_dict() for each in self.filters],
            "tokens_allowed": self.allowed,
            "token_counts_known": self.counted,
            "texts": self.texts,
            "dead": [each.name for each in self.dead],
            "duplicates": [each.name for each in self.duplicates],
        }


def make_gallery(
    classifier: TextClassifier, directory: ModelDirectory, texts: Iterable[str] | None = None
) -> Gallery:
    """Read off what each filter of a model learnt; with texts, what fires it in them, too."""
    engine, weights = classifier.engine, directory.weights()
    forms = ACTIVATIONS[engine.config.activation]
    allowed, counted = allowed_tokens(directory)
    spellings = classifier.tokenizer.vocabulary()
    corpus = FiringInCorpus(engine)
    for chunk in _chunks(texts or ()):
        corpus.add(classifier.tokenizer.encode_batch(chunk))
    votes = _votes(classifier)
    filters = []
    for index, width in enumerate(engine.config.widths):
        repeats = _duplicates(engine, weights, width)
        for number, (tokens, addends) in enumerate(_best(engine, index, allowed)):
            place = index * engine.config.bank + number
            bias = float(engine.arrays.bias[place])
            bound = float(forms.of_array(addends.sum() + bias))
            filters.append(
                Filter(
                    width=width,
                    number=number,
                    best=FiringNGram(tuple(spellings[each] for each in tokens), bound),
                    addends=tuple(addends.tolist()),
                    bias=bias,
                    votes=dict(zip(classifier.labels, votes[:, place].tolist(), strict=True)),
                    firing=corpus.firing(place, spellings),
                    fires=corpus.share(place),
                    mean=corpus.mean(place),
                    dead=forms.is_zero_below and (bound <= 0 or corpus.share(place) == 0),
                    duplicate_of=repeats.get(number),
                )
            )
    filters.sort(key=lambda each: -each.weight)
    return Gallery(tuple(filters), len(allowed), counted, corpus.texts)


def _best(
    engine: Engine, index: int, allowed: NDArray[np.int64]
) -> Iterator[tuple[list[int], NDArray[np.float64]]]:
    """Of each filter of a width: the tokens of its best n-gram, and what each adds."""
    arrays, widths = engine.arrays, engine.config.widths
    count, width = engine.config.bank, widths[index]
    column = count * sum(widths[:index])
    tokens = np.empty((width, count), dtype=np.int64)
    addends = np.empty((width, count))
    for j in range(width):
        part = arrays.table[:, column + j * count : column + (j + 1) * count][allowed]  # tokens allowed x F
        rows = part.argmax(axis=0)
        tokens[j] = allowed[rows]
        addends[j] = part[rows, np.arange(count)] * arrays.scales[index * count : (index + 1) * count]
    for f in range(count):
        ranges = [(first, end) for first in range(width) for end in range(first + 1, width + 1)]
        first, end = max(ranges, key=lambda each: (addends[slice(*each), f].sum(), each[1] - each[0]))
        yield tokens[first:end, f].tolist(), addends[first:end, f]


def _votes(classifier: TextClassifier) -> NDArray[np.float64]:
    """L x N: the dense layer; where one label is given to a text, only differences between labels count."""
    # Pooled in two ways, a filter has two weights: its vote is what it adds where all windows are alike.
    parts = [part.astype(np.float64) for part in dense_parts(classifier.engine).values()]
    dense = np.sum(parts, axis=0)
    centred: NDArray[np.float64] = dense - dense.mean(axis=0)
    return dense if classifier.config.multi_label else centred


def _duplicates(engine: Engine, weights: Weights, width: int) -> dict[int, int]:
    """Of the filters of a width that repeat an earlier one of their member: their number, and the first's."""
    filters = folded_filters(weights, width)[0]
    flat = filters.reshape(len(filters), -1)  # F x D*w
    unit = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    member = np.arange(len(filters)) // engine.config.filters  # each looks at numbers of its own
    alike = np.tril((unit @ unit.T >= ALIKE) & (member[:, None] == member), k=-1)
    return {int(each): int(alike[each].argmax()) for each in np.flatnonzero(alike.any(axis=1))}


def _named(names: list[str]) -> str:
    more = ", ..." if names[_NAMED:] else ""
    return f"{len(names)} ({', '.join(names[:_NAMED])}{more})" if names else "none"


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(texts)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
