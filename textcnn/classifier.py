"""A model in use: text in, decision out.

    >>> classifier = TextClassifier.load("sentiment")
    >>> classifier.classify("A warm, funny, engaging film.").label
    'positive'

Three pure stages, each callable by itself: `tokenize`, `score`, `decide`.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import TYPE_CHECKING

from textcnn.catalogue import find_model
from textcnn.config import UNKNOWN_ID
from textcnn.engine.engine import Engine
from textcnn.errors import ModelDirectoryError, TextError
from textcnn.prediction import Detail, Details, Prediction, to_prediction, to_predictions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from textcnn.config import ModelConfig
    from textcnn.directory import ModelDirectory
    from textcnn.engine.single_text import SingleText
    from textcnn.evidence.evidence import Explanation
    from textcnn.reading.columns import KnownColumns
    from textcnn.tokens.token_batch import TokenBatch
    from textcnn.tokens.tokenizer import Tokenizer


class TextClassifier:
    """Labels texts with one model. Holds no state between calls, so threads may share it.

    Raises:
        ModelError: the tokenizer gives ids for which the engine's table has no row.
    """

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer, engine: Engine) -> None:
        tokenizer.require_rows(len(engine.arrays.table))
        self.config = config
        self.tokenizer = tokenizer
        self.engine = engine
        self._single: SingleText | None = None
        self._directory: ModelDirectory | None = None
        if engine.is_compiled:
            from textcnn.engine.single_text import make_single_text

            self._single = make_single_text(config, tokenizer.fast, engine)

    @classmethod
    def load(cls, model: str | Path, *, unknown_below: float | None = None) -> TextClassifier:
        """The classifier of a bundled model (`"sentiment"`) or of a model directory.

        `unknown_below` replaces the confidence below which the model names no label.

        Raises:
            ModelNotFoundError: no such model.
            ModelDirectoryError: a file of the model is missing, truncated or altered.
            ConfigError: `unknown_below` is not from 0 up to 1.
        """
        return cls.from_directory(find_model(model), unknown_below=unknown_below)

    @classmethod
    def from_directory(
        cls, directory: ModelDirectory, *, unknown_below: float | None = None
    ) -> TextClassifier:
        """The classifier of a model directory; raises what `load` does."""
        config = directory.config()
        if unknown_below is not None:
            config = dataclasses.replace(config, unknown_below=unknown_below)
        engine = Engine(
            config.network, directory.weights(), numbers=config.tables, version=directory.version()
        )
        classifier = cls(config, directory.tokenizer(), engine)
        classifier._directory = directory
        return classifier

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that the model can give, in the order of its scores."""
        return self.config.labels

    @cached_property
    def corpus_columns(self) -> KnownColumns | None:
        """The columns of the corpus that it was trained on; None where nobody wrote them down."""
        try:
            return None if self._directory is None else self.corpus_columns_of(self._directory)
        except ModelDirectoryError:  # it was there when the model was loaded
            return None

    @staticmethod
    def corpus_columns_of(directory: ModelDirectory) -> KnownColumns | None:
        """The same of a model that is not loaded.

        Raises:
            ModelDirectoryError: what was written down is damaged.
        """
        from textcnn.reading.columns import KnownColumns

        corpus = directory.training().get("corpus")
        return KnownColumns.from_json(corpus.get("columns")) if isinstance(corpus, dict) else None

    def classify(self, text: str) -> Prediction:
        """Label one text of any length, the empty one included.

        Raises:
            TextError: the text is not a string.
        """
        _require_string(text)
        numbers = self._single.numbers(text) if self._single is not None else None
        if numbers is None:
            return self.decide(self.score(self.tokenizer.encode_batch([text])))[0]
        return to_prediction(numbers[: len(self.config.labels)], self.config)

    def classify_batch(self, texts: Sequence[str]) -> list[Prediction]:
        """Label each text; the same, to the bit, as `classify` labels it alone.

        Raises:
            TextError: `texts` is a single string, or one of the texts is not a string.
        """
        return self.decide(self.score(self.tokenize(texts)))

    def explain(self, text: str) -> Explanation:
        """Label one text and say why: every logit split exactly over the text's n-grams.

        Raises:
            TextError: the text is not a string.
        """
        from textcnn.evidence.evidence import explain

        _require_string(text)
        return explain(text, self.config, self.tokenizer, self.engine)

    def detail(self, text: str) -> Detail:
        """Label one text as `classify` does, with the numbers on the way.

        Raises:
            TextError: the text is not a string.
        """
        numbers = self._single.numbers(text) if self._single is not None and isinstance(text, str) else None
        if numbers is None:
            return next(iter(self.detail_batch([text])))
        count = len(self.config.labels)
        prediction = to_prediction(numbers[:count], self.config)
        return Detail(prediction, numbers[count : 2 * count], int(numbers[-2]), int(numbers[-1]))

    def detail_batch(self, texts: Sequence[str]) -> Details:
        """Label each text as `classify_batch` does, with the numbers on the way.

        Raises:
            TextError: `texts` is a single string, or one of the texts is not a string.
        """
        batch = self.tokenize(texts)
        logits = self.score(batch)
        return Details(self.decide(logits), logits, batch.lengths, batch.count(UNKNOWN_ID))

    def tokenize(self, texts: Sequence[str]) -> TokenBatch:
        """First stage: the token ids of each text.

        Raises:
            TextError: `texts` is a single string, or one of the texts is not a string.
        """
        if isinstance(texts, str):
            raise TextError("texts is one string; a list of strings is expected.", field="texts")
        texts = list(texts)  # an iterator would be used up by the check
        for index, text in enumerate(texts):
            if not isinstance(text, str):
                kind = type(text).__name__
                raise TextError(f"Text {index} is {kind}; a string is expected.", field="text")
        return self.tokenizer.encode_batch(texts)

    def score(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Second stage: the logits (texts x labels), before temperature."""
        return self.engine.logits(batch)

    def decide(self, logits: NDArray[np.float32]) -> list[Prediction]:
        """Last stage: a prediction from each row of logits."""
        return to_predictions(logits, self.config)


def _require_string(text: object) -> None:
    if not isinstance(text, str):
        raise TextError(f"The text is {type(text).__name__}; a string is expected.", field="text")
