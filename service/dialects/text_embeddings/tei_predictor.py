"""Predictions as Text Embeddings Inference makes them with a classifier, without HTTP."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final

from textcnn.errors import TextError
from textcnn.service.dialects.all_labelled import answer_headers, label_all
from textcnn.service.dialects.ranking import best_first, scores_of
from textcnn.service.dialects.text_embeddings.tei_bodies import Prediction, Scored, Token, read_inputs
from textcnn.service.service_errors import RequestError
from textcnn.tokens.surrogates import without_surrogates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.service.dialects.ranking import Function
    from textcnn.service.dialects.text_embeddings.tei_bodies import InputTexts, PredictRequest
    from textcnn.service.labelling.labelled import Outcome
    from textcnn.service.labelling.labeller import Labeller
    from textcnn.service.settings import Settings
    from textcnn.tokens.tokenizer import Tokenizer


COMPUTE_HEADERS: Final = (
    "x-compute-type",
    "x-compute-time",
    "x-compute-characters",
    "x-compute-tokens",
    "x-total-time",
    "x-tokenization-time",
    "x-queue-time",
    "x-inference-time",
)


class Predictor:
    """Answer predict requests with the default model."""

    def __init__(self, labeller: Labeller, settings: Settings) -> None:
        self._labeller = labeller
        self._max_texts = settings.max_batch_texts
        self._max_characters = settings.max_text_characters
        self._truncates = settings.truncate_texts

    async def predict(self, instances: Sequence[PredictRequest]) -> tuple[list[Prediction], dict[str, str]]:
        """A prediction for each instance, and the headers of the answer.

        Raises:
            RequestError: `inputs` is neither a text nor a batch.
            TextError: a pair, an empty or a too long text, or too many of them.
            NotReadyError, OverloadedError: as `Labeller.classify_batch` does.
        """
        started = perf_counter()
        inputs = [read_inputs(instance.inputs) for instance in instances]
        sent_texts = [text for each in inputs for text in each.texts]
        self._check_count(len(sent_texts))
        pairs = list(zip(instances, inputs, strict=True))
        texts = [self._cut(text, instance) for instance, each in pairs for text in each.texts]
        model, outcomes = await label_all(self._labeller, texts)
        remaining = iter(outcomes)
        predictions = [
            _prediction(instance, each, [next(remaining) for _ in each.texts]) for instance, each in pairs
        ]
        truncated = sum(map(len, texts)) < sum(map(len, sent_texts)) or any(
            each.truncated for each in outcomes
        )
        headers = answer_headers(model, truncated=truncated)
        return predictions, headers | _compute_headers(texts, outcomes, perf_counter() - started)

    def texts_to_tokenize(self, inputs: object) -> list[str]:
        """The texts of a tokenize request: a string, or a list of them.

        Raises:
            RequestError: it is something else.
            TextError: too many texts, or one is too long.
        """
        texts = [inputs] if isinstance(inputs, str) else inputs
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise RequestError("inputs is a string or a list of strings.", field="inputs")
        self._check_count(len(texts))
        for text in texts:
            self._check_length(text)
        together = sum(map(len, texts))
        if together > self._max_characters:  # each token takes hundreds of bytes, and cannot be left out
            raise TextError(
                f"`inputs` must have at most {self._max_characters} characters together. Given: {together}",
                field="inputs",
            )
        return texts

    def _cut(self, text: str, request: PredictRequest) -> str:
        """The text, cut to the longest length where the request allows it."""
        if not (self._truncates if request.truncate is None else request.truncate):
            self._check_length(text)
        if (request.truncation_direction or "Right").lower() == "left":
            return text[-self._max_characters :]
        return text[: self._max_characters]

    def _check_length(self, text: str) -> None:
        if len(text) > self._max_characters:
            raise TextError(
                f"`inputs` must have at most {self._max_characters} characters. Given: {len(text)}",
                field="inputs",
            )

    def _check_count(self, count: int) -> None:
        if count > self._max_texts:
            raise TextError(
                f"batch size {count} > maximum allowed batch size {self._max_texts}", field="inputs"
            )


def tokenize(tokenizer: Tokenizer, text: str) -> list[Token]:
    """Each token of a text, and where it stands there."""
    text = without_surrogates(text)  # an answer cannot hold them
    ids, spans = tokenizer.spans(text)
    return [
        Token(number, text[start:stop], special=False, start=start, stop=stop)
        for number, (start, stop) in zip(ids.tolist(), spans.tolist(), strict=True)
    ]


def _prediction(instance: PredictRequest, inputs: InputTexts, outcomes: Sequence[Outcome]) -> Prediction:
    """A list for one text, or a list for each text of a batch, as the inputs came."""
    function: Function | None = "none" if instance.raw_scores else None
    lists = [
        [Scored(score, label) for label, score in best_first(scores_of(outcome, function))]
        for outcome in outcomes
    ]
    return lists if inputs.is_batch else lists[0]


def _compute_headers(texts: Sequence[str], outcomes: Sequence[Outcome], seconds: float) -> dict[str, str]:
    """Sizes, and times in milliseconds: tokenising and waiting are no steps of their own here."""
    characters, tokens = sum(map(len, texts)), sum(outcome.detail.tokens for outcome in outcomes)
    time = round(1000 * seconds)
    values = ("cpu", time, characters, tokens, time, 0, 0, time)
    return dict(zip(COMPUTE_HEADERS, map(str, values), strict=True))
