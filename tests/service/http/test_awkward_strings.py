"""Every string that is awkward somewhere, in every field of every route, and all of it read back."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from sqlalchemy import text

from benchmarks.hostile import EXAMPLES, JSON
from textcnn.service.app import create_app
from textcnn.service.http.retraining_schemas import TrainForm
from textcnn.service.http.upload import FileRequest
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.service.loaded.registry import Registry
    from textcnn.service.storage.database import Database

AWKWARD = (
    "\ud800", "\udfff", "a\ud83d b", "\ude00\ud83d", "\0", "a\0b", "\ufffe", "\uffff", "\ufeff", "\x1b[31m",
    "\r\n", "\u2028", "\U0010ffff", "e\u0301", "\u202e", "'; --", "%00", "../..", "{}", "\\ud800", '"', "",
    "字" * 200,
)  # fmt: skip
STRINGS = st.sampled_from(AWKWARD) | st.text(st.characters(exclude_categories=()), max_size=8)
BOUNDED = bounds(
    max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
FEEDBACK = (
    {"model": "tiny", "text": "a film", "label": "good"},
    {"model": "tiny", "text": "a film", "labels": ["good", "bad"], "request": "abc"},
    {"request": "abc", "label": "good"},
)
FORMS = {
    "/v1/classify/file": ("file", FileRequest),
    "/v1/files": ("file", FileRequest),
    "/v1/models/tiny/train": ("corpus", TrainForm),
}
LISTS = (
    "/v1/feedback",
    "/v1/feedback?model=tiny",
    "/v1/models/tiny/feedback",
    "/v1/answers",
    "/v1/jobs",
    "/v1/models/tiny/versions",
    "/v1/models/tiny/corpora",
    "/v1/models",
)


@pytest.fixture(scope="module")
def service(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service that keeps whatever it is told."""
    data, models = tmp_path_factory.mktemp("data"), ("tiny", "tiny-multi")
    settings = Settings(access_log=False, data_dir=data, models=models, keep_answers=True)
    with TestClient(create_app(settings, registry), raise_server_exceptions=False) as client:
        yield client


def spoiled(body: Any, string: str) -> Iterator[Any]:  # noqa: ANN401  # any JSON
    """The body with the string in place of each of its strings, and of each name of a field."""
    if isinstance(body, str):
        yield string
    elif isinstance(body, dict):
        for name, value in body.items():
            yield {**body, string: value}
            for each in spoiled(value, string):
                yield {**body, name: each}
    elif isinstance(body, list):
        for place, value in enumerate(body):
            for each in spoiled(value, string):
                changed = deepcopy(body)
                changed[place] = each
                yield changed


def all_is_readable(client: TestClient) -> None:
    for path in LISTS:
        answer = client.get(path)
        assert answer.status_code in (200, 404), (path, answer.text)
        answer.content.decode()


@pytest.mark.slow
@BOUNDED
@given(string=STRINGS)
def test_no_string_in_json_is_a_fault(service: TestClient, registry: Registry, string: str) -> None:
    version = registry.get("tiny").version
    bodies = [*EXAMPLES.items(), *(("/v1/feedback", body) for body in FEEDBACK)]
    for path, body in bodies:
        filled = path.replace("{model}", "tiny").replace("{version}", version)
        for each in spoiled(body, string):
            answer = service.post(filled, content=json.dumps(each).encode(), headers=JSON)
            assert answer.status_code < 500, (path, each, answer.text)
            answer.content.decode()
    all_is_readable(service)


@pytest.mark.slow
@BOUNDED
@given(string=STRINGS)
def test_no_string_in_a_form_is_a_fault(service: TestClient, string: str) -> None:
    for path, (file, kind) in FORMS.items():
        for name in kind.__struct_fields__:
            for charset in ("utf-8", "unicode_escape"):
                values = {name: string, **({"promote": "never"} if file == "corpus" else {})}
                body, content_type = form({**values, name: string}, file, string, charset)
                answer = service.post(path, content=body, headers={"content-type": content_type})
                assert answer.status_code < 500, (path, name, charset, answer.text)
    recipe = {"recipe": json.dumps({"activation": string, string: 1})}
    files = {"corpus": ("a.csv", b"text,label\na,good\n")}
    assert service.post("/v1/models/tiny/train", data=recipe, files=files).status_code < 500
    all_is_readable(service)
    for job in service.get("/v1/jobs").json()["jobs"]:
        assert service.delete(f"/v1/jobs/{job['id']}").status_code == 200


def form(values: dict[str, str], file: str, filename: str, charset: str) -> tuple[bytes, str]:
    """A form whose fields are in this encoding."""
    name = filename.encode("utf-8", "replace").replace(b'"', b"").replace(b"\r", b"").replace(b"\n", b"")

    def encoded(value: str) -> bytes:
        return value.encode("unicode_escape" if charset == "unicode_escape" else "utf-8", "replace")

    parts = [
        b'--b\r\ncontent-disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (key.encode(), encoded(value))
        for key, value in values.items()
    ]
    head = b'--b\r\ncontent-disposition: form-data; name="%s"; filename="%s.csv"\r\n\r\n'
    parts.append(head % (file.encode(), name) + b"text,label\na,good\n\r\n--b--\r\n")
    return b"".join(parts), f"multipart/form-data; boundary=b; charset={charset}"


@pytest.mark.slow
@BOUNDED
@given(string=STRINGS)
def test_no_string_in_a_path_or_a_query_is_a_fault(service: TestClient, string: str) -> None:
    paths = service.get("/openapi.json").json()["paths"]
    said = quote(string.encode("utf-8", "surrogatepass"), safe="")
    for path, methods in paths.items():
        where = path
        for name in ("model", "version", "job", "corpus", "remark", "answered"):
            where = where.replace("{" + name + ":path}", said).replace("{" + name + "}", said)
        for method in methods:
            for query in ("", f"?model={said}&state={said}&promote={said}"):
                answer = service.request(method, where + query, content=b"{}")
                assert answer.status_code < 500, (method, path, answer.text)


@pytest.mark.parametrize("path", ["/v1/jobs?model=", "/v1/feedback?model=", "/v1/answers?model="])
def test_names_in_a_query_have_no_nul(service: TestClient, path: str) -> None:
    answer = service.get(f"{path}a%00b")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("character", ["%00", "%0A", "%7F"])
def test_no_path_has_a_control_character(service: TestClient, character: str) -> None:
    answer = service.get(f"/v1/jobs/a{character}b")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_half_of_a_pair_is_repaired_and_nul_is_kept(service: TestClient) -> None:
    sent = '{"model": "tiny", "text": "a \\ud83d \\u0000 \\ud83d\\ude00", "label": "\\udfff"}'
    told = service.post("/v1/feedback", content=sent).json()
    assert (told["text"], told["labels"]) == ("a \ufffd \0 \U0001f600", ["\ufffd"])
    service.post("/v1/classify", content='{"text": "kept \\ud800"}')
    time.sleep(1.5)
    assert service.get("/v1/answers").json()["answers"][0]["text"] == "kept \ufffd"


@pytest.mark.parametrize(
    "body", [b'{"text": "\xed\xa0\x80"}', b'{"text": "\xff"}', '{"text": "a"}'.encode("utf-16")]
)
def test_what_is_not_utf_8_is_refused(service: TestClient, body: bytes) -> None:
    answer = service.post("/v1/classify", content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "UTF-8" in answer.json()["error"]


def test_what_was_stored_before_is_told(database: Database, registry: Registry, tmp_path: Path) -> None:
    def store(name: str, **values: object) -> None:
        columns = ", ".join(values)
        statement = text(f"INSERT INTO {name} ({columns}) VALUES ({', '.join(f':{key}' for key in values)})")
        with database.write() as connection:
            connection.execute(statement, values)

    half, labels = '"a \\ud800"', '["\\udfff"]'
    store("feedback", id="1", model="tiny", text=half, labels=labels, created_at=1.0)
    store("answers", request="r", model="tiny", version="v", text=half, labels=labels, created_at=1.0)
    job = {"state": "failed", "wish": "{}", "error": half, "attempts": 1, "cancelled": False}
    store("jobs", id="j", kind="train", **job, created_at=1.0, updated_at=1.0)
    url = database._url.render_as_string(hide_password=False).replace("+psycopg", "")
    settings = Settings(access_log=False, data_dir=tmp_path, database_url=url, models=("tiny", "tiny-multi"))
    with TestClient(create_app(settings, registry), raise_server_exceptions=False) as client:
        assert client.get("/v1/feedback").json()["feedback"][0]["text"] == "a \ufffd"
        assert json.loads(client.get("/v1/models/tiny/feedback").text)["labels"] == ["\ufffd"]
        assert client.get("/v1/answers").json()["answers"][0]["labels"] == ["\ufffd"]
        assert client.get("/v1/jobs").json()["jobs"][0]["error"] == "a \ufffd"
