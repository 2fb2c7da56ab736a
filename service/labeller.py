"""What the service does, without HTTP: it takes texts and gives predictions or the errors of our tree."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from textcnn.errors import OverloadedError, RequestError, TextError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.registry import LoadedModel, Registry
    from service.settings import Settings
    from textcnn.prediction import Prediction

T = TypeVar("T")


class Labeller:
    """Classifies with the registry's models.

    A short text takes less time than handing it to a thread, so it is computed in the event loop. What
    takes longer goes to a bounded pool, so that it neither blocks the loop nor piles up.
    """

    def __init__(self, registry: Registry, settings: Settings) -> None:
        self._registry = registry
        self._settings = settings
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="labeller")
        self._heavy = 0

    def close(self) -> None:
        """Let running work end, and take no more."""
        self._pool.shutdown(cancel_futures=True)

    async def classify(self, text: object, model: str | None = None) -> tuple[LoadedModel, Prediction]:
        """One text, by the named model or the default one.

        Raises:
            TextError: it is no string, or too long.
            ModelNotFoundError, NotReadyError: there is no such model, or none yet.
            OverloadedError: a long text, while too many wait already.
        """
        loaded = self._registry.get(model)
        checked = self._check(text)
        if len(checked) <= self._settings.light_text_characters:
            return loaded, loaded.classifier.classify(checked)
        return loaded, await self._in_thread(lambda: loaded.classifier.classify(checked))

    async def classify_batch(
        self, texts: Sequence[object], model: str | None = None
    ) -> tuple[LoadedModel, list[Prediction | TextError]]:
        """Several texts, in order; one that cannot be classified is an error in its place.

        Raises:
            RequestError: too many texts.
            ModelNotFoundError, NotReadyError: there is no such model, or none yet.
            OverloadedError: too many batches wait already.
        """
        loaded = self._registry.get(model)
        limit = self._settings.max_batch_texts
        if len(texts) > limit:
            raise RequestError(f"{len(texts)} texts; at most {limit} are taken at once.", field="texts")
        checked = [self._checked_or_error(text) for text in texts]
        good = [text for text in checked if isinstance(text, str)]
        predictions = iter(await self._in_thread(lambda: loaded.classifier.classify_batch(good)))
        return loaded, [next(predictions) if isinstance(text, str) else text for text in checked]

    def _check(self, text: object) -> str:
        if not isinstance(text, str):
            raise TextError(f"A text is a string; found {_json_type(text)}.", field="text")
        limit = self._settings.max_text_characters
        if len(text) > limit:
            raise TextError(f"The text has {len(text)} characters; at most {limit} are taken.", field="text")
        return text

    def _checked_or_error(self, text: object) -> str | TextError:
        try:
            return self._check(text)
        except TextError as error:
            return error

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._heavy >= self._settings.max_waiting:
            raise OverloadedError("Too many long requests are under way. Try again in a moment.")
        self._heavy += 1  # only the event loop counts, so no lock is needed
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._heavy -= 1


def _json_type(value: object) -> str:
    """The JSON name of a value's type."""
    names = {bool: "a boolean", int: "a number", float: "a number", list: "an array", dict: "an object"}
    return "null" if value is None else names.get(type(value), "something else")
