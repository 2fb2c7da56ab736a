"""Large files to label, as jobs: `/v1/files`, and the labelled file."""

from __future__ import annotations

import dataclasses
import shutil
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse

from textcnn.files.file_options import FileOptions
from textcnn.service.http.access import Area, KeyScope
from textcnn.service.http.openapi import ANY_TYPE, describe, describe_bytes, describe_file
from textcnn.service.http.retraining_schemas import JobFacts
from textcnn.service.http.route_group import RouteGroup, json_response
from textcnn.service.http.upload import MEDIA_TYPES, FileRequest, receive_upload
from textcnn.service.jobs.file_attempt import FileAttempt, result_path
from textcnn.service.jobs.job_directory import UPLOADS, new_job_directory
from textcnn.service.service_errors import ConflictError
from textcnn.service.storage import durable_files
from textcnn.service.storage.row_values import new_id

if TYPE_CHECKING:
    from textcnn.service.data_directory import DataDirectory
    from textcnn.service.http.upload import Upload
    from textcnn.service.jobs.job import Job
    from textcnn.service.loaded.registry import Registry
    from textcnn.service.settings import Settings

FILES = "/v1/files"


def file_jobs_routes(data_directory: DataDirectory, registry: Registry, settings: Settings) -> RouteGroup:
    """The routes of files that are labelled as jobs; they need `admin`, as all jobs do."""
    router = APIRouter(tags=["loop"])

    @router.post(FILES, **_describe_upload())
    async def queue(request: Request) -> Response:
        """Label a large file beside the service, by the version that is named, or that is live now."""
        upload = await receive_upload(request)
        try:
            model = registry.get(upload.request.model)
            version = upload.request.version or model.version
            job = await run_in_threadpool(_queue, data_directory, upload, model.name, version)
        finally:
            upload.close()
        return json_response(JobFacts(**job.to_dict()), 202, {"location": f"/v1/jobs/{job.id}"})

    @router.get(
        "/v1/jobs/{job}/result", **describe_bytes("Get a labelled file", ANY_TYPE, refuses=(404, 409))
    )
    def result(job: str) -> Response:
        """Download the labelled file of a job that is done, whole or in ranges."""
        file_job = data_directory.jobs.get(job)
        if file_job.kind != FileAttempt.kind or file_job.state != "done":
            raise ConflictError("The job has no labelled file, or not yet.", field="job")
        file = file_job.request["file"]
        path = result_path(data_directory.path, file_job.id, file)
        return FileResponse(path, media_type=ANY_TYPE, filename=f"labelled-{file}")

    area = Area(
        prefix=FILES,
        needs=KeyScope.ADMIN,
        max_body_bytes=settings.max_upload_bytes,
        seconds=settings.file_seconds,
    )
    return RouteGroup(router, areas=(area,))


def _queue(data_directory: DataDirectory, upload: Upload, model: str, version: str) -> Job:
    """Store a file, and queue the job that labels it."""
    # A worker finds versions of the repository alone.
    version = data_directory.repository.version(model, version).version
    options = upload.request.options()
    job, name = new_id(), f"file{upload.ending}"
    with new_job_directory(data_directory.path, job) as directory:
        (directory / UPLOADS).mkdir()
        shutil.move(upload.source, directory / UPLOADS / name)
        durable_files.sync_tree(directory / UPLOADS)
        durable_files.sync_directory(directory)
        return data_directory.jobs.create(
            FileAttempt.kind, _request(name, version, options), model=model, job_id=job
        )


def _request(name: str, version: str, options: FileOptions) -> dict[str, Any]:
    """The request of a job, with only those options that change something: an older worker knows the rest."""
    values, plain = dataclasses.asdict(options), dataclasses.asdict(FileOptions())
    others = {name: value for name, value in values.items() if name != "layout" and value != plain[name]}
    return {"file": name, "version": version, "layout": options.layout.to_json(), "options": others}


def _describe_upload() -> dict[str, Any]:
    values = describe("Label a large file", JobFacts, refuses=(404, 408, 413, 415, 422, 429), status=202)
    extra = describe_file("", FileRequest, MEDIA_TYPES.values())["openapi_extra"]
    return {**values, "openapi_extra": extra}
