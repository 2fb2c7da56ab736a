"""Bodies that are no JSON, as people send them: each is told its place and its cause."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from typing import TYPE_CHECKING

import pytest

from textcnn.service.http.json_faults import explain_json

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

SECRET = "my private words"
LINES = '{\n  "text": "my private words",\n  %s\n}'

CAUSES = [
    (b"", "is empty", None),
    (b" \n\t ", "is empty", None),
    ('{"text": "my private words caf\u00e9"}'.encode("latin-1"), "byte 31 (0xE9) is not UTF-8", None),
    (gzip.compress(b'{"text": "my private words"}'), "is packed with gzip", None),
    (zlib.compress(b'{"text": "my private words"}'), "is packed with zlib", None),
    (b"\x28\xb5\x2f\xfd\x04\x00", "is packed with zstd", None),
    (b"PK\x03\x04", "is packed with zip", None),
    ('{"text": "my private words"}'.encode("utf-16"), "byte order mark of UTF-16", None),
    ('{"text": "my private words"}'.encode("utf-16-le"), "NUL bytes", None),
    (b"{'text': 'my private words'}", "single quotes", (1, 2)),
    (b"""{"text": 'my private words'}""", "single quotes", (1, 10)),
    ("{\u201ctext\u201d: 1}".encode(), "typographic quotes", (1, 2)),
    (b'{"text": "my private words",}', "a comma before a closing bracket", (1, 28)),
    (b'{"texts": ["my private words", ]}', "a comma before a closing bracket", (1, 30)),
    (b'{"text": "my private\nwords"}', r"a line break within a string; write \n", (1, 21)),
    (b'{"text": "my private\twords"}', r"a tab within a string; write \t", (1, 21)),
    (b'{"text": "my private\x01words"}', r"a control character within a string; write \u0001", (1, 21)),
    ((LINES % '"model": None').encode(), "Python's None; JSON has null", (3, 12)),
    (b'{"text": "my private words", "evidence": True}', "Python's True; JSON has true", (1, 42)),
    (b'{"text": "my private words", "evidence": False}', "Python's False; JSON has false", (1, 42)),
    (b'{"text": "NaN, my private words", "threshold": NaN}', "NaN", (1, 48)),
    (b'{"text": "my private words", "threshold": -Infinity}', "-Infinity", (1, 43)),
    (b'{"text": undefined}', "JavaScript's undefined; JSON has null", (1, 10)),
    (b'{"text": "a"}{"text": "my private words"}', "a second document", (1, 14)),
    (b'{"text": "a"}\n{"text": "my private words"}\n', "a second document", (2, 1)),
    (b'{"text": "a"} my private words', "more after the end", (1, 15)),
    (b'{text: "my private words"}', "a name without quotes", (1, 2)),
    (b'// my private words\n{"text": "a"}', "a comment", (1, 1)),
    (b'{"text": "a" /* my private words */}', "a comment", (1, 14)),
    (b'{"text": "a"', "an end before its brackets are closed", (1, 13)),
    (b'{"text": "my private words', "a string without its closing quote", (1, 10)),
    (b'{"text": "C:\\my private words"}', "a backslash that begins no escape", (1, 13)),
    (b'{"text": "a" "model": "b"}', "a comma or a closing bracket was expected", (1, 14)),
    (b'{"text" "my private words"}', "a colon was expected", (1, 9)),
    (b'{"text": }', "a value was expected", (1, 10)),
    (b'{"text": "a", "top_k": 007}', "a number that JSON does not know", (1, 24)),
    (b"text=my+private+words", "a form", None),
    (b'--x\r\nContent-Disposition: form-data; name="text"\r\n', "a form", None),
    (b"my private words", "a value was expected", (1, 1)),
]


@pytest.mark.parametrize(("body", "cause", "place"), CAUSES)
def test_a_body_that_is_no_json_is_told_its_cause_and_its_place(
    client: TestClient, body: bytes, cause: str, place: tuple[int, int] | None
) -> None:
    answer = client.post("/v1/classify/batch" if b"texts" in body else "/v1/classify", content=body)
    assert answer.status_code == 422
    problem = answer.json()
    assert cause in problem["error"]
    if place is not None:
        assert f"line {place[0]}, column {place[1]}" in problem["error"]
    assert problem["code"] == "invalid_request"
    assert "private" not in problem["error"]
    assert len(problem["error"]) < 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/classify", 422),
        ("/v1/classify/batch", 422),
        ("/", 400),
        ("/models/tiny", 400),
        ("/predict", 400),
        ("/vertex", 400),
        ("/tokenize", 400),
        ("/v2/models/tiny/infer", 400),
        ("/v2/repository/index", 400),
    ],
)
def test_every_route_and_dialect_tells_the_cause(client: TestClient, path: str, status: int) -> None:
    headers = {"content-type": "application/json"}
    answer = client.post(path, content=b"{'text': 'my private words'}", headers=headers)
    assert answer.status_code == status
    assert "line 1, column 2: single quotes" in answer.text
    assert "private" not in answer.text


def test_a_packed_body_is_told_the_header_where_one_is_taken(client: TestClient) -> None:
    body = gzip.compress(b'{"inputs": []}')
    assert "Content-Encoding" in client.post("/v2/models/tiny/infer", content=body).json()["error"]
    assert "Content-Encoding" not in client.post("/v1/classify", content=body).json()["error"]


def test_a_byte_order_mark_of_utf_8_does_no_harm(client: TestClient) -> None:
    assert client.post("/v1/classify", content=b'\xef\xbb\xbf{"text": "a good film"}').status_code == 200
    assert "line 1, column 2: single quotes" in explain_json(b"\xef\xbb\xbf{'a': 1}")


def test_numbers_of_many_digits_are_told_their_place() -> None:
    assert "line 1, column 8: a number" in explain_json(b'["9", ' + b" " + b"9" * 5_000 + b"]")


def test_damages_of_good_json_are_always_explained_without_the_text() -> None:
    whole = json.dumps({"text": SECRET, "model": None, "numbers": [1, 2.5, -3e4], "deep": {"a": [True]}})
    chance = random.Random(0)
    for _ in range(2_000):
        body = bytearray(whole.encode())
        at = chance.randrange(len(body))
        match chance.randrange(3):
            case 0:
                del body[at]
            case 1:
                body[at] = chance.randrange(256)
            case _:
                body.insert(at, chance.randrange(256))
        try:
            json.loads(body.decode())
        except ValueError:
            reason = explain_json(bytes(body))
            assert "private" not in reason
            assert "words" not in reason
            assert reason
