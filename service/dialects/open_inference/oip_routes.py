"""The Open Inference Protocol (KServe v2) over HTTP, with Triton's binary tensors and classification.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
https://github.com/triton-inference-server/server/tree/main/docs/protocol
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import UNSET

from textcnn.service.dialects.all_labelled import ANSWER_HEADERS, answer_headers, label_all
from textcnn.service.dialects.dialect_openapi import describe_route
from textcnn.service.dialects.open_inference.content_encoding import unpack
from textcnn.service.dialects.open_inference.input_tensors import read_texts, split_body
from textcnn.service.dialects.open_inference.oip_bodies import (
    SCHEMAS,
    InferAnswer,
    InferenceError,
    InferRequest,
)
from textcnn.service.dialects.open_inference.oip_metadata import (
    add_model_facts,
    add_server_facts,
    json_answer,
)
from textcnn.service.dialects.open_inference.output_tensors import Outputs
from textcnn.service.http.access import Area
from textcnn.service.http.charset import to_utf8
from textcnn.service.http.json_faults import packing_of
from textcnn.service.http.problems import status_of
from textcnn.service.http.route_group import RouteGroup
from textcnn.service.http.schemas import parse
from textcnn.service.service_errors import NotJSONError
from textcnn.tokens.surrogates import without_surrogates

if TYPE_CHECKING:
    from textcnn.errors import TextCNNError
    from textcnn.service.labelling.bounded_pool import BoundedPool
    from textcnn.service.labelling.labeller import Labeller
    from textcnn.service.loaded.registry import Registry
    from textcnn.service.settings import Settings

HEADER_LENGTH: Final = "inference-header-content-length"
ERRORS = dict.fromkeys((400, 401, 403, 404, 408, 413, 415, 429, 503, 504), (InferenceError,))


def write_error(error: TextCNNError) -> Response:
    """The response for an error: the protocol has 400 where we have 422."""
    status = status_of(error)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        status = HTTPStatus.BAD_REQUEST
    return Response(msgspec.json.encode(InferenceError(error.message)), status, media_type="application/json")


def open_inference_routes(
    registry: Registry, labeller: Labeller, pool: BoundedPool, settings: Settings
) -> RouteGroup:
    """The routes of the dialect."""
    router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"])
    _add_inference(router, labeller, pool, settings)
    add_server_facts(router, registry)
    add_model_facts(router, registry)
    public = (
        Area(prefix=f"/v2/health/{name}", needs=None, write_error=write_error) for name in ("live", "ready")
    )
    area = Area(prefix="/v2", only_labels=True, write_error=write_error)
    return RouteGroup(router, areas=(area, *public), schemas=SCHEMAS)


def _add_inference(router: APIRouter, labeller: Labeller, pool: BoundedPool, settings: Settings) -> None:
    """Add the routes that label texts."""

    async def infer(request: Request, model: str, version: str | None = None) -> Response:
        body, encoding = await request.body(), request.headers.get("content-encoding")
        if encoding is not None:
            packed = body
            body = await pool.run(lambda: unpack(packed, encoding, settings.max_body_bytes))
        head, tail = split_body(body, request.headers.get(HEADER_LENGTH))
        if encoding is None and packing_of(head) in ("gzip", "zlib"):
            raise NotJSONError(
                "The body is packed; name its packing in Content-Encoding, as gzip or deflate."
            )
        head = to_utf8(head, request.headers.get("content-type", ""))
        infer_request = parse(head, InferRequest)
        config = (await labeller.find(model, version)).classifier.config
        outputs = Outputs(config, infer_request.outputs, (infer_request.parameters or {}).get("top_k"))
        texts = read_texts(infer_request.inputs, tail)
        loaded, outcomes = await label_all(labeller, texts, model, version)
        tensors = outputs.tensors([outcome.prediction for outcome in outcomes])
        request_id = UNSET if infer_request.id is None else without_surrogates(infer_request.id)
        truncated = any(outcome.truncated for outcome in outcomes)
        answer = InferAnswer(loaded.name, loaded.version, tensors, request_id)
        return json_answer(answer, answer_headers(loaded, truncated=truncated))

    description = describe_route(
        "Label texts", InferAnswer, ERRORS, takes=InferRequest, headers=ANSWER_HEADERS
    )

    @router.post("/models/{model}/infer", **description)
    async def infer_default(request: Request, model: str) -> Response:
        """Label texts with a model, in the version that answers."""
        return await infer(request, model)

    @router.post("/models/{model}/versions/{version}/infer", **description)
    async def infer_version(request: Request, model: str, version: str) -> Response:
        """Label texts with a version of a model."""
        return await infer(request, model, version)
