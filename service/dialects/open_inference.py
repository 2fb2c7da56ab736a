"""The Open Inference Protocol (KServe v2) over HTTP, with Triton's binary tensors and classification.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
https://github.com/triton-inference-server/server/tree/main/docs/protocol
"""

from __future__ import annotations

import json
from http import HTTPStatus
from importlib.metadata import version as version_of
from typing import TYPE_CHECKING

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import UNSET

from service.dialects.content_encoding import unpack
from service.dialects.inference_bodies import (
    IndexEntry,
    IndexRequest,
    InferAnswer,
    InferenceError,
    InferenceModel,
    InferRequest,
    Liveness,
    ModelConfiguration,
    ModelNames,
    ModelReadiness,
    Readiness,
    ServerFacts,
    TensorConfiguration,
    TensorFacts,
)
from service.dialects.labelled import answer_headers, label_all
from service.dialects.output_tensors import Outputs, output_facts
from service.dialects.tensors import INPUT, read_texts, split_body
from service.problems import status_of
from service.schemas import parse
from textcnn.errors import NotReadyError, RouteError
from textcnn.surrogates import without_surrogates

if TYPE_CHECKING:
    from service.heavy import HeavyWork
    from service.labeller import Labeller
    from service.registry import LoadedModel, Registry
    from service.settings import Settings
    from textcnn.errors import TextCNNError

PLATFORM = "textcnn"
EXTENSIONS = ["binary_tensor_data", "classification", "model_configuration", "model_repository"]
TRITON_TYPES = {"BYTES": "TYPE_STRING", "FP32": "TYPE_FP32", "BOOL": "TYPE_BOOL"}
HEADER_LENGTH = "inference-header-content-length"


def write_error(error: TextCNNError) -> Response:
    """The answer to a request that met this error: the protocol knows 400 where we have 422."""
    status = status_of(error)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        status = HTTPStatus.BAD_REQUEST
    return Response(msgspec.json.encode(InferenceError(error.message)), status, media_type="application/json")


def make_router(registry: Registry, labeller: Labeller, heavy: HeavyWork, settings: Settings) -> APIRouter:
    """The routes of the dialect."""
    router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"])
    add_inference(router, registry, labeller, heavy, settings)
    add_facts(router, registry)
    return router


def add_inference(
    router: APIRouter, registry: Registry, labeller: Labeller, heavy: HeavyWork, settings: Settings
) -> None:
    """The routes that label texts."""

    async def infer(request: Request, model: str, version: str | None = None) -> Response:
        body, encoding = await request.body(), request.headers.get("content-encoding")
        if encoding is not None:
            packed = body
            body = await heavy.run(lambda: unpack(packed, encoding, settings.max_body_bytes))
        head, tail = split_body(body, request.headers.get(HEADER_LENGTH))
        asked = parse(head, InferRequest)
        config = registry.get(model, version).classifier.config
        outputs = Outputs(config, asked.outputs, (asked.parameters or {}).get("top_k"))
        texts = read_texts(asked.inputs, tail)
        answered, outcomes = await label_all(labeller, texts, model, version)
        tensors = outputs.tensors([outcome.prediction for outcome in outcomes])
        told = UNSET if asked.id is None else without_surrogates(asked.id)
        truncated = any(outcome.truncated for outcome in outcomes)
        answer = InferAnswer(answered.name, answered.version, tensors, told)
        return _json(answer, answer_headers(answered, truncated=truncated))

    @router.post("/models/{model}/infer")
    async def infer_default(request: Request, model: str) -> Response:
        """Label texts with a model, in the version that answers."""
        return await infer(request, model)

    @router.post("/models/{model}/versions/{version}/infer")
    async def infer_version(request: Request, model: str, version: str) -> Response:
        """Label texts with a version of a model."""
        return await infer(request, model, version)


def add_facts(router: APIRouter, registry: Registry) -> None:
    """The routes that tell what there is."""

    @router.get("")
    async def server() -> Response:
        """Tell what answers here."""
        return _json(ServerFacts("textcnn", version_of("textcnn"), EXTENSIONS))

    @router.get("/health/live")
    async def live() -> Response:
        """Tell that the process lives."""
        return _json(Liveness(live=True))

    @router.get("/health/ready")
    async def ready() -> Response:
        """Tell whether models are loaded; 503 when not."""
        if not registry.ready:
            raise NotReadyError("No model is loaded yet. Try again in a moment.")
        return _json(Readiness(live=True, ready=True))

    @router.get("/models")
    async def models() -> Response:
        """List the models."""
        return _json(ModelNames([model.name for model in registry.models()]))

    @router.post("/repository/index")
    async def index(request: Request) -> Response:
        """List every version of every model; all that are listed are ready."""
        body = await request.body()
        if body.strip():
            parse(body, IndexRequest)
        versions = [each for model in registry.models() for each in registry.versions(model.name)]
        return _json([IndexEntry(each.name, each.version, "READY", "") for each in versions])

    @router.get("/models/stats")
    @router.get("/models/{model}/stats")
    @router.get("/models/{model}/versions/{version}/stats")
    async def stats() -> Response:
        """Say where statistics are: clients of Triton ask here."""
        raise RouteError("Statistics are not served here; GET /metrics has them, for Prometheus.")

    @router.get("/models/{model}")
    @router.get("/models/{model}/versions/{version}")
    async def metadata(model: str, version: str | None = None) -> Response:
        """Tell a model's versions, inputs and outputs."""
        return _json(_metadata(registry.get(model, version), registry))

    @router.get("/models/{model}/ready")
    @router.get("/models/{model}/versions/{version}/ready")
    async def model_ready(model: str, version: str | None = None) -> Response:
        """Tell whether a model answers."""
        return _json(ModelReadiness(registry.get(model, version).name, ready=True))

    @router.get("/models/{model}/config")
    @router.get("/models/{model}/versions/{version}/config")
    async def configuration(model: str, version: str | None = None) -> Response:
        """Tell a model's inputs and outputs in the words of Triton."""
        return _json(_configuration(registry.get(model, version)))


def _metadata(model: LoadedModel, registry: Registry) -> InferenceModel:
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


def _json(body: object, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), headers=headers, media_type="application/json")
