"""The service without HTTP: texts to predictions, or to the errors of our tree."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import ModelNotFoundError, TextError
from textcnn.service.labelling.labelled import BatchOutcome, Outcome
from textcnn.service.service_errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textcnn.prediction import Detail
    from textcnn.service.labelling.bounded_pool import BoundedPool
    from textcnn.service.labelling.model_tallies import ModelTallies
    from textcnn.service.labelling.narrowing import Narrowing
    from textcnn.service.loaded.earlier_versions import EarlierVersions
    from textcnn.service.loaded.registry import LoadedModel, Registry
    from textcnn.service.settings import Settings


BATCH_FACTOR: Final = 5
"""A batch that is computed in the event loop has at most so many times the characters of a light text."""
LIGHT_BATCH_TEXTS: Final = 300
"""And at most so many texts: each has a prediction to be made and written, however short it is."""
EVIDENCE_COST: Final = 8
"""A text with evidence costs at least as much time as a text that is so many times as long."""


class Labeller:
    """Classify with the registry's models, and count what they say.

    A short text takes less time than handing it to a thread, so it is computed in the event loop. What
    takes longer goes to a bounded pool, so that it neither blocks the loop nor piles up; so does a batch,
    unless it is a small one and `is_alone` says that no other request is there to be held up.
    """

    def __init__(
        self,
        registry: Registry,
        settings: Settings,
        pool: BoundedPool,
        tallies: ModelTallies,
        earlier: EarlierVersions | None = None,
        is_alone: Callable[[], bool] = lambda: False,
    ) -> None:
        self._registry = registry
        self._earlier = earlier
        self._is_alone = is_alone
        self._pool = pool
        self._tallies = tallies
        self._max_characters = settings.max_text_characters
        self._max_light_characters = settings.light_text_characters
        self._max_texts = settings.max_batch_texts
        self._truncates = settings.truncate_texts

    async def find(self, name: str | None, version: str | None) -> LoadedModel:
        """The model that a request names; a version that no longer answers is loaded for it.

        Raises:
            ModelNotFoundError, NotReadyError: there is no such model or version, or none yet.
            OverloadedError: it would have to be loaded, while too much waits already.
        """
        try:
            return self._registry.get(name, version)
        except ModelNotFoundError:
            if self._earlier is None or version is None:
                raise
            earlier, model = self._earlier, self._registry.get(name).name
            return await self._pool.run(lambda: earlier.get(model, version))

    async def classify(
        self,
        text: object,
        model: str | None = None,
        version: str | None = None,
        narrowing: Narrowing | None = None,
        *,
        evidence: bool = False,
    ) -> Outcome:
        """Label a text with the named model or the default one; with `evidence`, tell why it got its label.

        Raises:
            TextError: it is no string, or too long where long texts are refused.
            ModelNotFoundError, NotReadyError: there is no such model or version, or none yet.
            OverloadedError: a long text, while too many wait already.
        """
        loaded = await self.find(model, version)
        checked = self._check(text)
        cost = len(checked) * EVIDENCE_COST if evidence else len(checked)
        if cost <= self._max_light_characters:
            detail, summary = _labelled(loaded, checked, evidence=evidence)
        else:
            detail, summary = await self._pool.run(lambda: _labelled(loaded, checked, evidence=evidence))
        outcome = _outcome(loaded, detail, narrowing, truncated=checked is not text, evidence=summary)
        self._tallies.labelled(outcome)
        return outcome

    async def classify_batch(
        self,
        texts: Sequence[object],
        model: str | None = None,
        version: str | None = None,
        narrowing: Narrowing | None = None,
    ) -> BatchOutcome:
        """Label several texts, in order; one that cannot be classified is an error in its place.

        Raises:
            RequestError: too many texts.
            ModelNotFoundError, NotReadyError: there is no such model or version, or none yet.
            OverloadedError: too many batches wait already.
        """
        loaded = await self.find(model, version)
        if len(texts) > self._max_texts:
            raise RequestError(
                f"{len(texts)} texts; at most {self._max_texts} are taken at once.", field="texts"
            )
        accepted, truncated, errors = self._check_each(texts)
        if await self._may_hold_up_others(accepted):
            details = loaded.classifier.detail_batch(accepted)
        else:
            details = await self._pool.run(lambda: loaded.classifier.detail_batch(accepted))
        narrowed = details.predictions if narrowing is None else list(map(narrowing.of, details.predictions))
        outcome = BatchOutcome(loaded, narrowed, details, truncated, errors)
        self._tallies.labelled_batch(outcome)
        return outcome

    async def _may_hold_up_others(self, texts: Sequence[str]) -> bool:
        """Whether a batch is small, and no other request would have to wait for it."""
        if len(texts) > LIGHT_BATCH_TEXTS or sum(map(len, texts)) > BATCH_FACTOR * self._max_light_characters:
            return False
        await asyncio.sleep(0)  # requests that have arrived are counted only once they had their turn
        return self._is_alone()

    def _check_each(self, texts: Sequence[object]) -> tuple[list[str], list[bool], dict[int, TextError]]:
        """The texts to label, which of them are cut off, and the errors of the others by their place."""
        accepted: list[str] = []
        truncated: list[bool] = []
        errors: dict[int, TextError] = {}
        for place, text in enumerate(texts):
            if type(text) is str and len(text) <= self._max_characters:  # nearly all; a call for each costs
                accepted.append(text)
                truncated.append(False)
                continue
            try:
                checked = self._check(text)
            except TextError as error:
                errors[place] = error
            else:
                accepted.append(checked)
                truncated.append(checked is not text)
        return accepted, truncated, errors

    def _check(self, text: object) -> str:
        """The text itself, or its beginning where it is too long."""
        if not isinstance(text, str):
            raise TextError(f"A text is a string; found {_json_type(text)}.", field="text")
        if len(text) <= self._max_characters:
            return text
        if self._truncates:
            return text[: self._max_characters]
        raise TextError(
            f"The text has {len(text)} characters; at most {self._max_characters} are taken.", field="text"
        )


def _labelled(model: LoadedModel, text: str, *, evidence: bool) -> tuple[Detail, dict[str, Any] | None]:
    """A model's detail of a text, and its evidence where that is wanted."""
    if not evidence:
        return model.classifier.detail(text), None
    explanation = model.classifier.explain(text)
    return explanation.detail, explanation.summary()


def _outcome(
    model: LoadedModel,
    detail: Detail,
    narrowing: Narrowing | None,
    *,
    truncated: bool,
    evidence: dict[str, Any] | None = None,
) -> Outcome:
    narrowed = detail.prediction if narrowing is None else narrowing.of(detail.prediction)
    return Outcome(model, narrowed, detail, truncated, evidence)


def _json_type(value: object) -> str:
    """The JSON name of a value's type."""
    names = {bool: "a boolean", int: "a number", float: "a number", list: "an array", dict: "an object"}
    return "null" if value is None else names.get(type(value), "something else")
