"""The one layer that every request passes: ids, keys, limits, errors, headers, metrics, the access log.

It stands outside the framework's own layers: each of them costs a part of what a label does.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING, Final

from textcnn.errors import TextCNNError, TooLargeError
from textcnn.service.form_words import in_form_words
from textcnn.service.http.browser_guard import READING, BrowserGuard
from textcnn.service.http.charset import UTF_8_TYPES, to_utf8
from textcnn.service.http.exchange import ClientGoneError, Exchange
from textcnn.service.http.problems import CLOSE, headers_of, unexpected
from textcnn.service.local_paths import hide_paths
from textcnn.service.service_errors import (
    RequestError,
    RouteError,
    ScopeError,
    SlowRequestError,
    TimeLimitError,
)

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from textcnn.service.http.access import Areas
    from textcnn.service.http.access_log import AccessLog
    from textcnn.service.http.in_flight import InFlight
    from textcnn.service.http.keys import Keyring
    from textcnn.service.http.prometheus import Metrics
    from textcnn.service.settings import Settings

log = logging.getLogger(__name__)

Direct = Callable[[bytes, str], Awaitable[bytes]]
"""A route that skips the framework: body and id of a request to the body of its answer, both JSON."""

GONE: Final = 499
"""The status that is logged where a client went away before its answer; nothing is sent."""
SECURITY_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)
"""The headers that matter for JSON; pages for people add theirs."""
_JSON: Final = [(b"content-type", b"application/json")]
# Whatever decides about a path must read it as the router does, whose patterns pass over a last line feed:
# the area of "/v1/jobs" would not have the path, and its route would.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_REQUEST_ID = re.compile(rb"[\w.:+/=-]{1,128}")


class Gateway:
    """The outermost layer. `direct` has the routes that are answered here, by their path."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: Settings,
        areas: Areas,
        keyring: Keyring,
        in_flight: InFlight,
        metrics: Metrics,
        access_log: AccessLog,
        direct: Mapping[str, Direct],
    ) -> None:
        self._app = app
        self._areas, self._keyring, self._in_flight = areas, keyring, in_flight
        self._guard = BrowserGuard(settings, keyless=keyring.is_open)
        self._metrics, self._access_log = metrics, access_log
        self._direct = {path: (areas.of(path), answer) for path, answer in direct.items()}
        self._max_body_bytes = settings.max_body_bytes
        self._seconds = settings.request_seconds
        self._light = settings.light_text_characters
        self._prefix, self._numbers = secrets.token_hex(6).encode(), count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, headers = perf_counter(), dict(scope["headers"])
        direct = self._direct.get(scope["path"])
        area = self._areas.of(scope["path"]) if direct is None else direct[0]
        request_id = self._request_id(headers.get(b"x-request-id"))
        scope["textcnn.request_id"] = request_id.decode()
        exchange = Exchange(
            scope,
            receive,
            send,
            area=area,
            held=self._in_flight.held,
            request_id=request_id,
            started=started,
            limit=self._max_body_bytes if area.max_body_bytes is None else area.max_body_bytes,
            extra=[(b"x-request-id", request_id), *SECURITY_HEADERS],
        )
        if self._in_flight.draining:
            exchange.extra.append(CLOSE)
        self._in_flight.enter(exchange, self._seconds if area.seconds is None else area.seconds)
        try:
            await self._guarded(exchange, headers)
        finally:
            self._in_flight.leave(exchange)
            seconds = perf_counter() - started
            route = self._metrics.answered(exchange, seconds)
            self._access_log.write(exchange, route, seconds)

    async def _guarded(self, exchange: Exchange, headers: dict[bytes, bytes]) -> None:
        """Answer a request, with an error where one is raised."""
        try:
            await self._admitted(exchange, headers)
        except TextCNNError as error:
            await self._refuse(exchange, error)
        except ClientGoneError:
            exchange.status = GONE
        except asyncio.CancelledError:
            await self._ended(exchange)
        except Exception as error:
            if exchange.status:  # the server closes the connection: half an answer is none
                raise
            log.exception("unexpected error", extra={"request_id": exchange.request_id.decode()})
            await self._refuse(exchange, unexpected(error))

    async def _admitted(self, exchange: Exchange, headers: dict[bytes, bytes]) -> None:
        """Check what can be checked before the body is read, and hand the request on."""
        scope = exchange.scope
        self._guard.check(exchange.area, exchange.method, headers)
        self._check_access(exchange, headers)
        content_length = headers.get(b"content-length")
        if content_length is not None and content_length.isdigit() and int(content_length) > exchange.limit:
            raise TooLargeError(f"The body is larger than the {exchange.limit:,} bytes that are taken.")
        direct = self._direct.get(scope["path"])
        if direct is not None and exchange.method == "POST":
            exchange.route = scope["path"]
            body = await exchange.body(self._light)
            content_type = headers.get(b"content-type", b"")
            if b";" in content_type and content_type.lower() not in UTF_8_TYPES:
                body = to_utf8(body, content_type.decode("latin-1"))
            await exchange.answer(200, _JSON, await direct[1](body, scope["textcnn.request_id"]))
        else:
            if _CONTROL.search(scope["path"]):
                raise RouteError("There is a control character in the path, and no route has one.")
            if b"%00" in scope["query_string"]:
                raise RequestError("There is a NUL in the query; names have none.")
            await self._app(exchange.as_read(), exchange.receive, exchange.send)

    def _check_access(self, exchange: Exchange, headers: dict[bytes, bytes]) -> None:
        area = exchange.area
        needed = None if area.public_reading and exchange.method in READING else area.needs
        if needed is None:
            exchange.scope["textcnn.scopes"] = frozenset()
            return
        key = self._keyring.find(headers.get(b"authorization"))
        exchange.key = key.name
        exchange.scope["textcnn.scopes"] = key.scopes
        if needed not in key.scopes:
            raise ScopeError(f"The API key lacks the scope '{needed}', which this needs.")

    async def _refuse(self, exchange: Exchange, error: TextCNNError) -> None:
        if exchange.status:
            raise error
        error.message = in_form_words(hide_paths(error.message))
        response = exchange.area.write_error(error)
        body = bytes(response.body)
        headers = [pair for pair in response.raw_headers if pair[0] != b"content-length"]
        await exchange.answer(response.status_code, [*headers, *headers_of(error)], body)

    async def _ended(self, exchange: Exchange) -> None:
        """Handle a cancelled task: the client left, its time is up, or the whole process ends."""
        task = exchange.task
        if task is not None and exchange.gone:
            task.uncancel()
            exchange.status = exchange.status or GONE
        elif task is not None and exchange.expired and not exchange.status:
            task.uncancel()
            late = TimeLimitError("The work took longer than a request may. Send less at once.")
            slow = SlowRequestError("The request did not arrive whole in the time that it may take.")
            await self._refuse(exchange, late if exchange.complete else slow)
        else:
            raise asyncio.CancelledError

    def _request_id(self, client_id: bytes | None) -> bytes:
        """The client's id where it is fit for a log, else one of our own."""
        if client_id is not None and _REQUEST_ID.fullmatch(client_id):
            return client_id
        return b"%s-%x" % (self._prefix, next(self._numbers))
