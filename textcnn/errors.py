"""Every error that textcnn raises on purpose, as one tree.

TextCNNError
├── InputError             what the caller gave cannot be used
│   ├── CorpusError        a labelled file: names file and line
│   ├── TextError          one text to classify
│   │   └── EmptyTextError where a client's own server takes none
│   ├── RequestError       a request to the service: names the field
│   │   ├── NotJSONError   a body that is no JSON at all
│   │   ├── MediaTypeError a content type that the route does not take
│   │   ├── RouteError     there is no such route
│   │   └── MethodError    the route takes another method
│   ├── TooLargeError      a request body over the limit
│   ├── ConflictError      what is asked does not go with how things stand now
│   ├── SlowRequestError   a request that did not arrive in time
│   └── ConfigError        a recipe, setting or option: names the key
│       └── DivergenceError  a recipe that made training leave the numbers
├── ModelError             what should be a model cannot be used
│   ├── ModelNotFoundError
│   │   └── VersionNotFoundError
│   └── ModelDirectoryError  names the directory and the file in it
├── MissingExtraError      an optional part of the installation is needed
├── JobNotFoundError       no job has this id
├── TrainingFailedError    a training run ended without a model
├── StorageError           the disk or the database cannot be used now
├── AccessError            who asks may not
│   ├── KeyMissingError    no API key, or one that is not known
│   └── ScopeError         the key is for other routes
├── OverloadedError        too much work at once: try again
├── TimeLimitError         the work took longer than it may
├── NotReadyError          not started yet, or stopping
└── FaultError             a bug: its place is in the log

A message is one or two sentences: what was found, what was expected, what to do. It never repeats the
text that a user wanted classified, since messages end in logs.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar


class TextCNNError(Exception):
    """The root of the tree; catch it to catch everything that is not a bug."""

    code: ClassVar[str] = "error"
    """A slug for programs; it stays the same when the sentence is reworded."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        """The name of the argument, key or column that the error is about, where there is one."""


class InputError(TextCNNError):
    """What the caller gave cannot be used."""

    code = "invalid_input"


class CorpusError(InputError):
    """A corpus cannot be read, or cannot be trained on honestly."""

    code = "invalid_corpus"

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        field: str | None = None,
    ) -> None:
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(where + message, field=field)
        self.file = file
        self.line = line


class TextError(InputError):
    """A text to be classified cannot be used."""

    code = "invalid_text"


class EmptyTextError(TextError):
    """A text is empty, and whoever asks expects that to be refused."""


class RequestError(InputError):
    """A request to the service is not of the shape that its route takes."""

    code = "invalid_request"


class NotJSONError(RequestError):
    """A request body is no JSON, or nested too deeply to be read."""


class MediaTypeError(RequestError):
    """A request body is of a content type that its route does not take."""


class RouteError(RequestError):
    """The service has no such route."""

    code = "not_found"


class MethodError(RequestError):
    """The route takes another method; `allowed` names those that it takes, as a header does."""

    code = "method_not_allowed"

    def __init__(self, message: str, allowed: str) -> None:
        super().__init__(message)
        self.allowed = allowed


class SlowRequestError(InputError):
    """A request did not arrive whole in the time that it may take."""

    code = "request_timeout"


class TooLargeError(InputError):
    """A request body is larger than the service takes."""

    code = "too_large"


class ConflictError(InputError):
    """What is asked does not go with how things stand now, such as removing the version that is live."""

    code = "conflict"


class ConfigError(InputError):
    """A recipe, a setting or an option has an unknown key or an impossible value."""

    code = "invalid_config"


class DivergenceError(ConfigError):
    """Training left the numbers: the loss became infinite or no number at all."""

    code = "diverged"


class ModelError(TextCNNError):
    """What should be a model cannot be used."""

    code = "invalid_model"


class ModelNotFoundError(ModelError):
    """No model has this name, and no model directory lies at this path."""

    code = "model_not_found"


class VersionNotFoundError(ModelNotFoundError):
    """A model has no version of this name."""

    code = "version_not_found"


class ModelDirectoryError(ModelError):
    """A model directory is incomplete, altered or of a format that this version cannot read."""

    code = "invalid_model_directory"

    def __init__(self, message: str, *, directory: str | Path, file: str | None = None) -> None:
        where = f"{directory}/{file}" if file else f"{directory}"
        super().__init__(f"{where}: {message}")
        self.directory = directory
        self.file = file


class MissingExtraError(TextCNNError):
    """An optional part of the installation is needed for this."""

    code = "missing_extra"

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the extra '{extra}': {_installs(extra)}")
        self.extra = extra


def _installs(extra: str) -> str:
    """The command that installs an extra: of an installed package by its name, of a checkout from there.

    pip takes the name of what is installed already for that, and adds what the extra lists.
    """
    checkout = Path(__file__).parents[1]
    if (checkout / "pyproject.toml").is_file():
        return f"pip install -c constraints.txt -e '.[{extra}]' in the checkout, for textcnn[{extra}]"
    return f"pip install 'textcnn[{extra}]'"


class JobNotFoundError(TextCNNError):
    """No job has this id."""

    code = "job_not_found"


class TrainingFailedError(TextCNNError):
    """A training run ended without a model; its own words are repeated where it had any."""

    code = "training_failed"


class StorageError(TextCNNError):
    """The disk is full or cannot be written, or the database is locked or gone."""

    code = "storage"


class AccessError(TextCNNError):
    """Who asks may not do what was asked for."""

    code = "forbidden"


class KeyMissingError(AccessError):
    """There is no API key in the request, or one that is not known."""

    code = "unauthenticated"


class ScopeError(AccessError):
    """The API key is known, and is for other routes."""


class OverloadedError(TextCNNError):
    """Too much work is under way; the same call may succeed in a moment."""

    code = "overloaded"


class TimeLimitError(TextCNNError):
    """The work took longer than a request may."""

    code = "time_limit"


class NotReadyError(TextCNNError):
    """Models are not loaded yet, or the process is stopping."""

    code = "not_ready"


class FaultError(TextCNNError):
    """A bug, told without its details: the log has them."""

    code = "internal_error"
