"""Requests that mean harm, without end: what a service on the open net meets sooner or later.

Each begins as a good request of its route, so that it comes as far as it can, and is then spoiled in one way.
The same seed gives the same requests.
"""

from __future__ import annotations

import gzip
import json
import zlib
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

TEXT = "a good and warm film"
JSON = {"content-type": "application/json"}
LARGE = 10_000_000
BOMB_BYTES = 500_000_000
MARK = "<here>"
"""Stands where a value that `json` would not write is put afterwards."""

JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**70, 0.5, "", "\x00", "\ud800", "\udfff\ud800", "a" * 5_000,
    [], {}, [[]], [None], [TEXT, 5], {"text": TEXT}, [[TEXT, TEXT]], [[[TEXT]]],
)  # fmt: skip
NUMBERS = (
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 5_000, "-0", "1e-400",
    "0x10", "01", "1_000", "+1",
)  # fmt: skip
CONTENT_TYPES = (
    "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
    "multipart/form-data; boundary=", "multipart/form-data; boundary=b", "application/json; charset=utf-16",
    "application/octet-stream", "text/csv", "application/vnd.apache.parquet", "application/json\t;;=",
    "\xff/\xfe",
)  # fmt: skip
ENCODINGS = ("gzip", "deflate", "br", "zstd", "compress", "identity", "gzip, gzip", "gzip;q=1", "\xff", ",")
LENGTHS = ("-1", "0", "1", "17", "99999999999999999999", "1e3", "two", "", "0x10", "1, 2", "\xb2")

EXAMPLES: dict[str, Any] = {
    "/v1/classify": {"text": TEXT},
    "/v1/classify/batch": {"texts": [TEXT, "a bad film"]},
    "/": {"inputs": TEXT, "parameters": {"top_k": 2, "function_to_apply": "sigmoid"}},
    "/pipeline/text-classification": {"inputs": [TEXT, TEXT], "parameters": {"top_k": 1}},
    "/models/{model}": {"inputs": TEXT, "parameters": {"function_to_apply": "none"}},
    "/models/{model}/pipeline/text-classification": {"inputs": [TEXT]},
    "/predict": {
        "inputs": [[TEXT], [TEXT]],
        "truncate": True,
        "truncation_direction": "Left",
        "raw_scores": True,
    },
    "/invocations": {"inputs": TEXT},
    "/vertex": {"instances": [{"inputs": TEXT}, {"inputs": [[TEXT]], "raw_scores": True}]},
    "/tokenize": {"inputs": [TEXT], "add_special_tokens": False},
    "/v2/repository/index": {"ready": True},
    "/v2/models/{model}/infer": {
        "id": "42",
        "parameters": {"top_k": 2},
        "inputs": [{"name": "text", "shape": [2, 1], "datatype": "BYTES", "data": [[TEXT], [TEXT]]}],
        "outputs": [{"name": "probabilities", "parameters": {"classification": 2}}, {"name": "label"}],
    },
}
EXAMPLES["/v2/models/{model}/versions/{version}/infer"] = EXAMPLES["/v2/models/{model}/infer"]
"""A good body for each route that takes JSON; a test posts them."""


@dataclass(frozen=True)
class Hostile:
    """A request, and the kind of harm that it means."""

    kind: str
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))

    @property
    def raw_headers(self) -> dict[bytes, bytes]:
        """The headers as they go over the wire."""
        return {name.encode(): value.encode("latin-1") for name, value in self.headers.items()}


def hostile_requests(paths: Sequence[str], random: Random) -> Iterator[Hostile]:
    """Requests to these routes, in turn, each spoiled in a way of its own.

    `paths` are the templates of the OpenAPI document; a route without an example gets one of `/v1/classify`.
    """
    deck: list[Callable[[str, Any, Random], Hostile]] = []
    while True:
        for path in paths:
            if not deck:  # every kind comes before any comes more often than its share
                deck = [kind for kind, share in KINDS.items() for _ in range(share)]
                random.shuffle(deck)
            body = deepcopy(EXAMPLES.get(path, {"text": TEXT}))
            yield deck.pop()(path, body, random)


def _wrong_type(path: str, body: Any, random: Random) -> Hostile:  # noqa: ANN401  # any JSON
    return Hostile("wrong type", path, json.dumps(_replaced(body, random.choice(JUNK), random)).encode())


def _odd_number(path: str, body: Any, random: Random) -> Hostile:  # noqa: ANN401
    return Hostile("odd number", path, _spliced(body, random.choice(NUMBERS), random))


def _deep(path: str, body: Any, random: Random) -> Hostile:  # noqa: ANN401
    depth = random.choice((100, 1_000, 10_000, 200_000))
    opening, closing = random.choice((("[", "]"), ('{"a":', "}")))
    value = opening * depth + "0" + closing * random.choice((depth, 0))
    return Hostile("deep", path, _spliced(body, value, random))


def _lone_surrogate(path: str, body: Any, random: Random) -> Hostile:  # noqa: ANN401
    value = random.choice(("\\ud800", "\\udc00 a", "a \\ud83d", "\\ude00\\ud83d", "\\ud83d\\ude00"))
    return Hostile("lone surrogate", path, _spliced(body, f'"{value}"', random))


def _bad_unicode(path: str, body: Any, random: Random) -> Hostile:  # noqa: ANN401
    good = json.dumps(body)
    spoiled = (
        good.encode("utf-16"),
        b"\xef\xbb\xbf" + good.encode(),
        good.replace("film", "\udcff").encode(errors="surrogateescape"),
        good.replace("film", "\ud800").encode(errors="surrogatepass"),
    )
    return Hostile("bad Unicode", path, random.choice(spoiled))


def _one_letter(path: str, body: Any, random: Random) -> Hostile:  # noqa: ANN401
    letters = random.choice(("a", " ", "好")) * (LARGE // 3)
    large = random.choice((letters, letters * 3))
    value = random.choice((f'"{large}"', f'{{"{large}": 1}}', large))
    return Hostile("one letter", path, random.choice((_spliced(body, value, random), large.encode())))


def _many(path: str, body: Any, random: Random) -> Hostile:  # noqa: ANN401
    count = random.choice((1_000, 100_000))
    some: tuple[Any, ...] = [TEXT] * count, [[TEXT]] * count, {str(n): n for n in range(count)}, [{}] * count
    return Hostile("many", path, json.dumps(_replaced(body, random.choice(some), random)).encode())


def _cut(path: str, body: Any, random: Random) -> Hostile:  # noqa: ANN401
    whole = json.dumps(body).encode()
    return Hostile("cut", path, whole[: random.randrange(len(whole))])


def _noise(path: str, body: Any, random: Random) -> Hostile:  # noqa: ANN401
    data = bytearray(json.dumps(body).encode())
    for _ in range(random.choice((1, 5, 50))):
        data[random.randrange(len(data))] = random.randrange(256)
    return Hostile("noise", path, random.choice((bytes(data), random.randbytes(random.randrange(500)))))


def _packed(path: str, body: Any, random: Random) -> Hostile:  # noqa: ANN401
    good = json.dumps(body).encode()
    data = random.choice((gzip.compress(good), zlib.compress(good), good, gzip.compress(gzip.compress(good))))
    data = data[: random.choice((len(data), random.randrange(len(data))))]
    return Hostile("packed", path, data, {**JSON, "content-encoding": random.choice(ENCODINGS)})


def _bomb(path: str, body: Any, random: Random) -> Hostile:  # noqa: ANN401, ARG001
    packed = _bomb_bytes()
    data = random.choice(
        (packed, gzip.compress(b" ") + packed, gzip.compress(packed), packed[: len(packed) // 2])
    )
    return Hostile("bomb", path, data, {**JSON, "content-encoding": random.choice(("gzip", "deflate"))})


def _odd_headers(path: str, body: Any, random: Random) -> Hostile:  # noqa: ANN401
    headers = {
        "content-type": random.choice(CONTENT_TYPES),
        "inference-header-content-length": random.choice(LENGTHS),
    }
    return Hostile("odd headers", path, json.dumps(body).encode(), headers)


def _odd_tensor(path: str, body: Any, random: Random) -> Hostile:  # noqa: ANN401, ARG001
    size, tail = random.choice((-1, 0, 5, 24, 2**40, True, "5", 1.5)), random.randbytes(random.randrange(64))
    tensor = {"name": "text", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": size}}
    head = json.dumps({"inputs": [tensor]}).encode()
    good = len(TEXT).to_bytes(4, "little") + TEXT.encode()
    length = random.choice((str(len(head)), *LENGTHS))
    headers = {"content-type": "application/octet-stream", "inference-header-content-length": length}
    return Hostile("odd tensor", path, head + random.choice((tail, good)), headers)


def _odd_upload(path: str, body: Any, random: Random) -> Hostile:  # noqa: ANN401, ARG001
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s\r\n'
    name = random.choice((b"a.csv", b"a.parquet", b"../../a.jsonl", b"a.xlsx", b"\xff.gz", b'"'))
    inside = random.choice(
        (b"text\n\x00\n", b"PAR1", gzip.compress(b"text\na\n")[:-2], b'"' * 5_000, b"\xff\xfe")
    )
    whole = part % (name, inside) * random.choice((1, 200)) + random.choice((b"--b--\r\n", b"", b"--c--"))
    return Hostile("odd upload", path, whole, {"content-type": "multipart/form-data; boundary=b"})


KINDS: dict[Callable[[str, Any, Random], Hostile], int] = {
    _wrong_type: 20,
    _odd_number: 10,
    _deep: 10,
    _lone_surrogate: 10,
    _bad_unicode: 8,
    _one_letter: 1,
    _many: 1,
    _cut: 8,
    _noise: 12,
    _packed: 10,
    _bomb: 1,
    _odd_headers: 10,
    _odd_tensor: 8,
    _odd_upload: 5,
}
"""Every way to spoil a request, and how often it is taken: the large ones seldom."""


def _replaced(body: Any, value: Any, random: Random) -> Any:  # noqa: ANN401
    """The body with the value in place of one of its own, anywhere in it, or of the whole."""
    places = list(_places(body))
    if not places or random.random() < 0.1:
        return value
    container, key = random.choice(places)
    container[key] = value
    return body


def _places(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield value, key
        yield from _places(inner)


def _spliced(body: Any, raw: str, random: Random) -> bytes:  # noqa: ANN401
    """The body as JSON, with something that need not be JSON in place of one of its values."""
    return json.dumps(_replaced(body, MARK, random)).replace(f'"{MARK}"', raw).encode()


@cache
def _bomb_bytes() -> bytes:
    """Half a gigabyte of white space, packed: as JSON, it might still end in an object."""
    packer = zlib.compressobj(9, wbits=31)
    block = b" " * 1_000_000
    return b"".join(packer.compress(block) for _ in range(BOMB_BYTES // len(block))) + packer.flush()
