"""What is loaded: models by name, ready to answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from textcnn.catalogue import bundled_models, find_model
from textcnn.classifier import TextClassifier
from textcnn.errors import ConfigError, ModelNotFoundError, NotReadyError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PREFERRED_DEFAULT = "sentiment"


@dataclass(frozen=True)
class LoadedModel:
    """A model that answers. Immutable: whoever holds one goes on with it, whatever is published meanwhile."""

    name: str
    version: str
    classifier: TextClassifier
    metrics: Mapping[str, Any]


@dataclass(frozen=True)
class _Published:
    """The models that answer and the name of the default one: together, so that they always fit."""

    models: Mapping[str, LoadedModel]
    default: str


class Registry:
    """The models that answer now. Readers never wait: they take one reference, which publishing replaces."""

    def __init__(self) -> None:
        self._published = _Published(MappingProxyType({}), "")

    def load(self, models: Sequence[str] = (), default: str | None = None) -> None:
        """Load and warm the named models (all bundled ones by default), then publish them together.

        Raises:
            ModelNotFoundError: a model does not exist, there is none, or the default is not among them.
            ModelDirectoryError: a model is incomplete or damaged.
            ConfigError: two models have one name.
        """
        names = models or tuple(bundled_models())
        if not names:
            raise ModelNotFoundError(
                "There is no model to serve: none is bundled. Name one with --model or TEXTCNN_MODELS.",
                field="models",
            )
        loaded: dict[str, LoadedModel] = {}
        for name in names:
            model = load_model(name)
            if model.name in loaded:
                raise ConfigError(f"Two models are named '{model.name}'; rename a directory.", field="models")
            loaded[model.name] = model
        self._published = _Published(MappingProxyType(loaded), _choose_default(loaded, default))

    @property
    def ready(self) -> bool:
        """Whether there is a model that answers."""
        return bool(self._published.models)

    @property
    def default(self) -> str:
        """The model that answers when a request names none."""
        return self._published.default

    def models(self) -> list[LoadedModel]:
        """Every model, in the order of their names."""
        models = self._published.models
        return [models[name] for name in sorted(models)]

    def get(self, name: str | None = None) -> LoadedModel:
        """The model of this name, or the default one.

        Raises:
            NotReadyError: nothing is loaded yet.
            ModelNotFoundError: no model has the name; those there are, are listed.
        """
        published = self._published
        models = published.models
        if not models:
            raise NotReadyError("No model is loaded yet. Try again in a moment.")
        model = models.get(published.default if name is None else name)
        if model is None:
            raise ModelNotFoundError(
                f"No such model is served; there are {', '.join(models)}.", field="model"
            )
        return model


def load_model(name: str) -> LoadedModel:
    """Load one model and let it classify a text, so that its first request costs no more than its second.

    Raises:
        ModelNotFoundError: it does not exist.
        ModelDirectoryError: it is incomplete or damaged.
    """
    directory = find_model(name)
    classifier = TextClassifier.from_directory(directory)
    classifier.classify("warm up")
    return LoadedModel(directory.path.absolute().name, directory.version(), classifier, directory.metrics())


def _choose_default(loaded: Mapping[str, LoadedModel], wanted: str | None) -> str:
    if wanted is None:
        return PREFERRED_DEFAULT if PREFERRED_DEFAULT in loaded else next(iter(loaded))
    name = Path(wanted).name
    if name not in loaded:
        raise ModelNotFoundError(
            f"The default model '{wanted}' is not among those to serve ({', '.join(loaded)}).",
            field="default_model",
        )
    return name
