"""Load a model whole, answer with it, and write every page that the API makes of it: `trial_child DIRECTORY`.

A second argument, `any-tokenizer`, lets regular expressions in the tokenizer pass. The child ends with 0, or
with 2 and the sentence that says why not, as JSON on standard output. Whatever else ends it says that the
model cannot be used, too.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from textcnn.directory import TOKENIZER, ModelDirectory
from textcnn.errors import ModelDirectoryError, ModelError, TextCNNError
from textcnn.insight.filters import make_gallery
from textcnn.insight.layer_table import summarise
from textcnn.service.app import create_app
from textcnn.service.http.retraining_schemas import VersionFacts
from textcnn.service.loaded.registry import Registry, load_model
from textcnn.service.settings import Settings
from textcnn.service.versions.trial import ANY_TOKENIZER
from textcnn.service.versions.version import Version
from textcnn.tokens.specification import require_allowed_parts

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message

TEXTS: Final = ("", "a good film", "你好 世界", "\0 \ud800 é", "one word after the other " * 400)
"""Texts of every kind, a long one among them."""
_PAGES: Final = (
    "/v1/models",
    "/v1/models/{0}",
    "/v1/info",
    "/info",
    "/v2/models/{0}",
    "/v2/models/{0}/config",
)


def main() -> None:
    """Try the model in the directory that the argument names."""
    try:
        _try(ModelDirectory(Path(sys.argv[1])), any_tokenizer=ANY_TOKENIZER in sys.argv[2:])
    except TextCNNError as error:
        sys.stdout.write(json.dumps({"error": error.message}) + "\n")
        sys.exit(2)


def _try(directory: ModelDirectory, *, any_tokenizer: bool) -> None:
    directory.verify()
    directory.tokenizer()
    if not any_tokenizer:
        _require_allowed_tokenizer(directory)
    directory.token_counts()
    model = load_model(str(directory.path))
    classifier = model.classifier
    classifier.classify_batch(TEXTS)
    for text in TEXTS:
        classifier.explain(text)
    summarise(classifier.config)
    make_gallery(classifier, directory)
    facts = Version(model.name, model.version, directory.path).to_dict()
    msgspec.json.encode(VersionFacts(**facts))
    registry = Registry()
    registry.load([model])
    asyncio.run(_ask(create_app(Settings.model_construct(access_log=False), registry), model.name))


def _require_allowed_tokenizer(directory: ModelDirectory) -> None:
    try:
        require_allowed_parts(json.loads((directory.path / TOKENIZER).read_bytes()))
    except ModelError as error:
        raise ModelDirectoryError(error.message, directory=directory.path, file=TOKENIZER) from error


async def _ask(app: ASGIApp, name: str) -> None:
    """Ask for every page of the model, and for labels with evidence."""
    for page in _PAGES:
        await _require_answer(app, "GET", page.format(name))
    body = json.dumps({"text": TEXTS[1], "model": name, "evidence": True}).encode()
    await _require_answer(app, "POST", "/v1/classify", body)
    batch = json.dumps({"texts": TEXTS[:3], "model": name}).encode()
    await _require_answer(app, "POST", "/v1/classify/batch", batch)


async def _require_answer(app: ASGIApp, method: str, path: str, body: bytes = b"") -> None:
    """Make sure that a request is answered with 200, and with JSON that can be read."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(_scope(method, path, len(body)), receive, send)
    status = next(each["status"] for each in sent if each["type"] == "http.response.start")
    answer = b"".join(each.get("body", b"") for each in sent if each["type"] == "http.response.body")
    if status != 200:
        raise ModelError(f"{method} {path.rpartition('/')[0]} is answered with {status}.")
    json.loads(answer)


def _scope(method: str, path: str, length: int) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"content-type", b"application/json"),
            (b"content-length", str(length).encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }


if __name__ == "__main__":
    main()
