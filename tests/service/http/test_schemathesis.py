"""The OpenAPI document is true: what it allows is answered as it says, and never with a fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from schemathesis.specs.openapi.checks import positive_data_acceptance

from textcnn.service.app import create_app
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from schemathesis import BaseSchema, Case, CheckFunction
    from starlette.types import ASGIApp, Receive, Scope, Send

    from textcnn.service.loaded.registry import Registry

DOCUMENT = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]
BEYOND_SCHEMAS = ("/infer", "/file")
"""No schema can say that there are as many texts as a shape tells, nor what a CSV file or an archive is."""
schemathesis.serializer.alias("application/gzip", "application/octet-stream")
BOUNDED = bounds(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


class Started:
    """An app that has started, and that no client starts or ends again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})


@pytest.fixture(scope="module")
def schema(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> BaseSchema:
    """The document as it is served, and the service behind it, in this process."""
    # Named, so that the models stay what they are for all tests that share them.
    data, models = tmp_path_factory.mktemp("data"), ("tiny", "tiny-multi")
    settings = Settings(access_log=False, data_dir=data, models=models)
    app = Started(create_app(settings, registry))
    return schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_route_answers_as_the_document_says(
    schema: BaseSchema, registry: Registry, method: str, path: str
) -> None:
    known = {"model": "tiny", "version": registry.get("tiny").version}
    loose = path.endswith(BEYOND_SCHEMAS) or path.startswith(
        ("/v1/models/{model}/", "/v1/feedback", "/v1/answers", "/v1/files")
    )
    excluded: list[CheckFunction] = [positive_data_acceptance] if loose else []

    @BOUNDED
    @given(case=schema[path][method].as_strategy())
    def ask(case: Case[Any]) -> None:
        case.call_and_validate(excluded_checks=excluded)
        if case.path_parameters:  # they name what is not there
            case.path_parameters = {name: known.get(name, "none") for name in case.path_parameters}
            case.call_and_validate(excluded_checks=excluded)

    ask()
