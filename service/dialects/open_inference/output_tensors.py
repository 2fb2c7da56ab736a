"""Predictions as the tensors of the Open Inference Protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textcnn.service.dialects.open_inference.oip_bodies import OutputTensor, TensorFacts
from textcnn.service.dialects.ranking import best_first
from textcnn.service.service_errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.config import ModelConfig
    from textcnn.prediction import Prediction
    from textcnn.service.dialects.open_inference.oip_bodies import RequestedOutput

LABEL: Final = "label"
SCORE: Final = "score"
PROBABILITIES: Final = "probabilities"
APPLIES: Final = "applies"
CLASSIFICATION: Final = "classification"

DATATYPES = {LABEL: "BYTES", SCORE: "FP32", PROBABILITIES: "FP32", APPLIES: "BOOL"}


def output_facts(config: ModelConfig) -> list[TensorFacts]:
    """The outputs of a model."""
    shapes = {LABEL: [-1], SCORE: [-1], PROBABILITIES: [-1, len(config.labels)]}
    if config.multi_label:
        shapes[APPLIES] = [-1, len(config.labels)]
    return [TensorFacts(name, DATATYPES[name], shape) for name, shape in shapes.items()]


class Outputs:
    """The outputs that a request asks for, checked before anything is computed.

    `top_k` gives `label` and `score` a second dimension. The output parameter `classification` (Triton's
    extension) turns `probabilities` into the k best as strings `"<value>:<index>:<label>"`.

    Raises:
        RequestError: an unknown output, or an impossible number; the field is named.
    """

    def __init__(
        self, config: ModelConfig, requested: Sequence[RequestedOutput] | None, top_k: object = None
    ) -> None:
        self._labels = config.labels
        self._top = _count(top_k, "top_k", len(config.labels))
        output_names = [facts.name for facts in output_facts(config)]
        self._classes: dict[str, int | None] = {}
        for each in requested if requested is not None else []:
            if each.name not in output_names:
                raise RequestError(f"No such output; there are {', '.join(output_names)}.", field="outputs")
            classes = (each.parameters or {}).get(CLASSIFICATION)
            if classes is not None and each.name != PROBABILITIES:
                raise RequestError(f"{CLASSIFICATION} is for '{PROBABILITIES}' alone.", field=CLASSIFICATION)
            self._classes[each.name] = _count(classes, CLASSIFICATION, len(config.labels))
        if not requested:
            self._classes = dict.fromkeys(output_names)

    def tensors(self, predictions: Sequence[Prediction]) -> list[OutputTensor]:
        """The tensors of some predictions, in the requested order."""
        return [self._tensor(name, classes, predictions) for name, classes in self._classes.items()]

    def _tensor(self, name: str, classes: int | None, predictions: Sequence[Prediction]) -> OutputTensor:
        count = len(predictions)
        if classes is not None:
            ranked = [text for each in predictions for text in self._classified(each, classes)]
            return OutputTensor(name, [count, classes], "BYTES", [*ranked])
        if name == PROBABILITIES:
            scores = [score for each in predictions for score in each.scores.values()]
            return OutputTensor(name, [count, len(self._labels)], DATATYPES[name], [*scores])
        if name == APPLIES:
            applies = [label in (each.labels or ()) for each in predictions for label in self._labels]
            return OutputTensor(name, [count, len(self._labels)], DATATYPES[name], [*applies])
        if self._top is not None:
            best = [pair for each in predictions for pair in best_first(each.scores, self._top)]
            data = [label if name == LABEL else score for label, score in best]
            return OutputTensor(name, [count, self._top], DATATYPES[name], [*data])
        # BYTES has no null: an empty string stands for no label.
        return OutputTensor(
            name,
            [count],
            DATATYPES[name],
            [(each.label or "") if name == LABEL else each.score for each in predictions],
        )

    def _classified(self, prediction: Prediction, count: int) -> list[str]:
        indices = {label: index for index, label in enumerate(self._labels)}
        return [f"{score}:{indices[label]}:{label}" for label, score in best_first(prediction.scores, count)]


def _count(value: object, field: str, maximum: int) -> int | None:
    """Check a number of labels, and limit it to `maximum`; None where none is given."""
    if value is None:
        return None
    if type(value) is not int or value < 1:
        raise RequestError(f"{field} is a whole number from 1.", field=field)
    return min(value, maximum)
