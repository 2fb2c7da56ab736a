"""Every request under way: what they hold together, and how long each may take."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Final

from textcnn.service.http.held_bytes import HeldBytes

if TYPE_CHECKING:
    from textcnn.service.http.exchange import Exchange

LOOK_SECONDS: Final = 0.2
"""One look over all requests instead of a timer for each: a timer costs as much as a label."""
LAST_WORDS_SECONDS: Final = 2.0
"""Time to send the error, even to a client that reads slowly."""


class InFlight:
    """The requests under way."""

    def __init__(self, max_bytes: int) -> None:
        self._exchanges: dict[Exchange, None] = {}
        self.held = HeldBytes(max_bytes)
        """The bytes of their heads and bodies."""
        self.draining = False
        """The process is about to end: requests are answered, and each connection is closed after that."""

    def __len__(self) -> int:
        return len(self._exchanges)

    def enter(self, exchange: Exchange, seconds: float) -> None:
        """Start to follow a request, which may take so many seconds."""
        exchange.task = asyncio.current_task()
        exchange.deadline = exchange.started + seconds
        self._exchanges[exchange] = None

    def leave(self, exchange: Exchange) -> None:
        """Forget a request, and what it held."""
        exchange.close()
        del self._exchanges[exchange]

    def end_late_ones(self) -> None:
        """End the requests whose time is up."""
        now = perf_counter()
        for exchange in list(self._exchanges):
            if now > exchange.deadline:
                exchange.deadline = now + LAST_WORDS_SECONDS
                exchange.expire()
