"""Access rules: parts of the paths, the scope that each needs, and how its errors are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from textcnn.errors import TextCNNError
from textcnn.service.http.problems import problem_response
from textcnn.service.service_errors import ScopeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response

ErrorWriter = Callable[[TextCNNError], "Response"]
"""Writes an error as a response, in the shape of its dialect."""


class KeyScope(StrEnum):
    """A purpose of an API key."""

    CLASSIFY = "classify"
    """Labelling texts, and looking at models."""
    ADMIN = "admin"
    """Changing what is served. It does not include `classify`: a key may have both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The paths that begin with a prefix; the longest prefix that fits decides."""

    prefix: str
    exact: bool = False
    """Only the prefix itself, and no path below it."""
    needs: KeyScope | None = KeyScope.CLASSIFY
    """None: for everybody."""
    public_reading: bool = False
    """Let everybody read, whatever the other methods need."""
    any_host: bool = False
    """Answer under whatever name the service is asked by, as those who look after it do."""
    only_labels: bool = False
    """Texts sent here are labelled and change nothing, so pages that the settings name need no key."""
    write_error: ErrorWriter = problem_response
    max_body_bytes: int | None = None
    """None: as the settings say."""
    seconds: float | None = None
    """Seconds that a request may take; None: as the settings say."""

    def covers(self, path: str) -> bool:
        """Whether the prefix is the path, or whole segments at its beginning."""
        prefix = self.prefix
        if self.exact:
            return path == prefix
        return path.startswith(prefix) and (
            prefix.endswith("/") or len(path) == len(prefix) or path[len(prefix)] == "/"
        )


class Areas:
    """All areas; a path outside them needs `classify`, and has our own errors."""

    def __init__(self, areas: Iterable[Area]) -> None:
        longest_first = sorted(areas, key=lambda area: -len(area.prefix))
        self._areas = tuple(longest_first)
        self._exact = {area.prefix: area for area in reversed(self._areas)}
        self._elsewhere = Area(prefix="/")

    def of(self, path: str) -> Area:
        """The area of a path."""
        exact = self._exact.get(path)
        if exact is not None:
            return exact
        return next((area for area in self._areas if area.covers(path)), self._elsewhere)


def require(request: Request, scope: KeyScope) -> None:
    """Require a scope beside the one that a request's area needs.

    Raises:
        ScopeError: its API key lacks the scope.
    """
    if scope not in request.scope["textcnn.scopes"]:
        raise ScopeError(f"The API key lacks the scope '{scope}', which this needs.")
