"""Outcomes of a model, and how they are sent."""

from __future__ import annotations

import msgspec
import numpy as np

from textcnn.prediction import Detail, Details, Prediction
from textcnn.service.http.schemas import BatchAnswer, ClassifyAnswer, Result
from textcnn.service.labelling.labelled import BatchOutcome, Outcome
from textcnn.service.loaded.registry import LoadedModel

SAID = Prediction(None, 0.4, {"a": 0.4, "b": 0.3}, ("a",), unknown=True)
MODEL = LoadedModel("tiny", "1", None, {})  # type: ignore[arg-type]  # nobody asks it


def test_each_field_of_a_prediction_is_sent_under_its_own_name() -> None:
    assert set(Prediction._fields) <= set(Result.__struct_fields__)
    one = ClassifyAnswer.of(Outcome(MODEL, SAID, Detail(SAID, [1.0, 0.5], 4, 3), truncated=True))
    counts = np.array([4])
    details = Details([SAID], np.ones((1, 2), dtype=np.float32), counts, counts - 1)
    many = BatchAnswer.of(BatchOutcome(MODEL, [SAID], details, [True], {}))
    for sent in (one, many.results[0]):
        values = msgspec.structs.asdict(sent)
        assert {name: values[name] for name in Prediction._fields} == SAID._asdict()
        assert (values["truncated"], values["unknown_share"]) == (True, 0.75)
