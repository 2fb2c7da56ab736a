"""The processes that answer: uvicorn's, with our app in each."""

from __future__ import annotations

import functools
import gc
import os
import time
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.supervisors import Multiprocess

from textcnn.processes import end_with_pool
from textcnn.service import logs
from textcnn.service.app import create_app
from textcnn.service.http.draining import refuse_connections
from textcnn.service.http.head_limits import Connection
from textcnn.service.http.prometheus import SHARED
from textcnn.service.loaded.registry import Registry
from textcnn.service.process.malloc import limit_malloc_arenas

if TYPE_CHECKING:
    import socket

    from fastapi import FastAPI

    from textcnn.service.settings import Settings

SELDOM = 50_000
"""New objects between two searches for garbage in cycles."""
STARTUP_SECONDS = 60
"""A worker that does not answer its supervisor for so long is restarted; loading models is part of it."""


def run(settings: Settings, registry: Registry, listener: socket.socket) -> None:
    """Answer until a signal ends the process."""
    uvicorn.Server(_config(settings, registry, listener)).run(sockets=[listener])


def run_workers(settings: Settings, listener: socket.socket) -> None:
    """Answer with several processes, which load their models themselves; one that dies is restarted."""
    with TemporaryDirectory(prefix="textcnn-metrics-") as shared:
        os.environ[SHARED] = shared
        _Workers(_config(settings, None, None), [listener], settings.drain_seconds).run()


class _Workers(Multiprocess):
    """Hold the listening socket, which all workers accept from, and refuse connections for all."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], drain_seconds: float) -> None:
        super().__init__(config, sockets)
        self._drain_seconds = drain_seconds

    def init_processes(self) -> None:
        super().init_processes()
        self._leave_pipes_to_workers()

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        self._leave_pipes_to_workers()

    def _leave_pipes_to_workers(self) -> None:
        """Close our copies of the workers' ends: a ping then ends with its worker, not when time is up."""
        for each in self.processes:
            each.child_conn.close()

    def terminate_all(self) -> None:
        super().terminate_all()
        time.sleep(self._drain_seconds)  # as each worker does
        for each in self.sockets:
            refuse_connections(each)
            each.close()


def _config(settings: Settings, registry: Registry | None, listener: socket.socket | None) -> uvicorn.Config:
    """The configuration of uvicorn. The gateway logs and names things, so uvicorn does not."""
    return uvicorn.Config(
        functools.partial(_make_app, settings, registry, listener),
        factory=True,
        http=Connection,
        workers=settings.workers,
        access_log=False,
        log_config=None,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=settings.grace_seconds,
        timeout_worker_healthcheck=STARTUP_SECONDS,
    )


def _make_app(settings: Settings, registry: Registry | None, listener: socket.socket | None) -> FastAPI:
    """The app of one process, which ends with the one that holds the others."""
    end_with_pool()
    logs.install(settings.log_level)
    limit_malloc_arenas()
    # A batch makes thousands of objects, none in a cycle. Looking for cycles among them, and among all that
    # the libraries hold, took a quarter of a batch's time.
    gc.freeze()
    gc.set_threshold(SELDOM)
    return create_app(settings, registry or Registry(), listener)
