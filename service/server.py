"""The processes that answer: uvicorn's, with our app in each."""

from __future__ import annotations

import functools
import os
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.supervisors import Multiprocess

from service import logs
from service.app import create_app
from service.metrics import SHARED
from service.registry import Registry

if TYPE_CHECKING:
    import socket

    from fastapi import FastAPI

    from service.settings import Settings

STARTUP_SECONDS = 60
"""A worker that does not answer its supervisor for so long is started anew; loading models is part of it."""


def run(settings: Settings, registry: Registry, listener: socket.socket) -> None:
    """Answer until a signal ends the process."""
    uvicorn.Server(_config(settings, registry)).run(sockets=[listener])


def run_workers(settings: Settings, listener: socket.socket) -> None:
    """Answer with several processes, which load their models themselves; one that dies is started anew."""
    with TemporaryDirectory(prefix="textcnn-metrics-") as shared:
        os.environ[SHARED] = shared
        _Workers(_config(settings, None), [listener]).run()


class _Workers(Multiprocess):
    """Holds the listening socket for workers to come; when none will, connections must be refused."""

    def terminate_all(self) -> None:
        super().terminate_all()
        for each in self.sockets:
            each.close()


def _config(settings: Settings, registry: Registry | None) -> uvicorn.Config:
    """How uvicorn runs the app. The gateway logs and names things, so uvicorn does not."""
    return uvicorn.Config(
        functools.partial(_make_app, settings, registry),
        factory=True,
        workers=settings.workers,
        access_log=False,
        log_config=None,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=settings.grace_seconds,
        timeout_worker_healthcheck=STARTUP_SECONDS,
    )


def _make_app(settings: Settings, registry: Registry | None) -> FastAPI:
    """The app of one process."""
    logs.install(settings.log_level)
    return create_app(settings, registry or Registry())
