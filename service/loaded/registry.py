"""The registry of loaded models: by name, ready to answer."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from textcnn.catalogue import bundled_models, find_model
from textcnn.classifier import TextClassifier
from textcnn.directory import METRICS, TRAINING
from textcnn.errors import ConfigError, ModelDirectoryError, ModelError, ModelNotFoundError, TextCNNError
from textcnn.service.service_errors import NotReadyError, StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textcnn.directory import ModelDirectory
    from textcnn.service.versions.version import Version

log = logging.getLogger(__name__)

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


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a model does not answer in the version in which it should."""

    version: str
    """Empty where there is no telling, or where the model is a directory."""
    error: TextCNNError
    place: str = ""
    """The path that names the model, where one does."""

    @property
    def sentence(self) -> str:
        """The reason as clients are told it: without the path of a file on this machine."""
        message = self.error.message
        if isinstance(self.error, StorageError):
            message = "what is kept of it cannot be read; the log of the service tells more."
        elif isinstance(self.error, ModelDirectoryError):
            message = message.removeprefix(str(self.error.directory)).lstrip("/: ")
        elif self.place:
            message = message.replace(self.place, Path(self.place).name)
        what = f"The version {self.version}" if self.version else "The model"
        return f"{what} cannot be loaded: {message}"


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
        self._failures: Mapping[str, Failure] = MappingProxyType({})
        self._publishing = Lock()

    def load(self, models: Sequence[str | LoadedModel] = (), default: str | None = None) -> None:
        """Load and warm the named models (all bundled ones by default), then publish them together.

        A model that is loaded already is published with them. One that cannot be loaded does not keep the
        others from answering, and `failures` tells of it.

        Raises:
            ModelNotFoundError, ModelDirectoryError: no model can be loaded; the error is the first one's.
            ModelNotFoundError: there is none, or the default is not among them.
            ConfigError: two models have one name.
        """
        loaded: dict[str, Versions] = {}
        failures: dict[str, Failure] = {}
        for wanted in models or tuple(bundled_models()):
            name = Path(wanted).absolute().name if isinstance(wanted, str) else wanted.name
            if name in loaded or name in failures:
                raise ConfigError(f"Two models are named '{name}'; rename a directory.", field="models")
            try:
                loaded[name] = (load_model(wanted) if isinstance(wanted, str) else wanted,)
            except ModelError as error:
                failures[name] = Failure("", error)
        self.publish_with_failures(loaded, failures, default)

    def publish_with_failures(
        self, loaded: Mapping[str, Versions], failures: Mapping[str, Failure], default: str | None
    ) -> None:
        """Let the models that were loaded answer, and tell what failed; raises what `load` does.

        Where all failed, nothing answers until another version is promoted; the first error is raised where
        none of them is of the repository.
        """
        chosen = _choose_default([*loaded, *failures], default)
        if not loaded and not any(failure.version for failure in failures.values()):
            raise next(iter(failures.values())).error
        for name, failure in failures.items():
            self.fail(name, failure)
        self.publish(loaded, chosen)

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
            self._failures = {name: why for name, why in self._failures.items() if name in names}
            if len(models) < len(published.models):
                self.publish(models, published.default)

    def fail(self, name: str, failure: Failure) -> None:
        """Remember why a version of a model does not answer, though it should; told once in the log."""
        with self._publishing:
            before = self._failures.get(name)
            self._failures = {**self._failures, name: failure}
        if before is None or before.error.message != failure.error.message:
            version = f"version {failure.version}" if failure.version else "the model"
            log.error("%s: %s is not taken: %s", name, version, failure.error.message)

    def forgive(self, name: str) -> None:
        """Forget why a version did not answer: it does now, or need not any more."""
        with self._publishing:
            if name in self._failures:
                log.warning("%s: what kept a version from being taken is over", name)
            self._failures = {key: value for key, value in self._failures.items() if key != name}

    def failed(self, name: str, version: str) -> bool:
        """Whether this version of a model was tried, and could not be loaded."""
        found = self._failures.get(name)
        return found is not None and found.version == version

    def failure(self, name: str) -> str | None:
        """Why the version that should answer does not; None where it does."""
        found = self._failures.get(name)
        return None if found is None else found.sentence

    @property
    def failures(self) -> Mapping[str, Failure]:
        """Why the version that should answer does not, of each model where this is so; a snapshot."""
        return self._failures

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

    def versions(self, name: str | None) -> Versions:
        """The loaded versions of a model, or of the default one; the one that answers first.

        Raises:
            NotReadyError: nothing is loaded yet, or this model could not be.
            ModelNotFoundError: no model has the name; those there are, are listed.
        """
        try:
            return self._published.versions(name)
        except ModelNotFoundError as error:
            failure = self.failure(self._published.default if name is None else name)
            if failure is None:
                raise
            raise NotReadyError(failure) from error

    def get(self, name: str | None = None, version: str | None = None) -> LoadedModel:
        """The model of this name, or the default one; in this version, or the one that answers.

        Raises:
            NotReadyError: nothing is loaded yet.
            ModelNotFoundError: no model has the name, or the version is not loaded; what there is, is listed.
        """
        versions = self.versions(name)
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
        ModelError: it is incomplete or damaged, or whatever else is wrong with it.
    """
    try:
        return _load(find_model(name))
    except TextCNNError:
        raise
    except Exception as error:  # one model's fault is not the other ones', however it shows
        log.exception("a model cannot be loaded")
        raise ModelError(f"{type(error).__name__}; the log of the service tells more.") from error


def _load(directory: ModelDirectory) -> LoadedModel:
    classifier = TextClassifier.from_directory(directory)
    # Each has loops of its own, which may have to be compiled first.
    classifier.detail("warm up")
    classifier.detail_batch(["warm up"])
    classifier.explain("warm up")
    metrics, history = directory.metrics(), directory.history()
    _require_writable(directory, METRICS, metrics)
    _require_writable(directory, TRAINING, history)
    path = directory.path.absolute()
    return LoadedModel(
        path.name, directory.version(), classifier, metrics, str(path), directory.card(), history
    )


def _require_writable(directory: ModelDirectory, file: str, values: object) -> None:
    """Make sure that what a file holds can be sent as JSON again: no endless number, no broken text."""
    try:
        msgspec.json.encode(values)
    except (ValueError, OverflowError, RecursionError, TypeError) as error:
        raise ModelDirectoryError(
            f"holds what cannot be sent as JSON ({error}). Write it anew.",
            directory=directory.path,
            file=file,
        ) from error


def load_version(version: Version) -> LoadedModel:
    """A version of the repository, loaded and warm under its model's name; every file of it is checked.

    Raises:
        ModelDirectoryError: it is incomplete, altered or damaged.
    """
    directory = version.directory()
    directory.verify()
    return replace(load_model(str(directory.path)), name=version.model)


def _choose_default(names: Sequence[str], default: str | None) -> str:
    """The default among the models to serve, whether they could be loaded or not: it stays the same one."""
    if not names:
        raise ModelNotFoundError(
            "There is no model to serve: none is bundled. Name one with --model or TEXTCNN_MODELS.",
            field="models",
        )
    if default is None:
        return PREFERRED_DEFAULT if PREFERRED_DEFAULT in names else names[0]
    name = Path(default).name
    if name not in names:
        raise ModelNotFoundError(
            f"The default model '{default}' is not among those to serve ({', '.join(names)}).",
            field="default_model",
        )
    return name
