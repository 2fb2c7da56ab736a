"""Things that an older version made still work: a model, data with waiting jobs, an interrupted run.

`0.1.0.tar.xz` was written by commit cf5619a: `model` by `textcnn train`, `data` by `textcnn serve` (a version
trained there, a kept answer, feedback, a training and a file that wait), and `labelled.csv.partial` by a
`textcnn classify` that was killed.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import tarfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.service.conftest import serving
from textcnn import TextClassifier
from textcnn.files import one_file
from textcnn.files.workers import label_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcnn.files.workers import Done

ARCHIVE = Path(__file__).parent / "0.1.0.tar.xz"
WRITTEN_AT = 1_796_067_458_880_162_194
"""Nanoseconds since 1970: the time of the file whose labelling was interrupted."""
WHOLE = "2b7ef361c009bfe8836ecee8dc56c43a69d063624f85b7a396b047db2385202f"
"""SHA-256 of what that version wrote of this file without an interruption."""
VERSION = "269ae1d9ee68"
TRAINING, FILE = "94f81110c3e3db90676ef36d", "f677214fdc48de015551d36b"
SECONDS = 150


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """The directory of what was made."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


def test_a_model_says_what_it_said(older: Path) -> None:
    prediction = TextClassifier.load(older / "model").classify("the story is warm and the room is fine")
    assert (prediction.label, prediction.score) == ("good", 0.5646837491060719)


def test_an_interrupted_run_goes_on_to_the_same_bytes(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(older)
    rows = Path("rows.csv")
    with rows.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows([f"{number:05}", f"a good film {number % 7}"] for number in range(14_000))
    os.utime(rows, ns=(WRITTEN_AT, WRITTEN_AT))
    labelled: list[int] = []
    real = label_chunks

    def watched(*given: Any) -> Iterator[Done]:  # noqa: ANN401 - as it is called
        for done in real(*given):
            labelled.append(done.number)
            yield done

    monkeypatch.setattr(one_file, "label_chunks", watched)
    one_file.label_file("model", "rows.csv", "labelled.csv", workers=1, resume=True)
    assert hashlib.sha256(Path("labelled.csv").read_bytes()).hexdigest() == WHOLE
    assert labelled == [0, 1, 2, 3]  # its parts had no checksums, so they are made again


@pytest.mark.slow
def test_a_data_directory_serves_and_its_waiting_jobs_are_done(older: Path) -> None:
    data, log = str(older / "data"), older / "log"
    with (
        serving(None, log, "--model", "model", data_dir=data, worker="true", keep_answers="true") as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        answer = client.post(
            "/v1/classify", json={"text": "a warm film", "model": "model", "version": VERSION}
        )
        assert answer.json()["score"] == pytest.approx(0.505698521541007, abs=1e-12)
        assert [each["text"] for each in client.get("/v1/feedback").json()["feedback"]] == ["my fine room"]
        assert finished(client, TRAINING)["report"]["live"] is True
        finished(client, FILE)
        labelled = client.get(f"/v1/jobs/{FILE}/result").text.splitlines()
        assert len(labelled) == 120
        assert {json.loads(line)["given_label"] for line in labelled} <= {"good", "bad"}


def finished(client: httpx.Client, job: str) -> dict[str, Any]:
    """The job once it is done."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        facts: dict[str, Any] = client.get(f"/v1/jobs/{job}").json()
        if facts["finished_at"] is not None:
            assert facts["state"] == "done", facts
            return facts
        time.sleep(0.2)
    raise AssertionError(facts)
