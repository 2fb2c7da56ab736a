"""The routes of the Open Inference Protocol that describe the server and its models."""

from __future__ import annotations

import json
from importlib.metadata import version as version_of
from typing import TYPE_CHECKING, Any, Final

import msgspec
from fastapi import APIRouter, Request, Response

from textcnn.service.dialects.dialect_openapi import describe_route
from textcnn.service.dialects.open_inference.input_tensors import INPUT
from textcnn.service.dialects.open_inference.oip_bodies import (
    IndexEntry,
    IndexRequest,
    InferenceError,
    InferenceModel,
    Liveness,
    ModelConfiguration,
    ModelNames,
    ModelReadiness,
    Readiness,
    ServerFacts,
    TensorConfiguration,
    TensorFacts,
)
from textcnn.service.dialects.open_inference.output_tensors import output_facts
from textcnn.service.http.charset import json_body
from textcnn.service.http.schemas import parse
from textcnn.service.service_errors import NotReadyError, RouteError

if TYPE_CHECKING:
    from textcnn.service.loaded.registry import LoadedModel, Registry

PLATFORM: Final = "textcnn"
EXTENSIONS = ["binary_tensor_data", "classification", "model_configuration", "model_repository"]
TRITON_TYPES = {"BYTES": "TYPE_STRING", "FP32": "TYPE_FP32", "BOOL": "TYPE_BOOL"}
ERROR = (InferenceError,)


def add_server_facts(router: APIRouter, registry: Registry) -> None:
    """Add the routes about the server and its models."""

    @router.get("", **_describe("Tell what answers here", ServerFacts))
    async def server() -> Response:
        """Tell what answers here."""
        return json_answer(ServerFacts("textcnn", version_of("textcnn"), EXTENSIONS))

    @router.get("/health/live", **_describe("Whether the process lives", Liveness, public=True))
    async def live() -> Response:
        """Tell that the process lives."""
        return json_answer(Liveness(live=True))

    @router.get("/health/ready", **_describe("Whether models are loaded", Readiness, 503, public=True))
    async def ready() -> Response:
        """Tell whether models are loaded; 503 when not."""
        if not registry.ready:
            raise NotReadyError("No model is loaded yet. Try again in a moment.")
        return json_answer(Readiness(live=True, ready=True))

    @router.get("/models", **_describe("List the models", ModelNames))
    async def models() -> Response:
        """List the models."""
        return json_answer(ModelNames([model.name for model in registry.models()]))

    listing = describe_route(
        "List every version",
        list[IndexEntry],
        dict.fromkeys((400, 401, 403, 408, 413, 415, 429), ERROR),
        takes=IndexRequest,
        needs_body=False,
    )

    @router.post("/repository/index", **listing)
    async def index(request: Request) -> Response:
        """List every version of every model. All are ready, whether `ready` asks for that or not."""
        body = await json_body(request)
        if body.strip():
            parse(body, IndexRequest)
        versions = [each for model in registry.models() for each in registry.versions(model.name)]
        return json_answer([IndexEntry(each.name, each.version, "READY", "") for each in versions])


def add_model_facts(router: APIRouter, registry: Registry) -> None:
    """Add the routes about one model, in the version that answers or in another one."""

    async def stats() -> Response:
        raise RouteError("Statistics are not served here; GET /metrics has them, for Prometheus.")

    # Without these, Triton's clients would be told that there is no model named `stats`.
    for path in ("/models/stats", "/models/{model}/stats", "/models/{model}/versions/{version}/stats"):
        router.get(path, include_in_schema=False)(stats)

    metadata_description = _describe("Tell inputs and outputs", InferenceModel, 404, 503)

    @router.get("/models/{model}", **metadata_description)
    @router.get("/models/{model}/versions/{version}", **metadata_description)
    async def metadata(model: str, version: str | None = None) -> Response:
        """Tell a model's versions, inputs and outputs."""
        return json_answer(_metadata(registry, registry.get(model, version)))

    readiness_description = _describe("Whether a model answers", ModelReadiness, 404, 503)

    @router.get("/models/{model}/ready", **readiness_description)
    @router.get("/models/{model}/versions/{version}/ready", **readiness_description)
    async def model_ready(model: str, version: str | None = None) -> Response:
        """Tell whether a model answers."""
        return json_answer(ModelReadiness(registry.get(model, version).name, ready=True))

    configuration_description = _describe(
        "Tell inputs and outputs as Triton does", ModelConfiguration, 404, 503
    )

    @router.get("/models/{model}/config", **configuration_description)
    @router.get("/models/{model}/versions/{version}/config", **configuration_description)
    async def configuration(model: str, version: str | None = None) -> Response:
        """Tell a model's inputs and outputs in the words of Triton."""
        return json_answer(_configuration(registry.get(model, version)))


def json_answer(body: object, headers: dict[str, str] | None = None) -> Response:
    """A JSON response from a struct, or from a list of them."""
    return Response(msgspec.json.encode(body), headers=headers, media_type="application/json")


def _describe(
    summary: str, gives: type[msgspec.Struct], *refuses: int, public: bool = False
) -> dict[str, Any]:
    """The arguments that tell FastAPI of a route without a body."""
    return describe_route(summary, gives, dict.fromkeys((401, 403, *refuses), ERROR), public=public)


def _metadata(registry: Registry, model: LoadedModel) -> InferenceModel:
    config = model.classifier.config
    return InferenceModel(
        name=model.name,
        versions=[each.version for each in registry.versions(model.name)],
        platform=PLATFORM,
        inputs=[TensorFacts(INPUT, "BYTES", [-1])],
        outputs=output_facts(config),
        properties={"labels": json.dumps(config.labels, ensure_ascii=False)},
    )


def _configuration(model: LoadedModel) -> ModelConfiguration:
    outputs = output_facts(model.classifier.config)
    return ModelConfiguration(
        name=model.name,
        platform=PLATFORM,
        max_batch_size=0,  # the first dimension is in the shapes
        input=[TensorConfiguration(INPUT, TRITON_TYPES["BYTES"], [-1])],
        output=[TensorConfiguration(each.name, TRITON_TYPES[each.datatype], each.shape) for each in outputs],
    )
