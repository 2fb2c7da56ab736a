"""One score for each token of a text: how much it speaks for a label, by one of several methods.

`evidence` and `occlusion` run on the engine. Other packages add methods by entry points of the group
`textcnn.attribution`: a function that takes a `ModelDirectory` and gives an `Attribution`. So this package
need not know them, and what they need is loaded when they are used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from textcnn.errors import ConfigError, MissingExtraError
from textcnn.evidence.logit_shares import share_over_tokens
from textcnn.tokens.token_batch import TokenBatch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.metadata import EntryPoint

    from numpy.typing import NDArray

    from textcnn.classifier import TextClassifier
    from textcnn.directory import ModelDirectory

GROUP: Final = "textcnn.attribution"
"""The entry-point group."""
OWN_METHODS: Final = ("evidence", "occlusion")
_OCCLUDED_AT_ONCE: Final = 1024


class Attribution(Protocol):
    """Scores the tokens of a text."""

    def __call__(self, ids: NDArray[np.int32], label: int) -> NDArray[np.float64]:
        """A score for each token (n), above 0 where it speaks for the label of that index."""
        ...


@dataclass(frozen=True, slots=True)
class TokenMap:
    """The tokens of a text with their scores for one label."""

    method: str
    label: str
    text: str
    spans: Sequence[Sequence[int]]
    """Of each token, in code points of the text."""
    scores: NDArray[np.float64]
    """n; on a scale of the method's own."""

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        rows = zip(self.spans, self.scores.tolist(), strict=True)
        tokens = [{"start": start, "end": end, "score": score} for (start, end), score in rows]
        return {"method": self.method, "label": self.label, "tokens": tokens}


def method_names() -> tuple[str, ...]:
    """Every method that this installation has, our own first."""
    return (*OWN_METHODS, *_plugins())


def find_method(
    name: str, classifier: TextClassifier, directory: ModelDirectory, *, width: int = 1
) -> Attribution:
    """A method by its name, for one model; `width` is that of the n-grams that `occlusion` takes away.

    Raises:
        ConfigError: there is no method of that name.
        MissingExtraError: it needs a library that is not installed.
    """
    if name == "evidence":
        return lambda ids, label: share_over_tokens(classifier.engine, ids, label)
    if name == "occlusion":
        return lambda ids, label: occlude(classifier, ids, label, width=width)
    plugins = _plugins()
    if name not in plugins:
        raise ConfigError(
            f"There is no method '{name}'; there are {', '.join(method_names())}.", field="method"
        )
    try:
        method: Attribution = plugins[name].load()(directory)
    except ImportError as error:
        raise MissingExtraError(f"The method '{name}'", "train") from error
    return method


def map_tokens(classifier: TextClassifier, method: str, run: Attribution, text: str, label: str) -> TokenMap:
    """The tokens of a text with the scores that a method gives them."""
    ids, spans = classifier.tokenizer.spans(text)
    return TokenMap(method, label, text, spans.tolist(), run(ids, classifier.labels.index(label)))


def occlude(
    classifier: TextClassifier, ids: NDArray[np.int32], label: int, *, width: int = 1
) -> NDArray[np.float64]:
    """How much the logit of a label falls when a token is taken out (Zeiler and Fergus 2014, for tokens).

    Every n-gram of `width` tokens is taken out in turn, so that its neighbours meet; a token's score is the
    mean over the n-grams that it is in, each divided by their width. n-width+2 texts are scored.

    Raises:
        ConfigError: the width is below 1.
    """
    if width < 1:
        raise ConfigError(f"The width of occlusion is {width}; it must be 1 or more.", field="width")
    if not len(ids):
        return np.zeros(0)
    width = min(width, len(ids))
    whole = float(classifier.engine.logits(TokenBatch.of([ids]))[0, label])
    count = len(ids) - width + 1
    falls = np.empty(count)
    for begin in range(0, count, _OCCLUDED_AT_ONCE):
        part = range(begin, min(begin + _OCCLUDED_AT_ONCE, count))
        texts = TokenBatch.of([np.delete(ids, slice(first, first + width)) for first in part])
        falls[part.start : part.stop] = whole - classifier.engine.logits(texts)[:, label]
    covers = np.ones(width)
    scores: NDArray[np.float64] = np.convolve(falls / width, covers) / np.convolve(np.ones(count), covers)
    return scores


def _plugins() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points

    return {each.name: each for each in entry_points(group=GROUP) if each.name not in OWN_METHODS}
