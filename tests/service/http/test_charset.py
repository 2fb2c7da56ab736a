"""The charset of a content type: what is sent in it is read by it, or refused with those that are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from textcnn.service.http.charset import CHARSETS

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


TEXT = "wspaniały film, 好看"


def _send(client: TestClient, path: str, body: Any, charset: str, **headers: str) -> Any:  # noqa: ANN401  # JSON
    content = json.dumps(body, ensure_ascii=False).encode(charset)
    answer = client.post(
        path, content=content, headers={"content-type": f'application/json; charset="{charset}"', **headers}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "utf-16", "utf-16-be", "UTF-16LE", "gb18030"])
def test_a_body_is_read_in_its_charset_on_every_route(client: TestClient, charset: str) -> None:
    text = "好看 film" if charset == "gb18030" else TEXT
    expected = client.post("/v1/classify", json={"text": text}).json()["scores"]
    assert _send(client, "/v1/classify", {"text": text}, charset)["scores"] == expected
    batch = _send(client, "/v1/classify/batch", {"texts": [text]}, charset)
    assert batch["results"][0]["scores"] == expected
    ranked = {each["label"]: each["score"] for each in _send(client, "/", {"inputs": text}, charset)[0]}
    assert ranked == pytest.approx(expected)
    assert {each["label"] for each in _send(client, "/predict", {"inputs": text}, charset)} == set(expected)
    tensor = {"name": "text", "shape": [1], "datatype": "BYTES", "data": [text]}
    answer = _send(client, "/v2/models/tiny/infer", {"id": text, "inputs": [tensor]}, charset)
    assert answer["id"] == text


@pytest.mark.parametrize(
    ("charset", "text"),
    [("iso-8859-1", "café"), ("latin-1", "café"), ("windows-1252", "café“"), ("windows-1251", "фильм")],
)
def test_tokens_are_those_of_the_characters_that_were_meant(
    client: TestClient, charset: str, text: str
) -> None:
    codec = {"windows-1252": "cp1252", "windows-1251": "cp1251"}.get(charset, charset)
    content = json.dumps({"inputs": text}, ensure_ascii=False).encode(codec)
    answer = client.post(
        "/tokenize", content=content, headers={"content-type": f"application/json;Charset={charset}"}
    )
    assert "".join(token["text"] for token in answer.json()[0]) == text


@pytest.mark.parametrize(
    "path", ["/v1/classify", "/v1/classify/batch", "/", "/predict", "/v2/models/tiny/infer"]
)
@pytest.mark.parametrize("charset", ["utf-7", "nonsense", "zlib", "rot13", "", "x" * 300])
def test_another_charset_is_refused_with_the_list(client: TestClient, path: str, charset: str) -> None:
    headers = {"content-type": f"application/json; charset={charset}"}
    answer = client.post(path, content=b'{"text": "a"}', headers=headers)
    assert answer.status_code == 415
    assert all(name in answer.text for name in CHARSETS)
    assert "nonsense" not in answer.text
    if path == "/v1/classify":
        assert answer.json()["code"] == "unsupported_media_type"


def test_a_body_that_is_not_what_its_charset_says_is_refused(client: TestClient) -> None:
    headers = {"content-type": "application/json; charset=us-ascii"}
    answer = client.post("/v1/classify", content='{"text": "é"}'.encode(), headers=headers)
    assert answer.status_code == 422
    assert "byte 11 (0xC3) is not us-ascii" in answer.json()["error"]


ROWS = "text;nr\n" + "".join(f"好看的电影{number};{number}\n" for number in range(5))


@pytest.mark.parametrize("as_form", [False, True])
def test_the_charset_of_an_uploaded_file_stands_for_its_encoding(client: TestClient, as_form: bool) -> None:
    content, kind = ROWS.encode("big5", "replace"), "text/csv; charset=big5"
    if as_form:
        answer = client.post("/v1/classify/file", files={"file": ("a.csv", content, kind)})
    else:
        answer = client.post("/v1/classify/file", content=content, headers={"content-type": kind})
    assert answer.status_code == 200, answer.text
    first = answer.content.decode("utf-8").splitlines()[1]
    assert first.startswith("好看的")


def test_a_field_that_names_the_encoding_wins_over_the_charset(client: TestClient) -> None:
    files = {"file": ("a.csv", ROWS.encode("utf-8"), "text/csv; charset=big5")}
    answer = client.post("/v1/classify/file", files=files, data={"encoding": "utf-8"})
    assert "好看的电影0" in answer.content.decode("utf-8")


@pytest.mark.parametrize("as_form", [False, True])
def test_an_unknown_charset_of_a_file_is_refused_with_the_list(client: TestClient, as_form: bool) -> None:
    kind = "text/csv; charset=nonsense"
    if as_form:
        answer = client.post("/v1/classify/file", files={"file": ("a.csv", b"text\na\n", kind)})
    else:
        answer = client.post("/v1/classify/file", content=b"text\na\n", headers={"content-type": kind})
    assert answer.status_code == 415
    assert "gb18030" in answer.json()["error"]
