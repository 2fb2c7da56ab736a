"""The bytes of each value of an Arrow array when it is written out, found without doing that.

A dictionary, a run or a view lets many rows share one long value, so that a few hundred bytes stand for
gigabytes. The array must have passed `validate(full=True)`: offsets and indices are believed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as kinds

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Sizes = NDArray[np.int64]

VALUE: Final = 8
"""Bytes that any value takes beside what it holds: in Python it is at least a reference."""


class TooManyValuesError(ValueError):
    """An array has more values than may be written out; counting them would take as much memory."""


def value_sizes(array: Any, most: int) -> Sizes:  # noqa: ANN401  # pyarrow ships no types
    """Bytes of each value of an array, what it is nested of included.

    Raises:
        TooManyValuesError: there are more than `most` of them, at any depth.
    """
    if len(array) > most:
        raise TooManyValuesError
    if isinstance(array, pa.ExtensionArray):
        return value_sizes(array.storage, most)
    size_of = next((each for is_kind, each in _BY_KIND if is_kind(array.type)), _fixed)
    return size_of(array, most)


def _fixed(array: Any, _most: int) -> Sizes:  # noqa: ANN401
    try:
        width = array.type.bit_width // 8
    except ValueError:  # a type without a width, such as null
        width = 0
    return np.full(len(array), VALUE + width, dtype=np.int64)


def _binary(array: Any, _most: int) -> Sizes:  # noqa: ANN401
    sizes: Sizes = np.diff(_offsets(array)) + VALUE
    return sizes


def _view(array: Any, _most: int) -> Sizes:  # noqa: ANN401
    views = array.buffers()[1]  # of 16 bytes each, the first 4 of which are the length
    if views is None or not len(array):
        return np.full(len(array), VALUE, dtype=np.int64)
    lengths = np.frombuffer(views, dtype=np.int32)[::4][array.offset : array.offset + len(array)]
    return lengths.clip(0).astype(np.int64) + VALUE


def _dictionary(array: Any, most: int) -> Sizes:  # noqa: ANN401
    sizes = np.append(value_sizes(array.dictionary, most), VALUE)  # the last one is that of a null
    indices = array.indices.cast(pa.int64(), safe=False).fill_null(len(array.dictionary))
    written: Sizes = sizes[indices.to_numpy(zero_copy_only=False)]
    return written


def _runs(array: Any, most: int) -> Sizes:  # noqa: ANN401
    first, count = array.find_physical_offset(), array.find_physical_length()
    sizes = value_sizes(array.values.slice(first, count), most)
    ends = array.run_ends.slice(first, count).to_numpy().astype(np.int64) - array.offset
    return np.repeat(sizes, np.diff(ends.clip(0, len(array)), prepend=0))


def _list(array: Any, most: int) -> Sizes:  # noqa: ANN401
    offsets = _offsets(array)
    first = int(offsets[0]) if len(offsets) else 0
    last = int(offsets[-1]) if len(offsets) else 0
    values = array.values if not kinds.is_map(array.type) else _entries(array)
    sums = _sums(value_sizes(values.slice(first, last - first), most))
    lists: Sizes = np.diff(sums[offsets - first]) + VALUE
    return lists


def _entries(array: Any) -> Any:  # noqa: ANN401
    return pa.StructArray.from_arrays([array.keys, array.items], ["key", "value"])


def _fixed_size_list(array: Any, most: int) -> Sizes:  # noqa: ANN401
    width = array.type.list_size
    sizes = value_sizes(array.values.slice(array.offset * width, len(array) * width), most)
    lists: Sizes = sizes.reshape(len(array), width).sum(axis=1) + VALUE
    return lists


def _list_view(array: Any, most: int) -> Sizes:  # noqa: ANN401
    sums = _sums(value_sizes(array.values, most))
    starts = array.offsets.to_numpy().astype(np.int64)
    lists: Sizes = sums[starts + array.sizes.to_numpy()] - sums[starts] + VALUE
    return lists


def _struct(array: Any, most: int) -> Sizes:  # noqa: ANN401
    sizes = np.full(len(array), VALUE, dtype=np.int64)
    for index in range(array.type.num_fields):
        sizes += value_sizes(array.field(index), most)
    return sizes


def _union(array: Any, most: int) -> Sizes:  # noqa: ANN401
    """Of each value that of the longest one of any of its kinds: unions are rare, and no text is one."""
    longest = [value_sizes(array.field(index), most).max(initial=0) for index in range(array.type.num_fields)]
    return np.full(len(array), VALUE + int(max(longest, default=0)), dtype=np.int64)


def _offsets(array: Any) -> Sizes:  # noqa: ANN401
    """Where each value begins, and the last one ends."""
    large = kinds.is_large_list(array.type) or kinds.is_large_string(array.type)
    wide = large or kinds.is_large_binary(array.type)
    buffer = array.buffers()[1]
    if buffer is None or not len(array):
        return np.zeros(len(array) + 1, dtype=np.int64)
    offsets = np.frombuffer(buffer, dtype=np.int64 if wide else np.int32)
    return offsets[array.offset : array.offset + len(array) + 1].astype(np.int64)


def _sums(sizes: Sizes) -> Sizes:
    return np.concatenate(([0], np.cumsum(sizes)))


def _is_offset_binary(kind: Any) -> bool:  # noqa: ANN401
    checks = (kinds.is_string, kinds.is_large_string, kinds.is_binary, kinds.is_large_binary)
    return any(check(kind) for check in checks) and not kinds.is_fixed_size_binary(kind)


_BY_KIND: Final[tuple[tuple[Callable[[Any], bool], Callable[[Any, int], Sizes]], ...]] = (
    (_is_offset_binary, _binary),
    (lambda kind: kinds.is_string_view(kind) or kinds.is_binary_view(kind), _view),
    (kinds.is_dictionary, _dictionary),
    (kinds.is_run_end_encoded, _runs),
    (lambda kind: kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_map(kind), _list),
    (kinds.is_fixed_size_list, _fixed_size_list),
    (lambda kind: kinds.is_list_view(kind) or kinds.is_large_list_view(kind), _list_view),
    (kinds.is_struct, _struct),
    (kinds.is_union, _union),
)
