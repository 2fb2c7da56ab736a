"""The application: collaborators in, routes out."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from textcnn.errors import ConfigError
from textcnn.service.data_directory import DataDirectory
from textcnn.service.dialects.huggingface import huggingface_routes
from textcnn.service.dialects.open_inference.oip_routes import open_inference_routes
from textcnn.service.dialects.text_embeddings.tei_routes import text_embeddings_routes
from textcnn.service.http import openapi, problems
from textcnn.service.http.access import Areas
from textcnn.service.http.access_log import AccessLog
from textcnn.service.http.draining import drain_on_sigterm
from textcnn.service.http.gateway import Gateway
from textcnn.service.http.head_limits import HELD, REFUSED
from textcnn.service.http.housekeeping import Housekeeping
from textcnn.service.http.in_flight import InFlight
from textcnn.service.http.keys import Keyring
from textcnn.service.http.prometheus import Metrics
from textcnn.service.labelling.bounded_pool import BoundedPool
from textcnn.service.labelling.file_labeller import FileLabeller
from textcnn.service.labelling.labeller import Labeller
from textcnn.service.labelling.model_tallies import ModelTallies
from textcnn.service.loaded.earlier_versions import EarlierVersions
from textcnn.service.process.supervision import Supervision
from textcnn.service.retraining.kept_answers import AnswerBook
from textcnn.service.routes.answers import answers_routes
from textcnn.service.routes.classify import classify_routes
from textcnn.service.routes.classify_file import classify_file_routes
from textcnn.service.routes.console import console_routes
from textcnn.service.routes.corpora import corpora_routes
from textcnn.service.routes.feedback import feedback_routes
from textcnn.service.routes.file_jobs import file_jobs_routes
from textcnn.service.routes.health import health_routes
from textcnn.service.routes.jobs import jobs_routes
from textcnn.service.routes.models import models_routes
from textcnn.service.routes.scrape import metrics_routes
from textcnn.service.routes.versions import versions_routes

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.types import ASGIApp

    from textcnn.service.loaded.registry import Registry
    from textcnn.service.settings import Settings


class Service(FastAPI):
    """The framework's application, with a layer of ours outside of its own."""

    def __init__(self, wrap: Callable[[ASGIApp], ASGIApp], **arguments: Any) -> None:  # noqa: ANN401  # as FastAPI
        self._wrap = wrap
        super().__init__(**arguments)

    def build_middleware_stack(self) -> ASGIApp:
        """The framework's layers, and ours around them."""
        return self._wrap(super().build_middleware_stack())


def create_app(settings: Settings, registry: Registry, listener: socket.socket | None = None) -> FastAPI:
    """The service over a registry; starting it loads the models, unless the registry has some already.

    `listener` is the socket that the server listens on, where no other process does.

    Raises:
        ConfigError: the API keys cannot be read, or answers are to be kept without a place for them.
    """
    if settings.keep_answers and settings.data_dir is None:
        raise ConfigError(
            "Answers are to be kept (TEXTCNN_KEEP_ANSWERS), and there is no place for them: set "
            "TEXTCNN_DATA_DIR.",
            field="keep_answers",
        )
    in_flight, tallies = InFlight(settings.max_held_bytes), ModelTallies()
    supervision = Supervision()
    metrics = Metrics(tallies, supervision)
    keyring = Keyring(settings.keys_file, settings.keys)
    access_log = AccessLog(getattr(sys.stderr, "buffer", None) if settings.access_log else None)
    pool = BoundedPool(settings.threads, settings.max_waiting)
    data_directory = DataDirectory(settings)
    keeps_versions = settings.data_dir is not None
    earlier = EarlierVersions(registry, lambda: data_directory.repository) if keeps_versions else None
    labeller = Labeller(registry, settings, pool, tallies, earlier, is_alone=lambda: len(in_flight) <= 1)
    file_labeller = FileLabeller(labeller, settings, pool, tallies)
    book = AnswerBook(lambda: data_directory.answers) if settings.keep_answers else None
    housekeeping = Housekeeping(in_flight, access_log, metrics, pool, keyring)
    groups = (
        classify_routes(labeller, book),
        classify_file_routes(file_labeller, settings),
        models_routes(registry, settings),
        health_routes(registry, in_flight, supervision),
        versions_routes(data_directory, settings, pool),
        corpora_routes(data_directory),
        jobs_routes(data_directory, in_flight),
        file_jobs_routes(data_directory, registry, settings),
        feedback_routes(data_directory, settings),
        answers_routes(data_directory),
        metrics_routes(metrics, public=settings.public_metrics),
        huggingface_routes(labeller),
        text_embeddings_routes(registry, labeller, pool, settings),
        open_inference_routes(registry, labeller, pool, settings),
        console_routes(),
    )

    def wrap(inner: ASGIApp) -> ASGIApp:
        gateway = Gateway(
            inner,
            settings=settings,
            areas=Areas(area for group in groups for area in group.areas),
            keyring=keyring,
            in_flight=in_flight,
            metrics=metrics,
            access_log=access_log,
            direct={path: direct for group in groups for path, direct in group.direct.items()},
        )
        return _with_cors(gateway, settings) if settings.cors_origins else gateway

    def note_refusal(status: int, bytes_in: int, bytes_out: int) -> None:
        access_log.write_refusal(metrics.refused(status), status, bytes_in, bytes_out)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:  # noqa: ARG001  # FastAPI passes it
        if not registry.ready:
            await asyncio.to_thread(data_directory.load, registry)
        drain_on_sigterm(in_flight, settings.drain_seconds, listener)
        chores: dict[str, Callable[[], Awaitable[None]]] = {
            "housekeeping": housekeeping.run,
            "follower": partial(data_directory.follow, registry),
            **({"answers": book.run} if book else {}),
        }
        tasks = [asyncio.create_task(supervision.keep(name, run)) for name, run in chores.items()]
        yield {HELD: in_flight.held, REFUSED: note_refusal}  # the server gives it to each connection
        for task in tasks:
            task.cancel()
        pool.close()
        await asyncio.to_thread(file_labeller.children.close)
        if book is not None:
            await asyncio.to_thread(book.write)
        await asyncio.to_thread(data_directory.close)
        access_log.flush()

    app = Service(
        wrap,
        title="textcnn",
        version=version("textcnn"),
        description="Labels texts with TextCNN models.",
        lifespan=lifespan,
        # FastAPI's redirects lead to whatever Host a request names.
        redirect_slashes=False,
        # FastAPI would look for its own at each request; ours are in the gateway.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    for group in groups:
        app.include_router(group.router)
    problems.install(app)
    openapi.install(app, (schema for group in groups for schema in group.schemas))
    return app


def _with_cors(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Wrap the app for pages of other origins; outside the gateway, as preflight requests have no key."""
    return CORSMiddleware(
        app,
        allow_origins=settings.cors_origins,
        allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
        allow_headers=("authorization", "content-type", "x-request-id"),
        expose_headers=("x-request-id", "retry-after"),
    )
