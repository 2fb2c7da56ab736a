"""Chores that are done now and then, beside the requests, so that none of them pays for it."""

from __future__ import annotations

import asyncio
import logging
from itertools import count
from typing import TYPE_CHECKING, Final

from textcnn.errors import ConfigError
from textcnn.service.http.in_flight import LOOK_SECONDS

if TYPE_CHECKING:
    from textcnn.service.http.access_log import AccessLog
    from textcnn.service.http.in_flight import InFlight
    from textcnn.service.http.keys import Keyring
    from textcnn.service.http.prometheus import Metrics
    from textcnn.service.labelling.bounded_pool import BoundedPool

log = logging.getLogger(__name__)

SELDOM: Final = 5
"""Rounds between two of the chores that may wait a second."""


class Housekeeping:
    """End late requests, write the log, sum up figures, read the key file again."""

    def __init__(
        self,
        in_flight: InFlight,
        access_log: AccessLog,
        metrics: Metrics,
        pool: BoundedPool,
        keyring: Keyring,
    ) -> None:
        self._in_flight, self._access_log, self._metrics = in_flight, access_log, metrics
        self._pool, self._keyring = pool, keyring

    async def run(self) -> None:
        """Run until cancelled."""
        for number in count():
            self._in_flight.end_late_ones()
            self._access_log.flush()
            if number % SELDOM == 0:
                self._seldom()
            await asyncio.sleep(LOOK_SECONDS)

    def _seldom(self) -> None:
        self._metrics.observe(heavy=self._pool.under_way, under_way=len(self._in_flight))
        self._metrics.hand_over()
        try:
            self._keyring.refresh()
        except ConfigError as error:
            log.error("the keys stay as they were: %s", error.message)
