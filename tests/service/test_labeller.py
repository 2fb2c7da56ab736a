from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from service.heavy import HeavyWork
from service.labeller import Labeller
from service.metrics import Metrics
from service.registry import LoadedModel
from service.settings import Settings
from textcnn.detail import Detail
from textcnn.errors import OverloadedError
from textcnn.prediction import Prediction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.registry import Registry


class Slow:
    """A classifier that waits until it is let go, and tells in which thread it ran."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.threads: list[str] = []

    def detail(self, text: str) -> Detail:
        self.threads.append(threading.current_thread().name)
        return Detail(Prediction("a", 1.0, {"a": 1.0}), [1.0], len(text), 0)

    def detail_batch(self, texts: Sequence[str]) -> list[Detail]:
        self.gate.wait(10)
        return [self.detail(text) for text in texts]


def labeller_of(slow: Slow, settings: Settings) -> Labeller:
    model = LoadedModel("slow", "1", slow, {})  # type: ignore[arg-type]  # as far as it is used
    registry = cast("Registry", SimpleNamespace(get=lambda *_: model))
    return Labeller(registry, settings, HeavyWork(settings.threads, settings.max_waiting), Metrics())


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
