"""The routes of `/v1` and the health checks: they parse and format, and decide nothing."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import APIRouter, Request, Response

from service.openapi import describe
from service.schemas import (
    BatchAnswer,
    BatchRequest,
    ClassifyAnswer,
    ClassifyRequest,
    Info,
    Limits,
    ModelFacts,
    ModelList,
    Problem,
    Result,
    Status,
    parse,
)
from textcnn.errors import NotReadyError, TextCNNError

if TYPE_CHECKING:
    from service.labeller import Labeller
    from service.registry import LoadedModel, Registry
    from service.settings import Settings
    from textcnn.prediction import Prediction

FIGURES = ("accuracy", "macro_f1")


def make_router(registry: Registry, labeller: Labeller, settings: Settings) -> APIRouter:
    """Every route, over the given collaborators."""
    router = APIRouter()
    limits = Limits(settings.max_body_bytes, settings.max_batch_texts, settings.max_text_characters)

    @router.post("/v1/classify", **describe("Label one text", ClassifyAnswer, takes=ClassifyRequest))
    async def classify(request: Request) -> Response:
        """Label one text."""
        asked = parse(await request.body(), ClassifyRequest)
        return _json(_answer(*await labeller.classify(asked.text, asked.model)))

    @router.post("/v1/classify/batch", **describe("Label several texts", BatchAnswer, takes=BatchRequest))
    async def classify_batch(request: Request) -> Response:
        """Label several texts; one that cannot be labelled is an error in its place."""
        asked = parse(await request.body(), BatchRequest)
        model, outcomes = await labeller.classify_batch(asked.texts, asked.model)
        return _json(BatchAnswer(model.name, model.version, [_outcome(each) for each in outcomes]))

    @router.get("/v1/models", **describe("List the models", ModelList))
    async def models() -> Response:
        """List the models that answer."""
        return _json(ModelList([_facts(model, registry.default) for model in registry.models()]))

    @router.get("/v1/info", **describe("Tell version, engines and limits", Info))
    async def info() -> Response:
        """Tell what answers here, and how much a request may hold."""
        engines = {model.name: model.classifier.engine.name for model in registry.models()}
        return _json(Info(version("textcnn"), engines, limits))

    @router.get("/livez", **describe("Whether the process lives", Status))
    async def livez() -> Response:
        """Tell that the process lives."""
        return _json(Status("live"))

    @router.get("/readyz", **describe("Whether models are loaded", Status, refuses=(503,)))
    async def readyz() -> Response:
        """Tell whether models are loaded; 503 when not."""
        if not registry.ready:
            raise NotReadyError("No model is loaded yet. Try again in a moment.")
        return _json(Status("ready"))

    return router


def _json(body: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json")


def _answer(model: LoadedModel, prediction: Prediction) -> ClassifyAnswer:
    values: dict[str, Any] = prediction.to_dict()
    return ClassifyAnswer(model=model.name, version=model.version, **values)


def _outcome(outcome: Prediction | TextCNNError) -> Result | Problem:
    return Problem.of(outcome) if isinstance(outcome, TextCNNError) else Result.of(outcome)


def _facts(model: LoadedModel, default: str) -> ModelFacts:
    config = model.classifier.config
    figures = {key: model.metrics[key] for key in FIGURES if key in model.metrics}
    return ModelFacts(
        model.name, model.version, config.labels, config.multi_label, model.name == default, figures
    )
