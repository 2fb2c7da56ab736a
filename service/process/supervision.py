"""Tasks in the background that go on whatever happens to them: logged, started anew, counted, told of."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

FIRST_PAUSE: Final = 1.0
"""Seconds before a task that ended by an error is started anew; twice as many after each further time."""
LONGEST_PAUSE: Final = 30.0
TROUBLE_SECONDS: Final = 60.0
"""So long after its last error a task counts as troubled."""


class Supervision:
    """The background tasks of one process. Only the event loop's thread touches it."""

    def __init__(self) -> None:
        self.restarts: Counter[str] = Counter()
        """How often each task was started anew."""
        self._died: dict[str, float] = {}

    async def keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run a task until it ends by itself or is cancelled, and again whenever an error ends it."""
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            try:
                await run()
            except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
                raise
            except BaseException:  # a library's panic is no `Exception`
                log.exception("the task '%s' ended by an error; it is started anew", name)
            else:
                return
            self.restarts[name] += 1
            self._died[name] = time.monotonic()
            pause = FIRST_PAUSE if time.monotonic() - began > TROUBLE_SECONDS else pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def troubled(self) -> list[str]:
        """The tasks that an error ended a moment ago."""
        now = time.monotonic()
        return sorted(name for name, died in self._died.items() if now - died < TROUBLE_SECONDS)
