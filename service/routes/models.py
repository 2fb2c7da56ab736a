"""The models that answer here: `/v1/models` and `/v1/info`."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from textcnn.service.http.openapi import describe
from textcnn.service.http.route_group import RouteGroup, json_response
from textcnn.service.http.schemas import FailedModel, Info, Limits, ModelFacts, ModelList, ModelPage

if TYPE_CHECKING:
    from textcnn.service.loaded.registry import LoadedModel, Registry
    from textcnn.service.settings import Settings

FIGURES = ("accuracy", "macro_f1")


def models_routes(registry: Registry, settings: Settings) -> RouteGroup:
    """The routes that tell about models and limits."""
    router = APIRouter()
    limits = Limits(
        settings.max_body_bytes,
        settings.max_batch_texts,
        settings.max_text_characters,
        settings.truncate_texts,
        settings.max_unpacked_bytes,
        settings.request_seconds,
        settings.file_seconds,
    )

    @router.get("/v1/models", **describe("List the models", ModelList))
    async def models() -> Response:
        """List the models that answer, and those that cannot be loaded."""
        failed = [
            FailedModel(name, failure.version, failure.sentence)
            for name, failure in sorted(registry.failures.items())
        ]
        facts = [_facts(model, registry.default) for model in registry.models()]
        return json_response(ModelList(facts, failed))

    @router.get("/v1/models/{model}", **describe("Tell all of a model", ModelPage, refuses=(404, 503)))
    async def one_model(model: str) -> Response:
        """Tell a model's labels, versions, figures and card."""
        return json_response(_page(registry, model))

    @router.get("/v1/info", **describe("Tell version, engines and limits", Info))
    async def info() -> Response:
        """Tell what answers here, and how much a request may hold."""
        engines = {model.name: model.classifier.engine.name for model in registry.models()}
        return json_response(Info(version("textcnn"), engines, limits, settings.keep_answers))

    return RouteGroup(router)


def _facts(model: LoadedModel, default: str) -> ModelFacts:
    config = model.classifier.config
    figures = {key: model.metrics[key] for key in FIGURES if isinstance(model.metrics.get(key), int | float)}
    return ModelFacts(
        model.name, model.version, config.labels, config.multi_label, model.name == default, figures
    )


def _page(registry: Registry, name: str) -> ModelPage:
    versions = registry.versions(name)
    model = versions[0]
    config = model.classifier.config
    return ModelPage(
        name=model.name,
        version=model.version,
        versions=[each.version for each in versions],
        labels=config.labels,
        multi_label=config.multi_label,
        default=model.name == registry.default,
        engine=model.classifier.engine.name,
        metrics=dict(model.metrics),
        card=model.card,
        history=[dict(epoch) for epoch in model.history],
        failure=registry.failure(model.name),
    )
