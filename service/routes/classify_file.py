"""Whole files to whole files: `/v1/classify/file`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse

from textcnn.reading.compression import COMPRESSIONS
from textcnn.service.http.access import Area
from textcnn.service.http.openapi import describe_file
from textcnn.service.http.route_group import RouteGroup
from textcnn.service.http.upload import MEDIA_TYPES, FileRequest, receive_upload

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from textcnn.service.http.upload import Upload
    from textcnn.service.labelling.file_labeller import FileLabeller, LabelledFile
    from textcnn.service.settings import Settings

FILE = "/v1/classify/file"


def classify_file_routes(labeller: FileLabeller, settings: Settings) -> RouteGroup:
    """The route that labels files."""
    router = APIRouter()

    media_types = (*MEDIA_TYPES.values(), *(f"application/{each}" for each in COMPRESSIONS))

    @router.post(FILE, **describe_file("Label a file", FileRequest, media_types))
    async def classify_file(request: Request) -> Response:
        """Label every row of a file; the answer is the file, with columns for label, score and error."""
        upload = await receive_upload(request)
        try:
            file_request = upload.request
            labelled = await labeller.label(
                upload.source, upload.target, file_request.options(), file_request.model, file_request.version
            )
            return _LabelledResponse(upload, labelled)
        except BaseException:
            upload.close()
            raise

    return RouteGroup(router, areas=(Area(prefix=FILE, only_labels=True, seconds=settings.file_seconds),))


class _LabelledResponse(FileResponse):
    """The labelled file; its directory is removed once it is sent, or the client is gone."""

    def __init__(self, upload: Upload, labelled: LabelledFile) -> None:
        self._upload = upload
        model = labelled.model
        headers = {
            "x-model-name": _in_ascii(model.name),
            "x-model-version": model.version,
            "x-rows": str(labelled.rows),
            "x-row-errors": str(labelled.errors),
            "x-left-out": json.dumps(labelled.left_out),
            "x-row-notes": json.dumps(labelled.notes),
            "x-reading": _in_ascii(labelled.reading),
            **({"x-reading-warning": _in_ascii("; ".join(labelled.warnings))} if labelled.warnings else {}),
        }
        media_type, name = MEDIA_TYPES[labelled.format], f"labelled.{labelled.format}"
        if labelled.compression:
            media_type = f"application/{labelled.compression}"
            name += COMPRESSIONS[labelled.compression]
        super().__init__(upload.target, media_type=media_type, headers=headers, filename=name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:  # noqa: ANN401  # as starlette
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._upload.close()


def _in_ascii(text: str) -> str:
    """Text as a header can hold it; others of its characters are told by their numbers."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable.encode("ascii", "backslashreplace").decode()
