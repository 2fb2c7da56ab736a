"""Arrow and Parquet files that lie, and those that hold more than they seem to."""

from __future__ import annotations

import random
import struct
import tracemalloc
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.proof import count, proof
from textcnn.errors import CorpusError, InputError, TooLargeError
from textcnn.reading.columnar.read_bounds import ReadBounds
from textcnn.reading.columnar.value_sizes import VALUE, TooManyValuesError, value_sizes
from textcnn.reading.records import open_records

if TYPE_CHECKING:
    from pathlib import Path

MUTATIONS = count(few=500, full=10_000)
"""Of each kind of file."""
LONG = "x" * 250_000
TABLE = pa.table(
    {
        "text": ["a good film", "bad, bad", None, "你好"] * 50,
        "n": list(range(200)),
        "tags": [["a", "b"], [], None, ["c"]] * 50,
        "word": pa.array(["u", "v", None, "u"] * 50).dictionary_encode(),
    }
)


def stream_of(table: pa.Table, kind: str = "stream", **options: str) -> bytes:
    sink = pa.BufferOutputStream()
    new = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
    with new(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def parquet_of(table: pa.Table, **options: str | bool) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    return bytes(sink.getvalue())


def read_all(path: Path, content: bytes, bounds: ReadBounds | None = None) -> list[object]:
    path.write_bytes(content)
    return list(open_records(path, bounds=bounds).stream)


FILES = {
    "a.arrow": stream_of(TABLE, "file"),
    "b.arrow": stream_of(TABLE),
    "c.arrow": stream_of(TABLE, compression="zstd"),
    "d.parquet": parquet_of(TABLE),
}


@pytest.mark.parametrize("name", FILES)
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    records = open_records(tmp_path / name) if (tmp_path / name).write_bytes(FILES[name]) else None
    assert records is not None
    assert [getattr(record, "values", None) for record in records.stream] == TABLE.to_pylist()


def test_false_offsets_are_an_error_before_a_value_is_touched(tmp_path: Path) -> None:
    """They point a megabyte beyond the text, into what else the process holds."""
    content = bytearray(stream_of(pa.table({"text": ["a", "bc", "def"]})))
    at = content.rfind(struct.pack("<4i", 0, 1, 3, 6))
    content[at : at + 16] = struct.pack("<4i", 0, 1, 3, 1_000_000)
    with pytest.raises(CorpusError, match="damaged"):
        read_all(tmp_path / "a.arrow", bytes(content))


def test_false_indices_are_an_error(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array(["a", "b", "a", "b"]).dictionary_encode()})
    content = bytearray(stream_of(table))
    at = content.rfind(struct.pack("<4i", 0, 1, 0, 1))
    content[at : at + 16] = struct.pack("<4i", 0, 1, 900_000, -5)
    with pytest.raises(CorpusError, match="damaged"):
        read_all(tmp_path / "a.arrow", bytes(content))


@pytest.mark.parametrize(
    "column",
    [
        pa.DictionaryArray.from_arrays(pa.array([0] * 4_000, pa.int8()), [LONG]),
        pa.RunEndEncodedArray.from_arrays([4_000], [LONG]),
        pa.array([[LONG]] * 2_000),
        pa.array([{"a": LONG}] * 2_000),
    ],
    ids=["dictionary", "runs", "list", "struct"],
)
@pytest.mark.parametrize("ending", ["arrow", "parquet"])
def test_a_long_value_in_many_rows_is_refused_before_it_is_written_out(
    tmp_path: Path, column: pa.Array, ending: str
) -> None:
    table = pa.table({"text": column})
    if ending == "parquet" and pa.types.is_run_end_encoded(column.type):
        pytest.skip("Parquet has none")
    content = parquet_of(table) if ending == "parquet" else stream_of(table, compression="zstd")
    bounds = ReadBounds(decoded=1 << 30, rows=100 << 20)
    tracemalloc.start()
    before = pa.total_allocated_bytes()
    with pytest.raises(CorpusError, match=r"of 1,000 rows from row 1 take more than 105 MB"):
        read_all(tmp_path / f"a.{ending}", content, bounds)
    assert tracemalloc.get_traced_memory()[1] < 20 << 20
    tracemalloc.stop()
    assert pa.total_allocated_bytes() - before < 20 << 20


def test_a_text_that_stands_once_in_a_parquet_file_stands_once_in_memory(tmp_path: Path) -> None:
    """Of a thousand rows, a quarter of a gigabyte would be made before anything is measured."""
    content = parquet_of(pa.table({"text": pa.array([LONG] * 4_000)}))
    usual, pool = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(pool)
    try:
        with pytest.raises(CorpusError, match=r"of 1,000 rows from row 1 take more than 105 MB"):
            read_all(tmp_path / "a.parquet", content, ReadBounds(decoded=1 << 30, rows=100 << 20))
    finally:
        pa.set_memory_pool(usual)
    assert pool.max_memory() < 20 << 20


def test_what_is_nested_more_deeply_than_arrow_has_it_is_refused_unread(tmp_path: Path) -> None:
    deep = pa.array(["x"])
    for _ in range(80):
        deep = pa.StructArray.from_arrays([deep], ["a"])
    with pytest.raises(CorpusError, match="damaged"):
        read_all(tmp_path / "a.parquet", parquet_of(pa.table({"text": ["a"], "deep": deep})))


def test_a_row_group_that_would_unpack_to_more_is_refused_unread(tmp_path: Path) -> None:
    content = parquet_of(pa.table({"text": ["x" * 50_000_000]}), use_dictionary=False)
    assert len(content) < 5_000_000
    with pytest.raises(CorpusError, match="row group 0 holds 50 MB"):
        read_all(tmp_path / "a.parquet", content, ReadBounds(decoded=10_000_000))


def test_what_the_whole_file_holds_is_bounded(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array(["x" * 1_000] * 9_000).dictionary_encode()})
    with pytest.raises(TooLargeError):
        read_all(tmp_path / "a.arrow", stream_of(table), ReadBounds(file=5_000_000))
    assert len(read_all(tmp_path / "a.arrow", stream_of(table), ReadBounds(file=20_000_000))) == 9_000


def test_a_batch_that_would_unpack_to_more_is_refused_unread(tmp_path: Path) -> None:
    content = stream_of(pa.table({"text": ["x" * 50_000_000]}), compression="zstd")
    assert len(content) < 20_000
    with pytest.raises(CorpusError, match="batch 1 holds 50 MB"):
        read_all(tmp_path / "a.arrow", content, ReadBounds(decoded=10_000_000))


def test_rows_of_nothing_are_counted_before_they_are_made(tmp_path: Path) -> None:
    content = stream_of(pa.table({"text": pa.nulls(50_000_000)}))
    assert len(content) < 1_000
    with pytest.raises(CorpusError, match="values of 50,000,000 rows"):
        read_all(tmp_path / "a.arrow", content, ReadBounds(decoded=10_000_000, rows=10**10))


def test_a_buffer_that_claims_a_terabyte_is_refused(tmp_path: Path) -> None:
    content = stream_of(pa.table({"text": ["x" * 5_000_000]}), compression="zstd")
    false = content.replace(struct.pack("<q", 5_000_000), struct.pack("<q", 1 << 40))
    assert false != content
    with pytest.raises(CorpusError, match=r"1,099,\d+ MB"):
        read_all(tmp_path / "a.arrow", false)


def test_values_of_lists_count_in_a_row_group(tmp_path: Path) -> None:
    numbers = pa.ListArray.from_arrays(
        pa.array([0, 3_000_000], pa.int32()), pa.array([7] * 3_000_000, pa.int8())
    )
    content = parquet_of(pa.table({"text": ["a"], "n": numbers}))
    assert len(content) < 100_000
    with pytest.raises(CorpusError, match="row group 0 holds"):
        read_all(tmp_path / "a.parquet", content, ReadBounds(decoded=10_000_000))


@pytest.mark.parametrize("ending", ["arrow", "parquet"])
def test_two_columns_of_one_name_are_an_error(tmp_path: Path, ending: str) -> None:
    table = pa.table([["a"], ["b"]], names=["text", "text"])
    content = parquet_of(table) if ending == "parquet" else stream_of(table)
    with pytest.raises(CorpusError, match="two columns are called 'text'"):
        read_all(tmp_path / f"a.{ending}", content)


def written_out(value: object) -> int:
    """Bytes of a value with all that it is nested of, one by one."""
    if isinstance(value, dict):
        return VALUE + sum(map(written_out, value.values()))
    if isinstance(value, list):
        return VALUE + sum(map(written_out, value))
    if isinstance(value, tuple):
        return VALUE + sum(map(written_out, value))
    return VALUE + (len(value.encode()) if isinstance(value, str) else 4 if isinstance(value, int) else 0)


WORDS = ["", "a", "bb", "你", "dddd"] * 7
SHAPES = {
    "string": pa.array(WORDS),
    "large": pa.array(WORDS, pa.large_string()),
    "view": pa.array([word * 9 for word in WORDS], pa.string_view()),
    "dictionary": pa.array(WORDS).dictionary_encode(),
    "int": pa.array(range(35), pa.int32()),
    "null": pa.nulls(35),
    "list": pa.array([WORDS[:n] for n in range(35)]),
    "large_list": pa.array([WORDS[:n] for n in range(35)], pa.large_list(pa.string())),
    "list_view": pa.array([WORDS[:n] for n in range(35)], pa.list_view(pa.string())),
    "fixed": pa.array([["a", "bcd"]] * 35, pa.list_(pa.string(), 2)),
    "struct": pa.array([{"a": word, "b": [word]} for word in WORDS]),
    "runs": pa.RunEndEncodedArray.from_arrays([3, 30, 35], ["abc", "", "你"]),
    "lists of dictionaries": pa.ListArray.from_arrays(list(range(36)), pa.array(WORDS).dictionary_encode()),
    "nested": pa.array([[{"a": [word, word]}] * 2 for word in WORDS]),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("start", "count"), [(0, 35), (2, 7), (29, 6), (35, 0), (4, 1)])
def test_sizes_are_those_of_the_values(shape: str, start: int, count: int) -> None:
    array = SHAPES[shape].slice(start, count)
    assert value_sizes(array, 10_000).tolist() == [written_out(value) for value in array.to_pylist()]


def test_a_map_counts_keys_and_values() -> None:
    array = pa.array([[("a", "bcd")], [], [("x", "y"), ("z", "")]], pa.map_(pa.string(), pa.string()))
    assert value_sizes(array, 100).tolist() == [written_out(value) for value in array.to_pylist()]


def test_endless_nothings_are_not_counted() -> None:
    with pytest.raises(TooManyValuesError):
        value_sizes(pa.nulls(2_000), 1_000)


def mutate(content: bytes, chooser: random.Random) -> bytes:
    """A file as bad disks, bad lines and bad people leave it."""
    data = bytearray(content)
    for _ in range(chooser.choice((1, 1, 2, 8))):
        at = chooser.randrange(len(data)) if data else 0
        kind = chooser.randrange(5)
        if kind == 0 and data:
            data[at] ^= 1 << chooser.randrange(8)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            size = chooser.randrange(1, 64)
            data[at : at + size] = chooser.randbytes(size)
        elif kind == 3:
            other = chooser.randrange(len(data)) if data else 0
            data[at:at] = data[other : other + chooser.randrange(200)]
        else:
            data[at : at + 4] = struct.pack(
                "<i", chooser.choice((-1, 0, 1, 255, 1 << 16, 1 << 30, -(1 << 31)))
            )
    return bytes(data)


@proof("a damaged columnar file is an error and nothing else", MUTATIONS)
@pytest.mark.parametrize("name", FILES)
def test_damaged_files_are_errors_and_nothing_else(tmp_path: Path, name: str) -> None:
    chooser, read = random.Random(5), 0
    for number in range(MUTATIONS):
        try:
            read_all(tmp_path / name, mutate(FILES[name], chooser), ReadBounds(10**8, 10**7, 10**7))
            read += 1
        except InputError:
            pass
        except Exception as error:
            raise AssertionError(number) from error
    assert read
