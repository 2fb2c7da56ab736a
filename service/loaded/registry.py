"""The registry of loaded models: by name, ready to answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from textcnn.catalogue import bundled_models, find_model
from textcnn.classifier import TextClassifier
from textcnn.errors import ConfigError, ModelNotFoundError
from textcnn.service.service_errors import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textcnn.service.versions.version import Version

PREFERRED_DEFAULT = "sentiment"


@dataclass(frozen=True)
class LoadedModel:
    """A model that answers. Immutable: a request that holds one goes on with it, whatever is published."""

    name: str
    version: str
    classifier: TextClassifier
    metrics: Mapping[str, Any]
    directory: str = ""
    """Where it was loaded from."""
    card: str = ""
    """Its model card, in Markdown."""
    history: Sequence[Mapping[str, Any]] = ()
    """The figures of each epoch of its training."""


Versions = tuple[LoadedModel, ...]
"""The versions of one model that are loaded; the first answers requests that name no version."""


@dataclass(frozen=True)
class _Published:
    """The models that answer and the name of the default one: together, so that they always fit."""

    models: Mapping[str, Versions]
    default: str

    def versions(self, name: str | None) -> Versions:
        """The versions of a model, or of the default one; raises what `Registry.versions` does."""
        if not self.models:
            raise NotReadyError("No model is loaded yet. Try again in a moment.")
        versions = self.models.get(self.default if name is None else name)
        if versions is None:
            names = ", ".join(self.models)
            raise ModelNotFoundError(f"No such model is served; there are {names}.", field="model")
        return versions


class Registry:
    """The models that answer now. Readers never wait: they take one reference, which publishing replaces."""

    def __init__(self) -> None:
        self._published = _Published(MappingProxyType({}), "")
        self._failures: Mapping[str, tuple[str, str]] = MappingProxyType({})
        self._publishing = Lock()

    def load(self, models: Sequence[str | LoadedModel] = (), default: str | None = None) -> None:
        """Load and warm the named models (all bundled ones by default), then publish them together.

        A model that is loaded already is published with them.

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
        loaded: dict[str, Versions] = {}
        for name in names:
            model = load_model(name) if isinstance(name, str) else name
            if model.name in loaded:
                raise ConfigError(f"Two models are named '{model.name}'; rename a directory.", field="models")
            loaded[model.name] = (model,)
        self.publish(loaded, _choose_default(loaded, default))

    def publish(self, models: Mapping[str, Versions], default: str) -> None:
        """Let these models answer in place of the earlier ones: by one reference, so all at once.

        A request that holds an earlier model goes on with it.
        """
        self._published = _Published(MappingProxyType(dict(models)), default)

    def replace(self, model: LoadedModel) -> None:
        """Let a model answer in place of the one of its name, or beside the others."""
        with self._publishing:
            models = {**self._published.models, model.name: (model,)}
            self.publish(models, self._published.default or model.name)
        self.forgive(model.name)

    def keep_only(self, names: Sequence[str]) -> None:
        """Remove the models that are not among these, except the default one."""
        with self._publishing:
            published = self._published
            models = {
                name: versions
                for name, versions in published.models.items()
                if name in names or name == published.default
            }
            if len(models) < len(published.models):
                self.publish(models, published.default)

    def fail(self, name: str, version: str, reason: str) -> None:
        """Remember why a version of a model does not answer, though it should."""
        with self._publishing:
            self._failures = {**self._failures, name: (version, reason)}

    def forgive(self, name: str) -> None:
        """Forget why a version did not answer: it does now, or need not any more."""
        with self._publishing:
            self._failures = {key: value for key, value in self._failures.items() if key != name}

    def failed(self, name: str, version: str) -> bool:
        """Whether this version of a model was tried, and could not be loaded."""
        return self._failures.get(name, ("",))[0] == version

    def failure(self, name: str) -> str | None:
        """Why the version that should answer does not; None where it does."""
        failure = self._failures.get(name)
        return None if failure is None else f"The version {failure[0]} cannot be loaded: {failure[1]}"

    @property
    def ready(self) -> bool:
        """Whether any model answers."""
        return bool(self._published.models)

    @property
    def default(self) -> str:
        """The model that answers when a request names none."""
        return self._published.default

    @property
    def published(self) -> Mapping[str, Versions]:
        """Every loaded version of every model that answers, by name; a snapshot."""
        return self._published.models

    def models(self) -> list[LoadedModel]:
        """Every model that answers requests without a version, in the order of their names."""
        models = self._published.models
        return [models[name][0] for name in sorted(models)]

    def versions(self, name: str) -> Versions:
        """The loaded versions of a model, the one that answers first.

        Raises:
            NotReadyError: nothing is loaded yet.
            ModelNotFoundError: no model has the name; those there are, are listed.
        """
        return self._published.versions(name)

    def get(self, name: str | None = None, version: str | None = None) -> LoadedModel:
        """The model of this name, or the default one; in this version, or the one that answers.

        Raises:
            NotReadyError: nothing is loaded yet.
            ModelNotFoundError: no model has the name, or the version is not loaded; what there is, is listed.
        """
        versions = self._published.versions(name)
        if version is None:
            return versions[0]
        for model in versions:
            if model.version == version:
                return model
        loaded = ", ".join(model.version for model in versions)
        raise ModelNotFoundError(
            f"This version of {versions[0].name} is not loaded; there are {loaded}.", field="version"
        )


def load_model(name: str) -> LoadedModel:
    """Load one model and let it label and explain a text, so that a first request costs no more than others.

    Raises:
        ModelNotFoundError: it does not exist.
        ModelDirectoryError: it is incomplete or damaged.
    """
    directory = find_model(name)
    classifier = TextClassifier.from_directory(directory)
    # Each has loops of its own, which may have to be compiled first.
    classifier.detail("warm up")
    classifier.detail_batch(["warm up"])
    classifier.explain("warm up")
    return LoadedModel(
        directory.path.absolute().name,
        directory.version(),
        classifier,
        directory.metrics(),
        str(directory.path.absolute()),
        directory.card(),
        directory.training().get("history", ()),
    )


def load_version(version: Version) -> LoadedModel:
    """A version of the repository, loaded and warm under its model's name; every file of it is checked.

    Raises:
        ModelDirectoryError: it is incomplete, altered or damaged.
    """
    directory = version.directory()
    directory.verify()
    return replace(load_model(str(directory.path)), name=version.model)


def _choose_default(loaded: Mapping[str, Versions], default: str | None) -> str:
    if default is None:
        return PREFERRED_DEFAULT if PREFERRED_DEFAULT in loaded else next(iter(loaded))
    name = Path(default).name
    if name not in loaded:
        raise ModelNotFoundError(
            f"The default model '{default}' is not among those to serve ({', '.join(loaded)}).",
            field="default_model",
        )
    return name
