from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcnn.service.dialects.open_inference.input_tensors import InputTensor, read_texts, split_body
from textcnn.service.service_errors import RequestError


def packed(*texts: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


def tensor(shape: list[int], **values: Any) -> InputTensor:  # noqa: ANN401  # wrong ones too
    return InputTensor(**{"name": "text", "shape": shape, "datatype": "BYTES", **values})


def binary(shape: list[int], data: bytes) -> list[str]:
    return read_texts([tensor(shape, parameters={"binary_data_size": len(data)})], data)


@given(st.lists(st.text()))
def test_texts_survive_the_binary_form_and_json(texts: list[str]) -> None:
    assert binary([len(texts)], packed(*(text.encode() for text in texts))) == texts
    assert read_texts([tensor([len(texts), 1], data=[[text] for text in texts])], b"") == texts


def test_a_long_nesting_is_flattened_without_recursion() -> None:
    data: list[Any] = ["a"]
    for _ in range(50_000):
        data = [data]
    assert read_texts([tensor([1], data=data)], b"") == ["a"]


@pytest.mark.parametrize(
    ("inputs", "tail", "field"),
    [
        ([], b"", "inputs"),
        ([tensor([1], data=["a"])] * 2, b"", "inputs"),
        ([tensor([1], data=["a"], name="words")], b"", "inputs"),
        ([tensor([1], data=[1.5], datatype="FP32")], b"", "datatype"),
        ([tensor([1], data=[1])], b"", "data"),
        ([tensor([1])], b"", "data"),
        ([tensor([2], data=["a"])], b"", "data"),
        ([tensor([1], data=["a", "b"])], b"", "data"),
        ([tensor([], data=["a"])], b"", "shape"),
        ([tensor([1, 2], data=["a", "b"])], b"", "shape"),
        ([tensor([1, 1, 1], data=["a"])], b"", "shape"),
        ([tensor([-1, 1], data=["a"])], b"", "shape"),
        ([tensor([1], data=["a"])], b"more", "binary_data_size"),
        ([tensor([1], data=["a"], parameters={"binary_data_size": 5})], packed(b"a"), "data"),
        ([tensor([1], parameters={"binary_data_size": 4})], packed(b"a"), "binary_data_size"),
        ([tensor([1], parameters={"binary_data_size": True})], b"a", "binary_data_size"),
        ([tensor([1], parameters={"binary_data_size": "5"})], packed(b"a"), "binary_data_size"),
        ([tensor([1], parameters={"shared_memory_region": "r"})], b"", "shared_memory_region"),
        ([tensor([1], parameters={"binary_data_size": 3})], b"abc", "data"),
        ([tensor([1], parameters={"binary_data_size": 5})], b"\xff\xff\xff\xffa", "data"),
        ([tensor([1], parameters={"binary_data_size": 5})], packed(b"\xff"), "data"),
        ([tensor([2], parameters={"binary_data_size": 5})], packed(b"a"), "data"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(
    inputs: list[InputTensor], tail: bytes, field: str
) -> None:
    with pytest.raises(RequestError) as caught:
        read_texts(inputs, tail)
    assert caught.value.field == field


def test_the_header_tells_where_the_json_ends() -> None:
    assert split_body(b"{}abc", None) == (b"{}abc", b"")
    assert split_body(b"{}abc", "2") == (b"{}", b"abc")
    assert split_body(b"{}", " 2 ") == (b"{}", b"")
    for wrong in ("-1", "6", "two", "", "２", "9" * 5_000):
        with pytest.raises(RequestError, match="Inference-Header-Content-Length"):
            split_body(b"{}abc", wrong)
