"""The errors that only the service raises, as branches of the tree in `textcnn/errors.py`.

TextCNNError
├── InputError
│   ├── TextError
│   │   └── EmptyTextError where a client's own server takes none
│   ├── RequestError       a request to the service: names the field
│   │   ├── NotJSONError   a body that is no JSON at all
│   │   ├── MediaTypeError a content type or charset that is not taken
│   │   ├── RouteError     there is no such route
│   │   └── MethodError    the route takes another method
│   ├── ConflictError      what is asked does not go with how things stand now
│   ├── SlowRequestError   a request that did not arrive in time
│   └── HeadError          a request whose head is too large
├── ModelError
│   └── ModelNotFoundError
│       └── VersionNotFoundError
├── JobNotFoundError       no job has this id
├── TrainingFailedError    a training run ended without a model
├── StorageError           the disk or the database cannot be used now
├── AccessError            who asks may not
│   ├── KeyMissingError    no API key, or one that is not known
│   ├── ScopeError         the key is for other routes
│   └── HostError          the request names a host that is not ours
├── OverloadedError        too much work at once: try again
├── TimeLimitError         the work took longer than it may
├── NotReadyError          not started yet, or stopping
└── FaultError             a bug: its place is in the log

`http/problems.py` gives each its status code.
"""

from __future__ import annotations

import errno
from typing import Final

from textcnn.errors import InputError, ModelNotFoundError, TextCNNError, TextError


class EmptyTextError(TextError):
    """A text is empty, and the client's dialect refuses that."""


class RequestError(InputError):
    """A request to the service is not of the shape that its route takes."""

    code = "invalid_request"


class NotJSONError(RequestError):
    """A request body is no JSON, or nested too deeply to be read."""


class MediaTypeError(RequestError):
    """A request body is of a content type, or in a charset, that its route does not take."""

    code = "unsupported_media_type"


class RouteError(RequestError):
    """The service has no such route."""

    code = "not_found"


class MethodError(RequestError):
    """The route takes another method; `allowed` names those that it takes, as a header does."""

    code = "method_not_allowed"

    def __init__(self, message: str, allowed: str) -> None:
        super().__init__(message)
        self.allowed = allowed


class ConflictError(InputError):
    """A request does not go with how things stand now, such as removing the version that is live."""

    code = "conflict"


class SlowRequestError(InputError):
    """A request did not arrive whole in the time that it may take."""

    code = "request_timeout"


class HeadError(InputError):
    """The head of a request has too many bytes or fields."""

    code = "head_too_large"


class VersionNotFoundError(ModelNotFoundError):
    """A model has no version of this name."""

    code = "version_not_found"


class JobNotFoundError(TextCNNError):
    """No job has this id."""

    code = "job_not_found"


class TrainingFailedError(TextCNNError):
    """A training run ended without a model; its own message is repeated where it has one."""

    code = "training_failed"


DISK_ERRORS: Final = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO))
"""The numbers of a system's errors that tell of a disk that is full, or cannot be written."""


class StorageError(TextCNNError):
    """The disk is full or cannot be written, or the database is locked or gone."""

    code = "storage"


def as_disk_error(error: BaseException) -> StorageError | None:
    """The error to tell where the disk is at fault; None where something else is."""
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        return StorageError(f"The disk cannot be written: {error.strerror}. Nothing was changed; try again.")
    return None


class AccessError(TextCNNError):
    """The client may not do what it asks for."""

    code = "forbidden"


class KeyMissingError(AccessError):
    """There is no API key in the request, or one that is not known."""

    code = "unauthenticated"


class ScopeError(AccessError):
    """The API key is known, and is for other routes."""


class HostError(AccessError):
    """The request names a host that the service does not have: a page may have bound the name to it."""

    code = "misdirected"


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
    """A bug, reported without its details: the log has them."""

    code = "internal_error"
