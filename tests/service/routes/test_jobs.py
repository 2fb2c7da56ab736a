"""The loop over HTTP: versions, training jobs and feedback."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import stat
import tarfile
import threading
import time
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from textcnn.directory import TRAINING, ModelDirectory, write_json, write_manifest
from textcnn.errors import ConfigError
from textcnn.service.app import create_app
from textcnn.service.http.access import KeyScope
from textcnn.service.http.keys import new_key
from textcnn.service.jobs import worker
from textcnn.service.jobs.file_attempt import FileAttempt
from textcnn.service.jobs.job_directory import UPLOADS, job_directory
from textcnn.service.jobs.queue import JobQueue
from textcnn.service.jobs.worker import Worker
from textcnn.service.loaded.registry import Registry
from textcnn.service.settings import Settings
from textcnn.service.storage.database import Database
from textcnn.service.versions.archive import pack
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RECIPE = {
    "embedding_dim": 16,
    "filters": 8,
    "widths": [1, 2],
    "epochs": 5,
    "batch_size": 16,
    "embedding_learning_rate": 0.02,
}


@pytest.fixture
def data(tmp_path: Path, model_dir: Path) -> Path:
    """A data directory with one live version of `tiny`."""
    repository = Repository(tmp_path / "data")
    repository.promote("tiny", repository.add("tiny", model_dir).version)
    return tmp_path / "data"


@pytest.fixture
def loop_client(data: Path) -> Iterator[TestClient]:
    settings = Settings(data_dir=data, models=("tiny",), access_log=False)
    with TestClient(create_app(settings, Registry()), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def packed(model_dir: Path, tmp_path: Path) -> bytes:
    """Another version of `tiny`, as it is uploaded."""
    other = tmp_path / "other"
    shutil.copytree(model_dir, other)
    write_json(other / TRAINING, {"number": 2})
    write_manifest(other)
    stream = io.BytesIO()
    pack(ModelDirectory(other), stream)
    return stream.getvalue()


def answering(client: TestClient, version: str) -> None:
    """Wait until a version answers."""
    for _ in range(100):
        if (found := answer(client)) == version:
            return
        time.sleep(0.1)
    pytest.fail(f"{found} answers, not {version}")


def answer(client: TestClient) -> str:
    """The version that answers."""
    asked = client.post("/v1/classify", json={"text": "a good film", "model": "tiny"})
    version: str = asked.json()["version"]
    return version


def until(holds: Callable[[], bool]) -> None:
    """Wait for what happens within seconds."""
    for _ in range(100):
        if holds():
            return
        time.sleep(0.1)
    pytest.fail("it did not happen")


@pytest.mark.slow
def test_a_version_is_uploaded_promoted_rolled_back_and_removed(
    loop_client: TestClient, packed: bytes
) -> None:
    old = loop_client.get("/v1/models/tiny/versions").json()["live"]
    added = loop_client.post("/v1/models/tiny/versions", content=packed)
    assert added.status_code == 201
    new = added.json()["version"]
    assert not added.json()["live"]
    promoted = loop_client.post(f"/v1/models/tiny/versions/{new}/promote")
    assert promoted.json()["live"]
    assert answer(loop_client) == new
    listed = loop_client.get("/v1/models/tiny/versions").json()
    assert (listed["live"], listed["previous"]) == (new, old)
    assert loop_client.delete(f"/v1/models/tiny/versions/{new}").status_code == 409
    assert loop_client.post("/v1/models/tiny/rollback").json()["version"] == old
    assert answer(loop_client) == old
    assert loop_client.delete(f"/v1/models/tiny/versions/{new}").status_code == 204
    assert loop_client.post("/v1/models/tiny/rollback").status_code == 409
    assert loop_client.get("/v1/models/nowhere/versions").status_code == 404
    assert loop_client.post(f"/v1/models/tiny/versions/{new}/promote").json()["code"] == "version_not_found"


@pytest.mark.slow
def test_a_model_that_is_served_from_a_directory_takes_no_other_version(
    tmp_path: Path, model_dir: Path, packed: bytes
) -> None:
    settings = Settings(data_dir=tmp_path / "empty", models=(str(model_dir),), access_log=False)
    name = model_dir.name
    with TestClient(create_app(settings, Registry()), raise_server_exceptions=False) as client:
        row = {"corpus": ("rows.csv", b"text,label\na good film,positive\n")}
        refused = [
            client.post(f"/v1/models/{name}/train", files=row),
            client.post(f"/v1/models/{name}/versions", params={"promote": "true"}, content=packed),
        ]
        assert client.post(f"/v1/models/{name}/versions", content=packed).status_code == 201
        version = client.get(f"/v1/models/{name}/versions").json()["versions"][0]["version"]
        refused.append(client.post(f"/v1/models/{name}/versions/{version}/promote"))
        refused.append(client.post(f"/v1/models/{name}/rollback"))
        assert client.get("/v1/jobs").json()["jobs"] == []
    assert [answer.status_code for answer in refused] == [409] * 4
    assert all("textcnn repo add" in answer.json()["error"] for answer in refused)


@pytest.mark.slow
def test_a_version_that_answers_no_longer_is_loaded_for_whoever_names_it(
    loop_client: TestClient, packed: bytes
) -> None:
    old = loop_client.get("/v1/models/tiny/versions").json()["live"]
    new = loop_client.post("/v1/models/tiny/versions", content=packed).json()["version"]
    asked = {"text": "a good film", "model": "tiny"}
    for wanted, found in ((old, old), (new, new), ("live", old)):
        answer = loop_client.post("/v1/classify", json={**asked, "version": wanted})
        assert (answer.status_code, answer.json()["version"]) == (200, found)
    batch = {"texts": ["a good film"], "model": "tiny", "version": new}
    assert loop_client.post("/v1/classify/batch", json=batch).json()["version"] == new
    assert loop_client.post("/v1/classify", json=asked).json()["version"] == old
    files = {"file": ("a.csv", b"text\na good film\n")}
    labelled = loop_client.post(f"/v1/classify/file?model=tiny&version={new}", files=files)
    assert (labelled.status_code, labelled.headers["x-model-version"]) == (200, new)
    inputs = [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["a good film"]}]
    inferred = loop_client.post(f"/v2/models/tiny/versions/{new}/infer", json={"inputs": inputs})
    assert inferred.json()["model_version"] == new
    unknown = loop_client.post("/v1/classify", json={**asked, "version": "nothing"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "version_not_found")
    loop_client.delete(f"/v1/models/tiny/versions/{new}")
    assert loop_client.post("/v1/classify", json={**asked, "version": new}).status_code == 404


def test_a_version_is_downloaded_whole_or_in_ranges(loop_client: TestClient, data: Path) -> None:
    whole = loop_client.get("/v1/models/tiny/versions/live/archive")
    with tarfile.open(fileobj=io.BytesIO(whole.content)) as archive:
        assert "model.safetensors" in archive.getnames()
    part = loop_client.get("/v1/models/tiny/versions/live/archive", headers={"range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == whole.content[10:20]


def test_what_is_no_model_is_refused_and_nothing_of_it_stays(loop_client: TestClient, data: Path) -> None:
    before = loop_client.get("/v1/models/tiny/versions").json()
    answer = loop_client.post("/v1/models/tiny/versions", content=b"no archive")
    assert answer.status_code == 422
    assert str(data) not in answer.text
    assert loop_client.post("/v1/models/..%2Fevil/versions", content=b"").status_code in (404, 422)
    assert loop_client.get("/v1/models/tiny/versions").json() == before


@pytest.mark.slow
def test_a_version_that_does_not_load_is_told_on_the_models_page(
    loop_client: TestClient, packed: bytes, data: Path
) -> None:
    old = loop_client.get("/v1/models/tiny/versions").json()["live"]
    new = loop_client.post("/v1/models/tiny/versions", content=packed, params={"promote": "true"}).json()
    answering(loop_client, new["version"])
    loop_client.post("/v1/models/tiny/rollback")
    answering(loop_client, old)
    repository = Repository(data)
    with (repository.version("tiny", "previous").path / "config.json").open("a") as file:
        file.write(" ")
    assert loop_client.post("/v1/models/tiny/rollback").status_code == 500  # it is checked first
    with repository.home("tiny").changing():
        repository.home("tiny").point(new["version"], old)  # as a disk that fails after the check
    for _ in range(100):
        failure = loop_client.get("/v1/models/tiny").json()["failure"]
        if failure:
            break
        time.sleep(0.1)
    assert "config.json" in failure
    answering(loop_client, old)


def train(client: TestClient, corpus: Path, key: str | None = None, **fields: str) -> Any:  # noqa: ANN401
    fields = {"init": "scratch", "recipe": json.dumps(RECIPE), **fields}
    headers = {} if key is None else {"idempotency-key": key}
    with corpus.open("rb") as file:
        return client.post(
            "/v1/models/films/train", files={"corpus": (corpus.name, file)}, data=fields, headers=headers
        )


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory, write_corpus: Callable[..., Path]) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "films.csv", 1, rows=500)


@pytest.mark.slow
def test_an_uploaded_corpus_becomes_a_live_version_and_its_events_can_be_followed(
    loop_client: TestClient, data: Path, corpus: Path
) -> None:
    pytest.importorskip("torch", reason="training needs the extra 'train'")
    answer = train(loop_client, corpus, promote="always")  # what the gate makes of so few rows is chance
    assert answer.status_code == 202
    job = answer.json()
    assert job["state"] == "queued"
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    database = Database.in_directory(data)
    Worker(database, data).work_once(threading.Event())
    database.close()
    done = loop_client.get(f"/v1/jobs/{job['id']}").json()
    assert done["state"] == "done", done
    listed = loop_client.get("/v1/models/films/versions").json()
    assert listed["live"] == done["report"]["version"]
    assert listed["versions"][0]["decision"]["policy"] == "always"
    events = loop_client.get(f"/v1/jobs/{job['id']}/events").text.strip().split("\n\n")
    assert [line for line in events if '"state": "promoting"' in line]
    ids = [int(event.split("\n")[0].removeprefix("id: ")) for event in events]
    assert ids == sorted(set(ids))
    rest = loop_client.get(f"/v1/jobs/{job['id']}/events", headers={"last-event-id": str(ids[-3])})
    assert rest.text.strip().split("\n\n") == events[-2:]
    assert "epoch" in loop_client.get(f"/v1/jobs/{job['id']}/log").text
    kept = loop_client.get("/v1/models/films/corpora").json()["corpora"]
    assert kept[0]["rows"] > 300
    assert loop_client.delete(f"/v1/models/films/corpora/{kept[0]['id']}").status_code == 204
    assert loop_client.delete(f"/v1/jobs/{job['id']}").status_code == 200
    assert loop_client.get(f"/v1/jobs/{job['id']}").status_code == 404
    assert not (data / "jobs" / job["id"]).exists()


def test_one_idempotency_key_makes_one_job_and_stores_its_files_once(
    loop_client: TestClient, data: Path, corpus: Path
) -> None:
    first, again = train(loop_client, corpus, "k").json(), train(loop_client, corpus, "k").json()
    assert first["id"] == again["id"]
    assert train(loop_client, corpus, "k", promote="never").status_code == 409
    assert len(loop_client.get("/v1/jobs").json()["jobs"]) == 1
    assert [path.name for path in (data / "jobs").iterdir()] == [first["id"]]
    stored = next((data / "jobs" / first["id"] / "uploads").iterdir())
    assert stored.read_bytes() == corpus.read_bytes()


def test_a_waiting_job_is_cancelled(loop_client: TestClient, corpus: Path) -> None:
    job = train(loop_client, corpus).json()["id"]
    assert loop_client.delete(f"/v1/jobs/{job}").json()["state"] == "cancelled"
    assert loop_client.get("/v1/jobs", params={"state": "cancelled"}).json()["jobs"][0]["id"] == job
    assert '"state": "cancelled"' in loop_client.get(f"/v1/jobs/{job}/events").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"promote": "perhaps"}, "Expected one of if-better, never, always"),
        ({"no_such": "x"}, "no_such"),
        ({"recipe": "[1]"}, "object"),
        ({"recipe": "{"}, "recipe"),
        ({"recipe": '{"init": "rand"}'}, "init"),
        ({"recipe": '{"refit": true}'}, "'refit' is not for the recipe here"),
        ({"recipe": '{"test_share": 0.2}'}, "'test_share' is not for the recipe here"),
        ({"recipe": '{"epochs": "x"}'}, "epochs is 'x': Input should be a valid integer"),
        ({"recipe": '{"epochs": 0}'}, "epochs is 0"),
        ({"recipe": '{"widths": [0]}'}, "widths"),
        ({"recipe": '{"epoch": 3}'}, "no key 'epoch'"),
        ({"recipe": "{'epochs': 3}"}, "recipe is not JSON at line 1, column 2: single quotes"),
        ({"recipe": '{"refit": False}'}, "line 1, column 11: Python's False"),
        ({"recipe": "[]"}, "recipe is JSON of another kind"),
        ({"recipe": ""}, "recipe is empty"),
        ({"recipe": '{"class_weights": {"a\\u0000": 1}}'}, "NUL"),
        ({"recipe": json.dumps({"class_weights": {"x" * 200_000: 1}})}, "200,000 characters"),
        ({"text_column": "a\0b"}, "NUL"),
        ({"label_column": "x" * 200_000}, "200,000 characters"),
        ({"label_separator": "x" * 200_000}, "200,000 characters"),
        ({"recipe": '{"widths": ' + "[" * 5_000 + "]" * 5_000 + "}"}, "nested too deeply"),
        ({"format": "word"}, "format"),
        ({"delimiter": ",,"}, "delimiter"),
        ({"encoding": "utf-80"}, "encoding"),
    ],
)
def test_wrong_fields_are_refused_before_anything_is_stored(
    loop_client: TestClient, data: Path, corpus: Path, fields: dict[str, str], words: str
) -> None:
    answer = train(loop_client, corpus, None, **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert not (data / "jobs").exists()


def test_a_long_value_of_a_recipe_is_not_repeated_in_full(loop_client: TestClient, corpus: Path) -> None:
    for recipe in ({"epochs": "x" * 5_000}, {"x" * 5_000: 1}):
        answer = train(loop_client, corpus, recipe=json.dumps(recipe))
        assert answer.status_code == 422
        assert len(answer.text) < 1_500


@pytest.mark.parametrize(
    ("kinds", "fields", "encoding"),
    [
        (["text/csv; charset=gb18030"], {}, "gb18030"),
        (["text/csv; charset=latin-1", "text/csv;charset=ISO-8859-1"], {}, "latin_1"),
        (["text/csv; charset=gb18030"], {"encoding": "utf-16"}, "utf-16"),
        (["text/csv; charset=utf-8", "application/vnd.apache.parquet"], {}, None),
        (["text/csv"], {}, None),
    ],
)
def test_the_charset_of_the_files_stands_for_their_encoding(
    loop_client: TestClient, data: Path, kinds: list[str], fields: dict[str, str], encoding: str | None
) -> None:
    answer = _send_files(loop_client, kinds, fields)
    assert answer.status_code == 202, answer.text
    database = Database.in_directory(data)
    assert JobQueue(database).get(answer.json()["id"]).request["layout"]["encoding"] == encoding
    database.close()


@pytest.mark.parametrize(
    ("kinds", "status", "words"),
    [
        (["text/csv; charset=nonsense"], 415, "gb18030"),
        (["text/csv; charset=gb18030", "text/csv"], 422, "encoding"),
        (["text/csv; charset=gb18030", "text/csv; charset=big5"], 422, "encoding"),
    ],
)
def test_charsets_that_cannot_stand_for_an_encoding_are_refused(
    loop_client: TestClient, kinds: list[str], status: int, words: str
) -> None:
    answer = _send_files(loop_client, kinds, {})
    assert answer.status_code == status
    assert words in answer.json()["error"]


def _send_files(client: TestClient, kinds: list[str], fields: dict[str, str]) -> Any:  # noqa: ANN401  # an answer
    files = [("corpus", ("rows.csv", b"text,label\na,b\n", kind)) for kind in kinds]
    return client.post("/v1/models/films/train", files=files, data=fields)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("epochs", 'recipe={"epochs": ...}'),
        ("lr", 'recipe={"learning_rate": ...}'),
        ("text_colum", "did you mean 'text_column'"),
        ("contradiction", "did you mean 'contradictions'"),
    ],
)
def test_a_wrong_field_suggests_the_right_one(
    loop_client: TestClient, corpus: Path, field: str, words: str
) -> None:
    answer = train(loop_client, corpus, None, **{field: "5"})
    assert answer.status_code == 422
    assert words in answer.json()["error"]
    assert answer.json()["field"] == field


def test_a_wrong_key_of_the_recipe_suggests_the_right_one(loop_client: TestClient, corpus: Path) -> None:
    answer = train(loop_client, corpus, recipe='{"lr": 0.1}')
    assert "did you mean learning_rate?" in answer.json()["error"]
    assert "--" not in answer.json()["error"]


@pytest.mark.parametrize("said", [None, pytest.param("true", marks=pytest.mark.slow)])
def test_rows_without_a_label_are_refused_or_left_out_as_the_form_says(
    loop_client: TestClient, data: Path, said: str | None
) -> None:
    rows = "".join(f"{text} {number},{text}\n" for number in range(20) for text in ("good", "bad"))
    files = {"corpus": ("rows.csv", f"text,label\n{rows}nobody said,\nnobody knows,\n")}
    fields = {"init": "scratch", "recipe": json.dumps(RECIPE | {"epochs": 1})}
    fields |= {} if said is None else {"skip_unlabelled": said}
    job = loop_client.post("/v1/models/films/train", files=files, data=fields).json()["id"]
    facts = worked_on(loop_client, data, job)
    (report,) = facts["report"]["report"]
    (finding,) = (each for each in report["findings"] if each["kind"] == "unlabelled")
    assert (finding["count"], report["rows"]) == (2, 40)
    assert finding["lines"] == ["0-rows.csv:42", "0-rows.csv:43"]
    if said is None:
        assert "--" not in json.dumps(facts)
        assert facts["state"] == "refused"
        assert "leave them out with skip_unlabelled" in finding["message"]
    else:
        assert facts["state"] in ("done", "rejected")
        assert finding["severity"] == "warning"


def test_a_file_to_be_labelled_is_not_told_options_of_the_command_line(loop_client: TestClient) -> None:
    answer = loop_client.post(
        "/v1/classify/file", files={"file": ("a.csv", b"text\na\n")}, data={"skip_unlabelled": "true"}
    )
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("skip_unlabelled is for rows to train on")


def test_a_form_without_a_corpus_is_refused(loop_client: TestClient) -> None:
    answer = loop_client.post("/v1/models/films/train", data={"init": "scratch"})
    assert answer.status_code == 422
    assert answer.json()["field"] == "corpus"


def test_the_name_of_an_uploaded_file_leads_nowhere(loop_client: TestClient, data: Path) -> None:
    files = {"corpus": ("../../../evil.csv", b"text,label\na,b\n")}
    job = loop_client.post("/v1/models/films/train", files=files).json()["id"]
    assert [path.name for path in (data / "jobs" / job / "uploads").iterdir()] == ["0-.._.._.._evil.csv"]


def test_feedback_is_stored_listed_exported_and_removed(loop_client: TestClient) -> None:
    given = loop_client.post("/v1/feedback", json={"model": "tiny", "text": "warm", "label": "good"})
    assert given.status_code == 201
    assert loop_client.get("/v1/feedback").json()["feedback"] == [given.json()]
    exported = loop_client.get("/v1/models/tiny/feedback").text.splitlines()
    assert [json.loads(line) for line in exported] == [{"text": "warm", "labels": ["good"]}]
    assert loop_client.delete(f"/v1/feedback/{given.json()['id']}").status_code == 204
    assert loop_client.get("/v1/feedback").json()["feedback"] == []
    for wrong in ({}, {"label": " "}, {"label": "a", "labels": ["b"]}):
        body = {"model": "tiny", "text": "warm", **wrong}
        assert loop_client.post("/v1/feedback", json=body).status_code == 422


def test_feedback_names_the_request_whose_answer_is_kept(data: Path) -> None:
    settings = Settings(data_dir=data, models=("tiny",), keep_answers=True, access_log=False)
    with TestClient(create_app(settings, Registry())) as client:
        client.post("/v1/classify", json={"text": "a warm film"}, headers={"x-request-id": "r-1"})
        about = {"request": "r-1", "label": "bad"}
        until(lambda: client.post("/v1/feedback", json=about).status_code == 201)
        kept = client.get("/v1/answers").json()["answers"]
        assert [(answer["request"], answer["text"]) for answer in kept] == [("r-1", "a warm film")]
        assert client.get("/v1/feedback").json()["feedback"][0]["text"] == "a warm film"
        assert client.post("/v1/feedback", json=about).json()["text"] is None
        assert client.get("/v1/info").json()["keeps_answers"]
        assert client.delete("/v1/answers/r-1").status_code == 204
        assert client.get("/v1/answers").json() == {"answers": []}
        assert client.post("/v1/feedback", json=about).json()["field"] == "request"
        client.post("/v1/classify", json={"text": "a dull film"}, headers={"x-request-id": "r/2"})
    with TestClient(create_app(settings, Registry())) as client:  # written at the end at the latest
        assert client.get("/v1/answers").json()["answers"][0]["request"] == "r/2"
        assert client.delete("/v1/answers/r/2").status_code == 204


def test_nothing_that_is_labelled_is_stored_unless_told(loop_client: TestClient) -> None:
    loop_client.post("/v1/classify", json={"text": "a warm film"}, headers={"x-request-id": "r-1"})
    refused = loop_client.post("/v1/feedback", json={"request": "r-1", "label": "bad"})
    assert (refused.status_code, refused.json()["field"]) == (422, "text")
    assert not loop_client.get("/v1/info").json()["keeps_answers"]
    for body in (
        {"label": "bad"},
        {"label": "bad", "text": "warm"},
        {"label": "bad", "request": "\ud800"},
        {"label": "bad", "request": "r-1", "model": "\ud800"},
    ):
        answer = loop_client.post("/v1/feedback", content=json.dumps(body))
        assert answer.status_code == 422


def test_keeping_answers_needs_a_place() -> None:
    with pytest.raises(ConfigError, match="TEXTCNN_DATA_DIR"):
        create_app(Settings(keep_answers=True), Registry())


def test_a_key_without_admin_may_look_and_give_feedback_and_change_nothing(data: Path, corpus: Path) -> None:
    secret, key = new_key("reader", [KeyScope.CLASSIFY])
    settings = Settings(data_dir=data, models=("tiny",), keys=(key.line(),), access_log=False)
    headers = {"authorization": f"Bearer {secret}"}
    with TestClient(create_app(settings, Registry()), headers=headers) as client:
        assert client.get("/v1/models/tiny/versions").status_code == 200
        body = {"model": "tiny", "text": "warm", "label": "good"}
        assert client.post("/v1/feedback", json=body).status_code == 201
        assert train(client, corpus).status_code == 403
        for method, path in (
            ("POST", "/v1/models/tiny/versions"),
            ("POST", "/v1/models/tiny/versions/live/promote"),
            ("POST", "/v1/models/tiny/rollback"),
            ("DELETE", "/v1/models/tiny/versions/live"),
            ("GET", "/v1/models/tiny/corpora"),
            ("GET", "/v1/models/tiny/feedback"),
            ("GET", "/v1/feedback"),
            ("GET", "/v1/jobs"),
            ("DELETE", "/v1/jobs/x"),
        ):
            assert client.request(method, path).status_code == 403, path


def test_without_a_data_directory_the_loop_says_what_is_missing(client: TestClient) -> None:
    answer = client.get("/v1/jobs")
    assert answer.status_code == 503
    assert "TEXTCNN_DATA_DIR" in answer.json()["error"]


def test_labelling_writes_nothing(loop_client: TestClient, data: Path) -> None:
    before = sorted(path for path in data.rglob("*"))
    loop_client.post("/v1/classify", json={"text": "a secret"})
    assert sorted(path for path in data.rglob("*")) == before


@pytest.mark.slow
def test_a_large_file_is_labelled_as_a_job_and_fetched_in_ranges(loop_client: TestClient, data: Path) -> None:
    file = "text,other\n" + "a good film,1\na bad film,2\n" * 500
    job = loop_client.post("/v1/files", files={"file": ("rows.csv", file)}, data={"model": "tiny"}).json()
    assert loop_client.get(f"/v1/jobs/{job['id']}/result").status_code == 409
    database = Database.in_directory(data)
    Worker(database, data).work_once(threading.Event())
    database.close()
    done = loop_client.get(f"/v1/jobs/{job['id']}").json()
    assert done["state"] == "done", done
    assert (done["report"]["rows"], done["report"]["errors"]) == (1000, 0)
    whole = loop_client.get(f"/v1/jobs/{job['id']}/result").content
    assert whole.decode().splitlines()[0] == "text,other,label,score,error"
    assert len(whole.decode().splitlines()) == 1001
    part = loop_client.get(f"/v1/jobs/{job['id']}/result", headers={"range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, whole[5:10])


def test_a_file_job_means_its_layout_as_the_command_line_does(loop_client: TestClient, data: Path) -> None:
    rows = {"file": ("rows.csv", "title\ttext\nfine\ta good film\n\n")}
    layout = {"text_column": "title, text", "delimiter": r"\t"}
    job = loop_client.post("/v1/files", files=rows, data=layout).json()
    ended = worked_on(loop_client, data, job["id"])
    assert (ended["state"], ended["error"]) == ("done", None)
    assert (ended["report"]["rows"], ended["report"]["left_out"]) == (1, {"blank lines": 1})


def test_a_file_job_of_an_earlier_release_is_labelled(loop_client: TestClient, data: Path) -> None:
    database = Database.in_directory(data)
    job = "0123456789abcdef"
    uploads = job_directory(data, job) / UPLOADS
    uploads.mkdir(parents=True)
    (uploads / "file.csv").write_text("title;text\nfine;a good film\n", encoding="utf-8")
    layout = {
        "format": "csv",
        "text_columns": ["title", "text"],
        "label_column": None,
        "delimiter": ";",
        "header": True,
        "encoding": None,
        "label_separator": None,
    }
    options = {"output_format": None, "scores": True, "evidence": False, "prefix": "m_", "strict": False}
    version = loop_client.get("/v1/models/tiny/versions").json()["live"]
    request = {"file": "file.csv", "version": version, "layout": layout, "options": options}
    JobQueue(database).create(FileAttempt.kind, request, model="tiny", job_id=job)
    database.close()
    assert worked_on(loop_client, data, job)["state"] == "done"
    labelled = loop_client.get(f"/v1/jobs/{job}/result").text
    assert labelled.startswith("title;text;m_label;m_score;m_score_good;")


def worked_on(client: TestClient, data: Path, job: str) -> dict[str, Any]:
    """The job after a worker had it."""
    database = Database.in_directory(data)
    Worker(database, data).work_once(threading.Event())
    database.close()
    ended: dict[str, Any] = client.get(f"/v1/jobs/{job}").json()
    return ended


@pytest.mark.slow
def test_a_worker_without_pytorch_labels_files_and_leaves_trainings(
    loop_client: TestClient, data: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "find_spec", lambda _name: None)
    training = train(loop_client, corpus).json()
    file = loop_client.post("/v1/files", files={"file": ("rows.csv", "text\na good film\n")}).json()
    database = Database.in_directory(data)
    without = Worker(database, data)
    assert without.work_once(threading.Event())
    assert not without.work_once(threading.Event())
    database.close()
    states = [loop_client.get(f"/v1/jobs/{job['id']}").json()["state"] for job in (file, training)]
    assert states == ["done", "queued"]


def test_a_job_of_an_unknown_kind_fails_and_says_so(loop_client: TestClient, data: Path) -> None:
    database = Database.in_directory(data)
    job = JobQueue(database).create("translate", {}, model="tiny").id
    database.close()
    ended = worked_on(loop_client, data, job)
    assert (ended["state"], ended["attempts"]) == ("failed", 1)
    assert ended["error"] == "This worker does no jobs of the kind 'translate', but train, file."


def test_a_file_that_cannot_be_labelled_says_why_and_tells_no_path(
    loop_client: TestClient, data: Path
) -> None:
    files = {"file": ("rows.parquet", b"no parquet")}
    job = loop_client.post("/v1/files", files=files, data={"model": "tiny"}).json()
    database = Database.in_directory(data)
    Worker(database, data).work_once(threading.Event())
    database.close()
    ended = loop_client.get(f"/v1/jobs/{job['id']}").json()
    assert ended["state"] == "refused"
    assert ended["error"]
    assert str(data) not in json.dumps(ended)


@pytest.mark.slow
def test_on_a_full_disk_nothing_is_half_and_the_answer_says_so(
    loop_client: TestClient, packed: bytes, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each write in turn is the one that does not fit, for an upload and for its promotion."""
    before = loop_client.get("/v1/models/tiny/versions").json()
    for path, content in (("versions", packed), ("versions", b""), ("rollback", b"")):
        for full_at in range(40):
            with monkeypatch.context() as patched:
                fill(patched, full_at)
                url = f"/v1/models/tiny/{path}"
                if not content and path == "versions":
                    url += f"/{ModelDirectory(data.parent / 'other').version()}/promote"
                answer = loop_client.post(url, content=content)
            if answer.status_code in (200, 201):
                break
            assert (answer.status_code, answer.json()["code"]) == (503, "storage"), answer.text
            assert str(data) not in answer.text
            assert loop_client.get("/v1/models/tiny/versions").json() == before
            assert not list((data / "models" / "tiny").rglob(".*"))
        assert full_at > 0
        before = loop_client.get("/v1/models/tiny/versions").json()


def fill(patched: pytest.MonkeyPatch, full_at: int) -> None:
    """Let the disk be full when so many files were flushed to it."""
    flush, flushed = os.fsync, count()

    def fail(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode) and next(flushed) >= full_at:
            raise OSError(errno.ENOSPC, "No space left on device")
        flush(handle)

    patched.setattr(os, "fsync", fail)
