"""The process that answers: uvicorn, told to end without losing a request."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from fastapi import FastAPI

    from service.settings import Settings
    from service.traffic import Traffic


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How uvicorn runs the app: our gateway logs and names things, so it does not."""
    return uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=settings.grace_seconds,
    )


class DrainingServer(uvicorn.Server):
    """Ends in steps, so that no request is lost.

    `/readyz` says 503, and connections are closed after each answer; then none is taken any more; then what
    is under way is answered; then the process ends.
    """

    def __init__(self, config: uvicorn.Config, traffic: Traffic, drain_seconds: float) -> None:
        super().__init__(config)
        self._traffic = traffic
        self._drain_seconds = drain_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain first, unless somebody at a terminal waits for the end."""
        self._traffic.draining = True
        if signal.SIGINT not in self._captured_signals:
            await asyncio.sleep(self._drain_seconds)
        await super().shutdown(sockets)


def run(app: FastAPI, settings: Settings, sockets: Sequence[socket.socket]) -> None:
    """Answer until a signal ends the process."""
    config = server_config(app, settings)
    DrainingServer(config, app.state.traffic, settings.drain_seconds).run(list(sockets))
