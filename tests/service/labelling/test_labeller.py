from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from textcnn.prediction import Detail, Details, Prediction
from textcnn.service.http.schemas import BatchAnswer
from textcnn.service.labelling.bounded_pool import BoundedPool
from textcnn.service.labelling.labeller import Labeller
from textcnn.service.labelling.model_tallies import ModelTallies
from textcnn.service.loaded.registry import LoadedModel
from textcnn.service.service_errors import OverloadedError
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textcnn.service.loaded.registry import Registry


class Slow:
    """A classifier that waits until it is let go, and tells in which thread it ran."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.threads: list[str] = []

    def detail(self, text: str) -> Detail:
        self.threads.append(threading.current_thread().name)
        return Detail(Prediction("a", 1.0, {"a": 1.0}), [1.0], len(text), 0)

    def detail_batch(self, texts: Sequence[str]) -> Details:
        self.gate.wait(10)
        details = [self.detail(text) for text in texts]
        counts = np.array([each.tokens for each in details])
        logits = np.ones((len(texts), 1), dtype=np.float32)
        return Details([each.prediction for each in details], logits, counts, 0 * counts)


def labeller_of(slow: Slow, settings: Settings, is_alone: Callable[[], bool] = lambda: False) -> Labeller:
    model = LoadedModel("slow", "1", slow, {})  # type: ignore[arg-type]  # as far as it is used
    registry = cast("Registry", SimpleNamespace(get=lambda *_: model))
    pool = BoundedPool(settings.threads, settings.max_waiting)
    return Labeller(registry, settings, pool, ModelTallies(), is_alone=is_alone)


def test_short_texts_are_answered_in_the_loop_and_long_ones_in_a_thread() -> None:
    slow = Slow()
    labeller = labeller_of(slow, Settings(light_text_characters=5))

    async def ask() -> None:
        await labeller.classify("short")
        await labeller.classify("longer")

    asyncio.run(ask())
    assert slow.threads[0] == threading.current_thread().name
    assert slow.threads[1].startswith("labeller")


def test_more_heavy_work_than_may_wait_is_refused_and_the_rest_is_done() -> None:
    slow = Slow()
    labeller = labeller_of(slow, Settings(max_waiting=2, threads=1))

    async def ask() -> list[object]:
        first = [asyncio.create_task(labeller.classify_batch(["a"])) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError):
            await labeller.classify_batch(["a"])
        await labeller.classify("short texts go on")
        slow.gate.set()
        done: list[object] = await asyncio.gather(*first)
        await labeller.classify_batch(["a"])
        return done

    assert len(asyncio.run(ask())) == 2


@pytest.mark.parametrize(("alone", "texts", "in_loop"), [
    (True, ["a" * 20, "b"], True),
    (True, ["a" * 20, "b" * 6], False),
    (False, ["a", "b"], False),
])  # fmt: skip
def test_a_small_batch_is_answered_in_the_loop_where_it_holds_up_nobody(
    alone: bool, texts: list[str], in_loop: bool
) -> None:
    slow = Slow()
    slow.gate.set()
    labeller = labeller_of(slow, Settings(light_text_characters=5), is_alone=lambda: alone)
    asyncio.run(labeller.classify_batch(texts))
    assert [name == threading.current_thread().name for name in slow.threads] == [in_loop] * 2


def test_batches_that_arrive_together_go_to_threads() -> None:
    slow = Slow()
    slow.gate.set()
    under_way = 0
    labeller = labeller_of(slow, Settings(), is_alone=lambda: under_way <= 1)

    async def request() -> None:
        nonlocal under_way
        under_way += 1
        await labeller.classify_batch(["a"])
        under_way -= 1

    async def ask() -> None:
        await asyncio.gather(request(), request())

    asyncio.run(ask())
    assert {name.partition("_")[0] for name in slow.threads} == {"labeller"}


def test_errors_of_a_batch_keep_their_places() -> None:
    slow = Slow()
    slow.gate.set()
    settings = Settings(max_text_characters=3, truncate_texts=False)
    outcome = asyncio.run(labeller_of(slow, settings).classify_batch([None, "abc", "abcd", "ab"]))
    assert list(outcome.errors) == [0, 2]
    assert [each.detail.tokens for each in outcome.each()] == [3, 2]
    told = [type(each).__name__ for each in BatchAnswer.of(outcome).results]
    assert told == ["Problem", "Result", "Problem", "Result"]


def test_texts_of_a_batch_that_are_cut_off_are_told() -> None:
    slow = Slow()
    slow.gate.set()
    settings = Settings(max_text_characters=3, truncate_texts=True)
    outcome = asyncio.run(labeller_of(slow, settings).classify_batch(["abc", "abcd"]))
    assert [each.truncated for each in BatchAnswer.of(outcome).results] == [False, True]
