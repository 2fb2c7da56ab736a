"""Requests of real clients and the answers to them, kept as JSON lines that can be read and sent again."""

from __future__ import annotations

import base64
import http.client
import json
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORDED: Final = Path(__file__).parent / "recorded"
"""A file for each client: a line with its version, and a line for each exchange."""

TELLING: Final = ("content-type", "content-encoding", "inference-header-content-length")
"""Headers of an answer by which a client reads its body."""

_OF_THE_WAY: Final = ("host", "content-length")
_OF_THE_MACHINE: Final = ("user-agent", "x-amzn-trace-id")

Json = dict[str, Any]


def read(file: Path) -> tuple[Json, list[Json]]:
    """The client, and its exchanges."""
    client, *exchanges = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return client, exchanges


def write(file: Path, client: Json, exchanges: list[Json]) -> None:
    """Replace the exchanges that are kept of a client."""
    lines = [json.dumps(each, ensure_ascii=False) + "\n" for each in (client, *exchanges)]
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(lines), encoding="utf-8")


class Placeholders:
    """Names for what differs from run to run: the key, and the versions of the models."""

    def __init__(self, key: str, versions: Mapping[str, str]) -> None:
        self._values = {"A-KEY": key} | {f"VERSION-OF-{model}": each for model, each in versions.items()}

    def hide(self, text: str) -> str:
        """The text with the names."""
        for name, value in self._values.items():
            text = text.replace(value, name)
        return text

    def reveal(self, text: str) -> str:
        """The text with what they stand for."""
        for name in sorted(self._values, key=len, reverse=True):  # a model's name may begin another's
            text = text.replace(name, self._values[name])
        return text


def as_text(body: bytes) -> Json:
    """A body as JSON can have it."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def as_bytes(body: Json) -> bytes:
    """The body again."""
    return body["text"].encode() if "text" in body else base64.b64decode(body["base64"])


def same_request(one: Json, other: Json) -> bool:
    """Whether two recorded requests differ in nothing but where and when they were sent."""
    return _comparable(one) == _comparable(other)


def _comparable(request: Json) -> tuple[object, ...]:
    headers = {
        name: value for name, value in request["headers"].items() if name.lower() not in _OF_THE_MACHINE
    }
    body = as_bytes(request["body"])
    if "Content-Encoding" in headers:  # what is packed holds the time
        body = zlib.decompress(body, zlib.MAX_WBITS | 32)
    return request["method"], request["path"], [*headers.items()], body


def send(address: str, request: Json, placeholders: Placeholders) -> Json:
    """Send a recorded request as its program had sent it; its answer as it would be recorded."""
    body = as_bytes(request["body"])
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.putrequest(request["method"], placeholders.reveal(request["path"]), skip_accept_encoding=True)
    for name, value in request["headers"].items():
        connection.putheader(name, placeholders.reveal(value))
    if body:
        connection.putheader("content-length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    recorded = recorded_answer(answer, answer.read(), placeholders)
    connection.close()
    return recorded


def recorded_answer(answer: http.client.HTTPResponse, body: bytes, placeholders: Placeholders) -> Json:
    """An answer as it is kept."""
    headers = {name.lower(): value for name, value in answer.getheaders() if name.lower() in TELLING}
    return {"status": answer.status, "headers": headers, "body": _hidden(as_text(body), placeholders)}


class Recorder(ThreadingHTTPServer):
    """Stands before the service at `address`, and adds what goes through to `exchanges`."""

    daemon_threads = True

    def __init__(self, address: str, placeholders: Placeholders, exchanges: list[Json]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address, self.placeholders, self.exchanges = address, placeholders, exchanges


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recorder

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_THE_WAY}
        connection = http.client.HTTPConnection(self.server.address, timeout=60)
        connection.request(self.command, self.path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self._keep(headers, body, recorded_answer(answer, content, self.server.placeholders))
        self._hand_back(answer, content)

    do_GET = do_POST = _pass_on  # noqa: N815  # the library's names

    def _keep(self, headers: dict[str, str], body: bytes, answer: Json) -> None:
        hide = self.server.placeholders.hide
        request = {
            "method": self.command,
            "path": hide(self.path),
            "headers": {name: hide(value) for name, value in headers.items()},
            "body": _hidden(as_text(body), self.server.placeholders),
        }
        self.server.exchanges.append({"request": request, "answer": answer})

    def _hand_back(self, answer: http.client.HTTPResponse, content: bytes) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "connection"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _hidden(body: Json, placeholders: Placeholders) -> Json:
    return {kind: placeholders.hide(text) if kind == "text" else text for kind, text in body.items()}
