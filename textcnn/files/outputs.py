"""Labelled rows as the bytes of an output file: a part at a time, and all parts together."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import ConfigError
from textcnn.files.file_options import OUTPUT_FORMATS
from textcnn.reading.compression import endings_of
from textcnn.reading.exports.joined_labels import join_labels
from textcnn.reading.format_table import FORMATS, format_of_ending
from textcnn.reading.formats.jsonl import Number
from textcnn.tokens.surrogates import without_surrogates

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from textcnn.files.chunks import Source
    from textcnn.files.file_options import FileOptions
    from textcnn.files.label_chunk import AddedColumns, Labelled

_DELIMITED: Final = ("csv", "tsv")
SEPARATOR: Final = "|"
"""Between the labels of a multi-label model in a cell, unless the layout says another."""
_FORMULA: Final = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""First characters of cells that a spreadsheet may run: OWASP, "CSV Injection"."""
_NUMBER: Final = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?%?", re.ASCII)
"""Begins as a formula may, and is none."""


@dataclass(frozen=True)
class Output:
    """How labelled rows are written. Small, and sent to every process."""

    format: str
    compression: str | None
    columns: tuple[str, ...]
    added: AddedColumns
    multi_label: bool
    delimiter: str
    header: bool
    separator: str
    schema: Any
    """Of the input's columns, where it is columnar; None for strings."""
    safe_cells: bool = False
    """An apostrophe before what a spreadsheet would take for a formula."""

    @property
    def is_columnar(self) -> bool:
        """Whether its columns have types, and its parts are no text."""
        return FORMATS[self.format].is_columnar

    def write(self, rows: Sequence[Labelled]) -> bytes:
        """The bytes of one part."""
        if self.is_columnar:
            return _arrow_bytes(self, rows)
        text = _TEXT_WRITERS[self.format](self, rows)
        return self.compress(without_surrogates(text).encode())

    def head(self) -> bytes:
        """The bytes before the first part."""
        if self.format not in _DELIMITED or not self.header:
            return b""
        names = self.guard([*self.columns, *self.added.names])
        return self.compress(_csv_text(self.delimiter, [names], "\n").encode())

    def guard(self, cells: list[str]) -> list[str]:
        """The cells of a row, none of them a formula where that is asked for."""
        return [_no_formula(cell) for cell in cells] if self.safe_cells else cells

    def compress(self, data: bytes) -> bytes:
        """A whole gzip member or Zstandard frame; several of them, one after the other, are a file too."""
        if self.compression == "gzip":
            return gzip.compress(data, compresslevel=6, mtime=0)
        if self.compression == "zstd":
            import pyarrow as pa

            sink = pa.BufferOutputStream()
            with pa.CompressedOutputStream(sink, "zstd") as stream:
                stream.write(data)
            return bytes(sink.getvalue())
        return data

    def assemble(self, parts: Iterable[Path], target: Path) -> None:
        """Write the output from its parts."""
        if self.is_columnar:
            _assemble_arrow(self, parts, target)
            return
        with target.open("wb") as file:
            file.write(self.head())
            for part in parts:
                file.write(part.read_bytes())


def output_format(source_format: str, target: str, options: FileOptions) -> str:
    """The format of an output: as it is said, by the target's name, or the source's."""
    ending, _ = endings_of(target.rpartition("/")[2])
    candidates = (format_of_ending(ending), FORMATS[source_format].written_as or source_format)
    return options.output_format or next((each for each in candidates if each in OUTPUT_FORMATS), "tsv")


def make_output(
    source: Source, target: str, added: AddedColumns, options: FileOptions, *, multi_label: bool
) -> Output:
    """The output for a target's name, such as `out.csv.gz`; `-` is standard output.

    Raises:
        ConfigError: safe cells are asked for in a format that no spreadsheet opens.
    """
    _, compression = endings_of(target.rpartition("/")[2])
    name = output_format(source.format, target, options)
    if options.safe_cells and name not in _DELIMITED:
        raise ConfigError(
            f"Safe cells are for CSV and TSV, and the output is {name}. Leave out --safe-cells, or say "
            "--output-format csv.",
            field="safe_cells",
        )
    is_delimited_input = source.format in _DELIMITED
    return Output(
        format=name,
        compression=None if FORMATS[name].is_columnar else compression,
        columns=source.columns,
        added=added,
        multi_label=multi_label,
        delimiter="\t" if name == "tsv" else source.delimiter if name == "csv" else ",",
        header=source.has_names or not is_delimited_input,
        separator=options.layout.label_separator or SEPARATOR,
        schema=source.schema,
        safe_cells=options.safe_cells,
    )


def _delimited(output: Output, rows: Sequence[Labelled]) -> str:
    cells = [
        output.guard(
            [
                *[_cell(row.values.get(name)) for name in output.columns],
                *_added_cells(output, row),
                row.error or "",
            ]
        )
        for row in rows
    ]
    text = _csv_text(output.delimiter, cells, "\n")
    if "\r" not in text:
        return text
    # Python quotes a cell with a lone carriage return, which readers take for a row's end, only where the
    # rows' own ends have one. A row at a time, since cells may hold such an end, too.
    return "".join(_csv_text(output.delimiter, [row], "\r\n")[:-2] + "\n" for row in cells)


def _csv_text(delimiter: str, rows: Sequence[Sequence[str]], end: str) -> str:
    """Rows as delimited text. It cannot spell NUL: a bare one is damage to whoever reads it, us too."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    return text.getvalue().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _no_formula(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or _is_nan(value) else _json(value)


def _added_cells(output: Output, row: Labelled) -> list[str]:
    prediction = row.prediction
    if prediction is None:
        return [""] * (len(output.added.names) - 1)
    label = prediction.label or ""
    if prediction.labels is not None:
        label = join_labels(prediction.labels, output.separator)
    cells = [label, _score(prediction.score)]
    if output.added.scores:
        cells += [_score(score) for score in prediction.scores.values()]
    if row.evidence is not None:
        cells.append(join_labels(row.evidence, output.separator))
    return cells


def _score(value: float) -> str:
    return f"{value:.6f}"


def _json_lines(output: Output, rows: Sequence[Labelled]) -> str:
    return "".join(f"{{{', '.join(_members(output, row))}}}\n" for row in rows)


def _members(output: Output, row: Labelled) -> list[str]:
    members = [f"{_json(name)}: {_json(value)}" for name, value in row.values.items()]
    added, prediction = output.added, row.prediction
    if prediction is not None:
        label = prediction.label if prediction.labels is None else list(prediction.labels)
        members.append(f"{_json(added.label)}: {_json(label)}")
        members.append(f"{_json(added.score)}: {_score(prediction.score)}")
        if added.scores:
            pairs = zip(added.scores, prediction.scores.values(), strict=True)
            members += [f"{_json(name)}: {_score(score)}" for name, score in pairs]
        if added.evidence is not None:
            members.append(f"{_json(added.evidence)}: {_json(list(row.evidence or ()))}")
    if row.error is not None:
        members.append(f"{_json(added.error)}: {_json(row.error)}")
    return members


def _json(value: object) -> str:
    """A value as JSON; numbers as they were written, and null for what is no number."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "null" if math.isnan(value) else f'"{value}"'
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_json(str(name))}: {_json(each)}' for name, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_json, value))}]"
    if isinstance(value, bytes):
        return json.dumps(value.decode("utf-8", "replace"), ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, default=str)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


_TEXT_WRITERS: Final = {"csv": _delimited, "tsv": _delimited, "jsonl": _json_lines}
"""Of the formats that are no columnar ones; these are all written by way of Arrow."""


def _arrow_schema(output: Output) -> Any:  # noqa: ANN401  # pyarrow ships no types
    import pyarrow as pa

    schema = output.schema or pa.schema([(name, pa.string()) for name in output.columns])
    label = pa.list_(pa.string()) if output.multi_label else pa.string()
    added = output.added
    fields = [
        (added.label, label),
        *((name, pa.float64()) for name in (added.score, *added.scores)),
        *([(added.evidence, pa.list_(pa.string()))] if added.evidence is not None else []),
        (added.error, pa.string()),
    ]
    added_fields = [pa.field(name, kind) for name, kind in fields]
    return pa.schema([*schema, *added_fields], metadata=schema.metadata)


def _arrow_bytes(output: Output, rows: Sequence[Labelled]) -> bytes:
    """One record batch as an Arrow stream; parts are the same for Parquet and Arrow."""
    import pyarrow as pa

    schema = _arrow_schema(output)
    columns = {name: [_arrow_value(output, row.values.get(name)) for row in rows] for name in output.columns}
    predictions = [row.prediction for row in rows]
    columns[output.added.label] = [
        None if each is None else each.label if each.labels is None else list(each.labels)
        for each in predictions
    ]
    columns[output.added.score] = [None if each is None else each.score for each in predictions]
    scores = [None if each is None else list(each.scores.values()) for each in predictions]
    for index, name in enumerate(output.added.scores):
        columns[name] = [None if each is None else each[index] for each in scores]
    if output.added.evidence is not None:
        columns[output.added.evidence] = [_clean(row.evidence) for row in rows]
    columns[output.added.error] = [row.error for row in rows]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.RecordBatch.from_pydict(columns, schema=schema))
    return bytes(sink.getvalue())


def _clean(evidence: tuple[str, ...] | None) -> list[str] | None:
    return None if evidence is None else [without_surrogates(each) for each in evidence]


def _arrow_value(output: Output, value: object) -> object:
    if output.schema is not None or value is None:
        return value
    return without_surrogates(_cell(value))


def _assemble_arrow(output: Output, parts: Iterable[Path], target: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _arrow_schema(output)
    open_writer = pq.ParquetWriter if output.format == "parquet" else pa.ipc.new_file
    with open_writer(str(target), schema) as writer:
        for part in parts:
            with pa.memory_map(str(part)) as source:
                writer.write_table(pa.ipc.open_stream(source).read_all())
