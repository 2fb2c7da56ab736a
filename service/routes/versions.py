"""The versions of a model: listed, uploaded, downloaded, promoted, rolled back, removed."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse

from textcnn.errors import ModelNotFoundError
from textcnn.service.http.access import Area, KeyScope, require
from textcnn.service.http.openapi import ANY_TYPE, describe, describe_bytes, describe_removal
from textcnn.service.http.retraining_schemas import RETRAINING_SCHEMAS, VersionFacts, VersionList
from textcnn.service.http.route_group import RouteGroup, json_response
from textcnn.service.service_errors import RequestError, StorageError
from textcnn.service.versions.model_home import check_name
from textcnn.service.versions.packing import Packing
from textcnn.service.versions.trial import Trial

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from textcnn.directory import ModelDirectory
    from textcnn.service.data_directory import DataDirectory
    from textcnn.service.labelling.bounded_pool import BoundedPool
    from textcnn.service.settings import Settings
    from textcnn.service.versions.version import Version

ARCHIVE = "application/gzip"
_VERSION = "/v1/models/{model}/versions/{version}"


def versions_routes(data_directory: DataDirectory, settings: Settings, pool: BoundedPool) -> RouteGroup:
    """The routes of versions. Looking needs `classify`, changing needs `admin` too."""
    router = APIRouter(tags=["loop"])

    @router.get("/v1/models/{model}/versions", **describe("List versions", VersionList, refuses=(404, 422)))
    def versions(model: str) -> Response:
        """List the versions of a model, the newest first, with what the gate decided on each."""
        return json_response(_list(data_directory, model))

    @router.post(
        "/v1/models/{model}/versions",
        **_describe_upload("Add a version", refuses=(404, 409, 413, 422), status=201),
    )
    async def add(request: Request, model: str, promote: str = "false") -> Response:
        """Add a model directory, packed as .tar.gz; a child process tries it, and it is not live yet."""
        require(request, KeyScope.ADMIN)
        if promote not in ("true", "false"):
            raise RequestError("promote is 'true' or 'false'.", field="promote")
        if promote == "true":
            data_directory.require_followed(model)
        version = await _receive(request, data_directory, model, settings)
        if promote == "true":
            version = await run_in_threadpool(_promote, data_directory, model, version.version)
        return _version_response(version, 201)

    @router.post(
        f"{_VERSION}/promote", **describe("Make a version live", VersionFacts, refuses=(404, 409, 422))
    )
    def promote(request: Request, model: str, version: str) -> Response:
        """Make a version live: it answers here by then, and everywhere within two seconds of its loading."""
        require(request, KeyScope.ADMIN)
        data_directory.require_followed(model)
        return _version_response(_promote(data_directory, model, version))

    @router.post(
        "/v1/models/{model}/rollback", **describe("Go back a version", VersionFacts, refuses=(404, 409, 422))
    )
    def rollback(request: Request, model: str) -> Response:
        """Make the previous version live again, which then answers; a second rollback undoes the first."""
        require(request, KeyScope.ADMIN)
        data_directory.require_followed(model)
        version = data_directory.repository.rollback(model)
        data_directory.answer_live(model)
        return _version_response(version)

    @router.get(
        f"{_VERSION}/archive", **describe_bytes("Download a version", ARCHIVE, refuses=(404, 422, 429))
    )
    async def archive(request: Request, model: str, version: str) -> Response:
        """Download a version as .tar.gz."""
        stored = await run_in_threadpool(data_directory.repository.version, model, version)
        packing = await _packed(request, pool, stored.directory())
        return _ArchiveResponse(packing, f"{model}-{stored.version}.tar.gz")

    @router.delete(_VERSION, **describe_removal("Remove a version", refuses=(404, 409, 422)))
    def remove(request: Request, model: str, version: str) -> Response:
        """Remove a version; never the live one."""
        require(request, KeyScope.ADMIN)
        data_directory.repository.remove(model, version)
        return Response(status_code=204)

    areas = (
        Area(prefix="/v1/models", max_body_bytes=settings.max_upload_bytes, seconds=settings.file_seconds),
    )
    return RouteGroup(router, areas=areas, schemas=RETRAINING_SCHEMAS)


async def _packed(request: Request, pool: BoundedPool, model: ModelDirectory) -> Packing:
    """A model's archive, while the client waits for it."""
    async for _ in request.stream():
        pass  # once a request is read to its end, a client that goes away ends the work
    packing = Packing(model)
    try:
        await pool.run(packing.run)
    except BaseException:
        packing.close()
        raise
    return packing


class _ArchiveResponse(FileResponse):
    """An archive, removed once it is sent, or is not to be sent any more."""

    def __init__(self, packing: Packing, name: str) -> None:
        super().__init__(packing.path, media_type=ARCHIVE, filename=name)
        self._packing = packing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._packing.close()


def _list(data_directory: DataDirectory, model: str) -> VersionList:
    versions = data_directory.repository.versions(model)
    if not versions:
        data_directory.repository.version(model, "live")  # says which models there are
        raise ModelNotFoundError(f"There is no model '{model}'.", field="model")
    by_alias = {
        alias: each.version for each in versions for alias in ("live", "previous") if getattr(each, alias)
    }
    facts = [VersionFacts(**each.to_dict()) for each in versions]
    return VersionList(model, by_alias.get("live"), by_alias.get("previous"), facts)


async def _receive(
    request: Request, data_directory: DataDirectory, model: str, settings: Settings
) -> Version:
    """Add the version in the body of a request."""
    check_name(model)
    trial = Trial.of(settings, is_sent=True)
    with _spool(data_directory) as spool:
        async for block in request.stream():
            spool.write(block)
        spool.seek(0)
        largest = 10 * settings.max_upload_bytes
        add = data_directory.repository.add_archive
        return await run_in_threadpool(add, model, spool, largest=largest, trial=trial)


def _promote(data_directory: DataDirectory, model: str, version: str) -> Version:
    promoted = data_directory.repository.promote(model, version)
    data_directory.answer_live(model)
    return promoted


def _version_response(version: Version, status: int = 200) -> Response:
    return json_response(VersionFacts(**version.to_dict()), status)


def _spool(data_directory: DataDirectory) -> Any:  # noqa: ANN401  # a temporary file of bytes
    """A temporary file for an upload, on the disk of the data directory: the system's own may be small."""
    directory: Path = data_directory.path
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(prefix="upload-", dir=directory)
    except OSError as error:
        raise StorageError(f"The upload cannot be stored: {error.strerror}.") from error


def _describe_upload(summary: str, *, refuses: tuple[int, ...], status: int) -> dict[str, Any]:
    arguments = describe(summary, VersionFacts, refuses=refuses, status=status)
    body = {"required": True, "content": {ANY_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
    arguments["openapi_extra"] = {**arguments["openapi_extra"], "requestBody": body}
    return arguments
