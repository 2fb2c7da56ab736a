"""Texts out of the tensors of the Open Inference Protocol, from JSON and from its binary extension.

The binary extension puts the data behind the JSON, in the order of the inputs; the header
`Inference-Header-Content-Length` tells where the JSON ends. Each element of BYTES is a length (four bytes,
little-endian) and as many bytes.
https://github.com/kserve/open-inference-protocol, https://github.com/triton-inference-server/server
(docs/protocol/extension_binary_data.md)
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET, Struct, UnsetType

from textcnn.service.service_errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Parameters = dict[str, str | int | float | bool]

INPUT: Final = "text"
BINARY_SIZE: Final = "binary_data_size"
SHARED_MEMORY: Final = "shared_memory_region"
LENGTH = struct.Struct("<I")


class InputTensor(Struct):
    """A tensor that is sent: its data is here, or behind the JSON."""

    name: str
    shape: list[int]
    datatype: str
    data: list[Any] | UnsetType = UNSET
    parameters: Parameters | None = None


def split_body(body: bytes, header_length: str | None) -> tuple[bytes, bytes]:
    """Split a body into the JSON and the bytes behind it.

    Raises:
        RequestError: `Inference-Header-Content-Length` is no number, or more than there is.
    """
    if header_length is None:
        return body, b""
    digits = header_length.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20 and int(digits) <= len(body)):
        raise RequestError(
            "Inference-Header-Content-Length must be the length of the JSON at the start of the body, "
            f"which has {len(body)} bytes."
        )
    return body[: int(digits)], body[int(digits) :]


def read_texts(inputs: Sequence[InputTensor], tail: bytes) -> list[str]:
    """Read the texts of a request, whose one input is `text`: BYTES of the shape [n] or [n, 1].

    Raises:
        RequestError: another input, datatype or shape, or data that does not fit them.
    """
    if len(inputs) != 1:
        raise RequestError(f"{len(inputs)} inputs; one is expected, '{INPUT}'.", field="inputs")
    tensor = inputs[0]
    count = _check(tensor)
    size = (tensor.parameters or {}).get(BINARY_SIZE)
    if size is None:
        texts = _texts_of_json(tensor)
        if tail:
            raise RequestError(f"{len(tail)} bytes behind the JSON belong to no input.", field=BINARY_SIZE)
    else:
        texts = _texts_of_bytes(tensor, size, tail)
    if len(texts) != count:
        raise RequestError(f"The shape {tensor.shape} tells {count} texts; found {len(texts)}.", field="data")
    return texts


def _check(tensor: InputTensor) -> int:
    """Check what a tensor says of itself, and return the number of its texts."""
    if tensor.name != INPUT:
        raise RequestError(f"There is no input of this name; there is '{INPUT}'.", field="inputs")
    if tensor.datatype != "BYTES":
        raise RequestError(f"The datatype of '{INPUT}' is BYTES; found another.", field="datatype")
    if SHARED_MEMORY in (tensor.parameters or {}):
        raise RequestError("Shared memory is not offered; send the data in the body.", field=SHARED_MEMORY)
    shape = tensor.shape
    if not (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)) or shape[0] < 0:
        raise RequestError(f"The shape of '{INPUT}' is [n] or [n, 1].", field="shape")
    return math.prod(shape)


def _texts_of_json(tensor: InputTensor) -> list[str]:
    if isinstance(tensor.data, UnsetType):
        raise RequestError(f"The input has neither data nor {BINARY_SIZE}.", field="data")
    texts = list(_leaves(tensor.data))
    not_a_string = next((index for index, text in enumerate(texts) if not isinstance(text, str)), None)
    if not_a_string is not None:
        raise RequestError(f"The element {not_a_string} of the data is no string.", field="data")
    return texts


def _leaves(data: list[Any]) -> Iterator[Any]:
    """The elements of flat or nested data, in their order; without recursion, as the nesting may be deep."""
    iterators = [iter(data)]
    while iterators:
        for each in iterators[-1]:
            if isinstance(each, list):
                iterators.append(iter(each))
                break
            yield each
        else:
            iterators.pop()


def _texts_of_bytes(tensor: InputTensor, size: object, tail: bytes) -> list[str]:
    if not isinstance(tensor.data, UnsetType):
        raise RequestError(f"The input has both data and {BINARY_SIZE}; one is expected.", field="data")
    if type(size) is not int or size != len(tail):
        raise RequestError(
            f"{BINARY_SIZE} must be the number of bytes behind the JSON, which is {len(tail)}; "
            "Inference-Header-Content-Length tells where the JSON ends.",
            field=BINARY_SIZE,
        )
    try:
        return [element.decode() for element in _elements(tail)]
    except UnicodeDecodeError:
        raise RequestError("A text is not UTF-8.", field="data") from None


def _elements(data: bytes) -> Iterator[bytes]:
    """Each element of BYTES, whose lengths must fill the data exactly."""
    start = 0
    while start < len(data):
        begin = start + LENGTH.size
        length = LENGTH.unpack_from(data, start)[0] if begin <= len(data) else len(data)
        start = begin + length
        if start > len(data):
            raise RequestError("The binary data ends within an element.", field="data")
        yield data[begin:start]
