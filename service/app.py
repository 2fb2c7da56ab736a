"""The application: collaborators in, routes out."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI

from service import openapi, problems
from service.body_limit import BodyLimit
from service.labeller import Labeller
from service.routes import make_router

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.registry import Registry
    from service.settings import Settings


def create_app(settings: Settings, registry: Registry) -> FastAPI:
    """The service over a registry; starting it loads the models, unless the registry has some already."""
    labeller = Labeller(registry, settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:  # noqa: ARG001  # FastAPI passes it
        if not registry.ready:
            await asyncio.to_thread(registry.load, settings.models, settings.default_model)
        yield
        labeller.close()

    app = FastAPI(
        title="textcnn",
        version=version("textcnn"),
        description="Labels texts with TextCNN models.",
        lifespan=lifespan,
    )
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes)
    app.include_router(make_router(registry, labeller, settings))
    problems.install(app)
    openapi.install(app)
    return app
