"""A file that was sent, and the directory that it is worked on in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from textcnn.files.file_options import FileOptions
from textcnn.reading.compression import COMPRESSIONS, compression_of
from textcnn.reading.format_table import FORMATS
from textcnn.service.http.charset import charset_of
from textcnn.service.http.layout_fields import LayoutFields, layout_of
from textcnn.service.http.schemas import read_fields
from textcnn.service.service_errors import RequestError

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Mapping

    from starlette.datastructures import UploadFile
    from starlette.requests import Request

ENDINGS: Final = {kind: each.endings[0] for each in FORMATS.values() for kind in each.media_types}
"""The ending of a body without a name, by its content type; for other types the content decides."""
MEDIA_TYPES: Final = {
    name: kind + "; charset=utf-8" * kind.startswith("text/")
    for name, each in FORMATS.items()
    for kind in each.media_types[:1]
}
"""The content type of an answer, by its format."""
_BLOCK: Final = 1 << 16
_ENDING = re.compile(r"(?:\.[a-z0-9]{1,10}){1,2}$")


class FileRequest(LayoutFields, forbid_unknown_fields=True):
    """How a file is to be labelled: as `textcnn classify` takes it, from the query or the form."""

    model: str | None = None
    version: str | None = None
    name: str = ""
    """Of the file; its ending tells the format."""
    output_format: str | None = None
    scores: bool = False
    prefix: str = ""
    safe_cells: Annotated[
        bool, Meta(description="An apostrophe before cells that a spreadsheet would take for formulas.")
    ] = False

    @classmethod
    def of(cls, values: Mapping[str, str]) -> FileRequest:
        """Read a request from the fields of a query or a form.

        Raises:
            RequestError: a field is unknown or of the wrong type; its value is not repeated.
        """
        return read_fields(values, cls)

    def options(self) -> FileOptions:
        """The options for the file engine.

        Raises:
            ConfigError: a format, delimiter or encoding is not one that can be read.
        """
        return FileOptions(
            layout=layout_of(self),
            output_format=self.output_format,
            scores=self.scores,
            prefix=self.prefix,
            safe_cells=self.safe_cells,
        )


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file on disk. `close` removes it, and all that was made of it."""

    request: FileRequest
    ending: str
    """Such as `.csv.gz`: all that is kept of the name that it came with."""
    _directory: TemporaryDirectory[str] = field(
        default_factory=lambda: TemporaryDirectory(prefix="textcnn-", ignore_cleanup_errors=True)
    )

    @property
    def source(self) -> Path:
        """The file that was sent."""
        return Path(self._directory.name) / f"file{self.ending}"

    @property
    def target(self) -> Path:
        """The file that is sent back; packed as the one that was sent."""
        ending = self.ending or COMPRESSIONS.get(compression_of(self.source) or "", "")
        return Path(self._directory.name) / f"labelled{ending}"

    def close(self) -> None:
        """Remove the directory."""
        self._directory.cleanup()


async def receive_upload(request: Request) -> Upload:
    """Receive the file of a request: its body, or the field `file` of a form.

    Raises:
        RequestError: a form without a file, or a field that is not known.
        MediaTypeError: the charset of the file's content type is not read.
    """
    content_type = request.headers.get("content-type", "")
    charset = charset_of(content_type)
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _from_form(request)
    file_request = _in_charset(FileRequest.of(request.query_params), charset)
    upload = Upload(file_request, _ending(file_request.name) or ENDINGS.get(kind, ""))
    try:
        await _spool(request.stream(), upload.source)
    except BaseException:
        upload.close()
        raise
    return upload


async def _from_form(request: Request) -> Upload:
    async with request.form(max_files=1, max_fields=20) as form:
        text_fields = {key: each for key, each in form.items() if isinstance(each, str)}
        file = form.get("file")
        if file is None or isinstance(file, str):
            raise RequestError("The form has no file in the field 'file'.", field="file")
        file_request = FileRequest.of({**request.query_params, **text_fields})
        file_request = _in_charset(file_request, charset_of(file.content_type or ""))
        upload = Upload(file_request, _ending(file_request.name or file.filename or ""))
        try:
            await _spool(_blocks(file), upload.source)
        except BaseException:
            upload.close()
            raise
        return upload


def _in_charset(file_request: FileRequest, charset: str | None) -> FileRequest:
    """The request with the charset of the file's content type, where no field names the encoding."""
    if charset is None or layout_of(file_request).encoding is not None:
        return file_request
    return msgspec.structs.replace(file_request, encoding=charset)


async def _blocks(file: UploadFile) -> AsyncIterator[bytes]:
    while block := await file.read(_BLOCK):
        yield block


async def _spool(stream: AsyncIterable[bytes], target: Path) -> None:
    """Write blocks as they arrive: they are small, and go to the system's cache."""
    with target.open("wb") as spool:
        async for block in stream:
            spool.write(block)


def _ending(name: str) -> str:
    """The ending of a file's name, fit for a path."""
    match = _ENDING.search(name.lower())
    return match[0] if match else ""
