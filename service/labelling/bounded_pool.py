"""A bounded pool of threads, for work that would block the event loop for too long."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from textcnn.service.service_errors import OverloadedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

T = TypeVar("T")


class BoundedPool:
    """A few threads, and a bound on what runs or waits for them.

    A call that is cancelled (its client went away, its time is up) takes its work out of the queue. Work that
    runs already cannot be stopped from outside, and counts until it ends.
    """

    def __init__(self, threads: int, max_waiting: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="labeller")
        self._max_waiting = max_waiting
        self.under_way = 0
        """The number of calls that run or wait."""

    async def run(self, work: Callable[[], T]) -> T:
        """Do the work in a thread, and give its result.

        Raises:
            OverloadedError: too much runs or waits already.
        """
        if self.under_way >= self._max_waiting:
            raise OverloadedError("Too many long requests are under way. Try again in a moment.")
        loop = asyncio.get_running_loop()
        future = self._pool.submit(work)
        self.under_way += 1  # only the event loop counts, so no lock is needed
        future.add_done_callback(lambda done: self._ended(done, loop))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let running work end, and take no more."""
        self._pool.shutdown(cancel_futures=True)

    def _ended(self, _: Future[T], loop: asyncio.AbstractEventLoop) -> None:
        """Count the work as ended, from whichever thread ended it."""
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._count_down)

    def _count_down(self) -> None:
        self.under_way -= 1
