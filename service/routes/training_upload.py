"""An uploaded corpus: on disk, whole and synced, before the upload is acknowledged."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from textcnn.errors import ConfigError
from textcnn.recipe import known_key
from textcnn.service.http.charset import UTF_8, charset_of
from textcnn.service.http.layout_fields import layout_of
from textcnn.service.http.retraining_schemas import TrainForm
from textcnn.service.http.schemas import decode, read_fields
from textcnn.service.jobs.job_directory import UPLOADS, new_job_directory
from textcnn.service.jobs.training_attempt import TrainingAttempt
from textcnn.service.retraining.retrain_request import RetrainRequest
from textcnn.service.service_errors import NotJSONError, RequestError
from textcnn.service.storage import durable_files
from textcnn.service.storage.row_values import new_id
from textcnn.service.versions.model_home import check_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from starlette.requests import Request

    from textcnn.service.data_directory import DataDirectory
    from textcnn.service.jobs.job import Job

MOST_FILES: Final = 20
MOST_CHARACTERS: Final = 60
"""Of a file's name that are kept: in UTF-8, file systems take 255 bytes."""
_UNSAFE: Final = re.compile(r"[^\w.-]+")
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")


async def queue_training(data_directory: DataDirectory, model: str, request: Request) -> Job:
    """Store the files of a request, and queue the job that trains on them.

    Raises:
        RequestError: the form has no file under `corpus`, or a field that is not known.
        MediaTypeError: the charset of a file's content type is not read.
        ConfigError: the recipe or the layout has an impossible value.
        ConflictError: its Idempotency-Key was given with something else before.
        StorageError: the disk or the database cannot be used.
    """
    check_name(model)
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise RequestError(
            "The Idempotency-Key has 1 to 200 visible ASCII characters.", field="idempotency-key"
        )
    async with request.form(max_files=MOST_FILES, max_fields=30) as form:
        files = [each for each in form.getlist("corpus") if isinstance(each, UploadFile)]
        fields = {name: each for name, each in form.items() if isinstance(each, str)}
        if not files:
            raise RequestError("The form has no file in the field 'corpus'.", field="corpus")
        retrain_request = _in_charset(read_form(fields), files)
        return await run_in_threadpool(_store_and_queue, data_directory, model, retrain_request, files, key)


def read_form(fields: dict[str, str]) -> RetrainRequest:
    """Read a request from the fields of a form, without its files.

    Raises:
        RequestError: a field is unknown or of the wrong type; its value is not repeated.
        ConfigError: the recipe or the layout has an impossible value.
    """
    _refuse_keys(fields)
    form = read_fields(fields, TrainForm)
    try:
        recipe = decode(form.recipe.encode(), dict[str, Any], "recipe")
    except (msgspec.ValidationError, NotJSONError) as error:
        cause = error.message if isinstance(error, NotJSONError) else "recipe is JSON of another kind."
        raise ConfigError(f'{cause} Expected an object such as {{"epochs": 5}}.', field="recipe") from None
    return RetrainRequest(
        init=form.init,
        promote=form.promote,
        data=form.data,
        feedback=form.feedback,
        contradictions=form.contradictions,
        recipe=recipe,
        layout=layout_of(form),
    )


def _refuse_keys(fields: Iterable[str]) -> None:
    """Refuse fields that are keys of the recipe, or other tools' names for these, and say where they belong.

    Raises:
        RequestError: there is one.
    """
    for name in fields:
        key = None if name in TrainForm.__struct_fields__ else known_key(name)
        if key is not None:
            raise RequestError(
                f"'{name[:40]}' is no field of the form; say recipe={{\"{key}\": ...}}.", field=name[:40]
            )


def _in_charset(request: RetrainRequest, files: list[UploadFile]) -> RetrainRequest:
    """The request with the charset that the files' content types name, where no field names the encoding."""
    charsets = {charset_of(each.content_type or "") for each in files}
    if request.layout.encoding is not None or (charsets <= {None, UTF_8} and None in charsets):
        return request  # UTF-8 is found by itself
    if len(charsets) > 1:
        raise RequestError(
            "The files have different charsets; give files of one, or the field 'encoding' for all.",
            field="encoding",
        )
    return replace(request, layout=replace(request.layout, encoding=charsets.pop()))


def _store_and_queue(
    data_directory: DataDirectory,
    model: str,
    request: RetrainRequest,
    files: list[UploadFile],
    key: str | None,
) -> Job:
    job_id = new_id()
    with new_job_directory(data_directory.path, job_id) as directory:
        names, digests = _store(directory / UPLOADS, files)
        identity = json.dumps([model, request.to_json(), digests], sort_keys=True)
        job = data_directory.jobs.create(
            TrainingAttempt.kind,
            replace(request, files=tuple(names)).to_json(),
            model=model,
            job_id=job_id,
            key=key,
            fingerprint=hashlib.sha256(identity.encode()).hexdigest(),
        )
    if job.id != job_id:  # the key was known: the files are there already
        shutil.rmtree(directory, ignore_errors=True)
    return job


def _store(directory: Path, files: list[UploadFile]) -> tuple[list[str], list[str]]:
    """Write the files, and return their names there and their SHA-256."""
    directory.mkdir(parents=True)
    names, digests = [], []
    for number, upload in enumerate(files):
        name = f"{number}-{_UNSAFE.sub('_', upload.filename or '')[-MOST_CHARACTERS:]}"
        with (directory / name).open("wb") as file:
            shutil.copyfileobj(upload.file, file)
        with (directory / name).open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
        names.append(name)
    durable_files.sync_tree(directory)
    durable_files.sync_directory(directory.parent)
    return names, digests
