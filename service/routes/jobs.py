"""Training jobs: queued, followed, cancelled."""

from __future__ import annotations

import asyncio
import json
import shutil
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, StreamingResponse

from textcnn.service.http.access import Area, KeyScope, require
from textcnn.service.http.exchange import HEAD_ALONE
from textcnn.service.http.openapi import describe, describe_bytes
from textcnn.service.http.retraining_schemas import JobFacts, JobList, TrainForm
from textcnn.service.http.route_group import RouteGroup, json_response
from textcnn.service.jobs.job_directory import LOG, job_directory
from textcnn.service.routes.training_upload import queue_training
from textcnn.service.service_errors import RequestError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textcnn.service.data_directory import DataDirectory
    from textcnn.service.http.in_flight import InFlight
    from textcnn.service.jobs.job import Job, JobEvent

LOOK_SECONDS = 0.5
"""Seconds between two looks for new events."""
QUIET_SECONDS = 15
"""After so long without an event a comment is sent, so that proxies keep the connection."""
LONGEST_STREAM = 86_400.0


def jobs_routes(data_directory: DataDirectory, in_flight: InFlight) -> RouteGroup:
    """The routes of jobs, which all need `admin`."""
    router = APIRouter(tags=["loop"])

    @router.post("/v1/models/{model}/train", **_describe_training())
    async def train(request: Request, model: str) -> Response:
        """Train a model, or a new one, on uploaded rows: its version goes live if it is better."""
        require(request, KeyScope.ADMIN)
        data_directory.require_followed(model)
        job = await queue_training(data_directory, model, request)
        return json_response(_facts(job), 202, {"location": f"/v1/jobs/{job.id}"})

    @router.get("/v1/jobs", **describe("List jobs", JobList))
    def jobs(model: str | None = None, state: str | None = None) -> Response:
        """List the hundred newest jobs, of one model or in one state where that is asked for."""
        return json_response(
            JobList([_facts(job) for job in data_directory.jobs.find(model=model, state=state)])
        )

    @router.get("/v1/jobs/{job}", **describe("Tell of a job", JobFacts, refuses=(404,)))
    def one_job(job: str) -> Response:
        """Tell how far a job is, and what came of it."""
        return json_response(_facts(data_directory.jobs.get(job)))

    @router.get(
        "/v1/jobs/{job}/events", **describe_bytes("Follow a job", "text/event-stream", refuses=(404, 422))
    )
    async def events(request: Request, job: str) -> Response:
        """Follow a job by server-sent events; with `Last-Event-ID`, from the one after that."""
        after = request.headers.get("last-event-id", "0")
        if not after.isdecimal() or len(after) > 18:
            raise RequestError(
                "Last-Event-ID is no id of an event; expected a number.", field="last-event-id"
            )
        await run_in_threadpool(data_directory.jobs.get, job)
        if HEAD_ALONE in request.scope:
            return Response(media_type="text/event-stream")
        stream = _stream(data_directory, job, int(after), in_flight)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    @router.get("/v1/jobs/{job}/log", **describe_bytes("Read a job's log", "text/plain", refuses=(404,)))
    def log(job: str) -> Response:
        """Read all that the process of the job said."""
        path = job_directory(data_directory.path, data_directory.jobs.get(job).id) / LOG
        return (
            FileResponse(path, media_type="text/plain; charset=utf-8")
            if path.is_file()
            else Response("", media_type="text/plain")
        )

    @router.delete("/v1/jobs/{job}", **describe("Cancel or forget a job", JobFacts, refuses=(404,)))
    def cancel(job: str) -> Response:
        """Cancel a job, within seconds where it runs; one that has ended is forgotten with its uploads."""
        current = data_directory.jobs.get(job)
        if current.ended:
            data_directory.jobs.remove(job)
            shutil.rmtree(job_directory(data_directory.path, current.id), ignore_errors=True)
            return json_response(_facts(current))
        return json_response(_facts(data_directory.jobs.cancel(job)))

    return RouteGroup(router, areas=(Area(prefix="/v1/jobs", needs=KeyScope.ADMIN, seconds=LONGEST_STREAM),))


async def _stream(
    data_directory: DataDirectory, job: str, after: int, in_flight: InFlight
) -> AsyncIterator[bytes]:
    """The events of a job as they come, until it has ended."""
    quiet = 0.0
    while not in_flight.draining:
        # First the state, then the events: those that come in between are sent the next time.
        ended = (await run_in_threadpool(data_directory.jobs.get, job)).ended
        new_events = await run_in_threadpool(data_directory.jobs.events, job, after)
        for event in new_events:
            after = event.id
            yield _written(event)
        if ended and not new_events:
            return
        quiet = 0.0 if new_events else quiet + LOOK_SECONDS
        if quiet >= QUIET_SECONDS:
            quiet = 0.0
            yield b": still there\n\n"
        await asyncio.sleep(0 if new_events else LOOK_SECONDS)


def _written(event: JobEvent) -> bytes:
    return f"id: {event.id}\nevent: {event.event}\ndata: {json.dumps(event.data)}\n\n".encode()


def _facts(job: Job) -> JobFacts:
    return JobFacts(**job.to_dict())


def _describe_training() -> dict[str, Any]:
    arguments = describe("Train a model", JobFacts, refuses=(409, 413, 415, 422), status=202)
    fields = msgspec.json.schema(TrainForm)["$defs"]["TrainForm"]["properties"]
    file = {"type": "array", "items": {"type": "string", "format": "binary"}}
    form: dict[str, Any] = {
        "type": "object",
        "required": ["corpus"],
        "properties": {"corpus": file, **fields},
    }
    form["additionalProperties"] = False
    body = {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    arguments["openapi_extra"] = {**arguments["openapi_extra"], "requestBody": body}
    return arguments
