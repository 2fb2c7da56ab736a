"""The worker: jobs come to their end, whoever is killed on the way."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.proof import count, proof
from textcnn.service.jobs.job import ENDED, Job
from textcnn.service.jobs.job_directory import UPLOADS, WORK, job_directory
from textcnn.service.jobs.queue import JobQueue
from textcnn.service.jobs.training_attempt import TrainingAttempt
from textcnn.service.jobs.worker import Worker
from textcnn.service.jobs.worker_options import WorkerOptions
from textcnn.service.process.limited_child import ChildLimits
from textcnn.service.retraining.kept_feedback import Feedback
from textcnn.service.retraining.retrain_request import RetrainRequest
from textcnn.service.service_errors import StorageError
from textcnn.service.storage.database import Database
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("torch", reason="training needs the extra 'train'")

RECIPE: dict[str, Any] = {
    "embedding_dim": 16,
    "filters": 8,
    "widths": [1, 2],
    "epochs": 5,
    "batch_size": 16,
    "embedding_learning_rate": 0.02,
}
KILLS = count(few=3, full=300)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def opened(data: Path) -> Iterator[Database]:
    database = Database.in_directory(data)
    yield database
    database.close()


@pytest.fixture
def jobs(opened: Database) -> JobQueue:
    return JobQueue(opened)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory, write_corpus: Callable[..., Path]) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "films.csv", 1, rows=500)


def upload(data: Path, jobs: JobQueue, corpus: Path, **request: Any) -> str:  # noqa: ANN401  # as JSON has it
    """Queue a training of `films`, as the HTTP route does it: files first, then the row."""
    job = f"job{random.randrange(10**9):09d}"
    directory = job_directory(data, job) / UPLOADS
    directory.mkdir(parents=True)
    shutil.copyfile(corpus, directory / corpus.name)
    # What the gate makes of so few rows is chance, and another test's promise.
    always = {"init": "scratch", "recipe": RECIPE, "promote": "always"}
    request = {"files": [corpus.name], **always, **request}
    return jobs.create("train", request, model="films", job_id=job).id


def work(opened: Database, data: Path, options: WorkerOptions | None = None) -> None:
    assert Worker(opened, data, options).work_once(threading.Event())


def wait_for(jobs: JobQueue, job: str, wanted: Callable[[Job], bool], seconds: float = 50) -> Job:
    end = time.monotonic() + seconds
    while not wanted(found := jobs.get(job)):
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return found


@pytest.mark.slow
def test_a_job_goes_through_its_states_and_its_version_goes_live(
    opened: Database, jobs: JobQueue, data: Path, corpus: Path
) -> None:
    Feedback(opened).add("films", "zany zany zany", ["good"])
    job = upload(data, jobs, corpus, feedback=True)
    work(opened, data)
    ended = jobs.get(job)
    assert ended.state == "done", ended
    assert ended.report is not None
    assert Repository(data).live_name("films") == ended.report["version"]
    events = jobs.events(job)
    states = [event.data["state"] for event in events if event.event == "state"]
    assert states == ["queued", "checking", "training", "evaluating", "promoting", "done"]
    epochs = [event.data for event in events if event.event == "epoch"]
    assert [data["epoch"] for data in epochs] == [1, 2, 3, 4, 5]
    assert {"loss", "validation_score", "seconds_left"} <= epochs[-1].keys()
    kept = Repository(data).live("films")
    assert kept is not None
    rows = (Repository(data).root / "films" / "corpora" / f"{kept.corpora[0]}.jsonl").read_text()
    assert "zany" in rows
    log = (job_directory(data, job) / "log.txt").read_text(encoding="utf-8")
    assert log
    assert str(data) not in log + str([event.data for event in events])
    assert not list(job_directory(data, job).glob(f"{WORK}*"))


@pytest.mark.slow
def test_a_running_job_is_cancelled_within_seconds_and_leaves_nothing(
    opened: Database, jobs: JobQueue, data: Path, corpus: Path
) -> None:
    job = upload(data, jobs, corpus, recipe={**RECIPE, "epochs": 1000, "patience": 1000})
    worker = threading.Thread(target=work, args=(opened, data))
    worker.start()
    wait_for(jobs, job, lambda found: (found.progress or {}).get("epoch", 0) >= 1)
    jobs.cancel(job)  # a thousand epochs take minutes
    worker.join(30)
    assert jobs.get(job).state == "cancelled"
    assert not worker.is_alive()
    assert Repository(data).versions("films") == []
    assert _children("textcnn", str(data)) == []


@pytest.mark.slow
def test_a_stopped_worker_gives_its_job_back_and_the_next_goes_on_with_it(
    opened: Database, jobs: JobQueue, data: Path, corpus: Path
) -> None:
    job = upload(data, jobs, corpus, recipe={**RECIPE, "epochs": 12, "patience": 12})
    stop = threading.Event()
    worker = threading.Thread(target=lambda: Worker(opened, data).run(stop))
    worker.start()
    wait_for(jobs, job, lambda found: (found.progress or {}).get("epoch", 0) >= 2)
    stop.set()
    worker.join(20)
    given_back = jobs.get(job)
    assert (given_back.state, given_back.attempts) == ("queued", 0)
    assert next(job_directory(data, job).glob(f"{WORK}-1/candidate.partial/state.safetensors"))
    seen = jobs.events(job)[-1].id
    work(opened, data)
    assert jobs.get(job).state == "done"
    first = next(event for event in jobs.events(job, after=seen) if event.event == "epoch")
    assert first.data["epoch"] > 1  # it did not begin again


@pytest.mark.slow
def test_what_cannot_be_trained_on_is_refused_with_the_reason(
    opened: Database, jobs: JobQueue, data: Path, tmp_path: Path
) -> None:
    two = tmp_path / "two.csv"
    two.write_text("text,label\na film,good\na film,bad\nanother film,bad\n")
    broken = tmp_path / "broken.csv"
    broken.write_text("text,label\na,good\nb\0,good\n")
    for corpus, words in ((two, "different labels"), (broken, "broken.csv")):
        job = upload(data, jobs, corpus)
        work(opened, data)
        ended = jobs.get(job)
        assert ended.state == "refused", ended
        assert words in str(ended.report) + str(ended.error)
        assert str(data) not in str(ended.report) + str(ended.error)


def test_limits_on_time_and_memory_end_a_job_with_the_reason(
    opened: Database, jobs: JobQueue, data: Path, corpus: Path
) -> None:
    job = upload(data, jobs, corpus)
    work(opened, data, WorkerOptions(longest_seconds=0.1))
    assert "longer than" in str(jobs.get(job).error)
    job = upload(data, jobs, corpus)
    work(opened, data, WorkerOptions(limits=ChildLimits(memory_bytes=60_000_000)))
    assert jobs.get(job).state == "failed"
    assert jobs.get(job).error


@pytest.mark.slow
def test_a_killed_training_process_fails_its_job_with_the_reason(
    opened: Database, jobs: JobQueue, data: Path, corpus: Path
) -> None:
    job = upload(data, jobs, corpus, recipe={**RECIPE, "epochs": 1000, "patience": 1000})
    worker = threading.Thread(target=work, args=(opened, data))
    worker.start()
    wait_for(jobs, job, lambda found: (found.progress or {}).get("epoch", 0) >= 1)
    for pid in _children("train.jsonl", str(data)):
        os.kill(pid, signal.SIGKILL)
    worker.join(30)
    ended = jobs.get(job)
    assert ended.state == "failed"
    assert "signal 9" in str(ended.error)


@pytest.mark.slow
@proof("a worker killed at any moment loses no upload and leaves no version half there", KILLS)
def test_workers_killed_at_random_moments_lose_nothing_and_leave_nothing_half(
    jobs: JobQueue, data: Path, corpus: Path
) -> None:
    repository, chooser = Repository(data), random.Random(0)
    job = upload(data, jobs, corpus)
    options = ["--data-dir", str(data), "--lease", "1"]
    for _ in range(KILLS):
        with subprocess.Popen([sys.executable, "-m", "textcnn", "worker", *options]) as process:
            time.sleep(chooser.uniform(1, 8))
            process.kill()
        assert _wait_until_gone(str(data))
        for version in repository.versions("films"):
            version.directory().verify()
        if jobs.get(job).state in ENDED:
            job = upload(data, jobs, corpus)
    with subprocess.Popen([sys.executable, "-m", "textcnn", "worker", *options]) as process:
        ended = wait_for(jobs, job, lambda found: found.ended)
        process.terminate()
    assert process.returncode == 0
    if ended.state != "failed":
        assert ended.state == "done", ended
        assert ended.report is not None
        assert repository.live_name("films") == ended.report["version"]
    else:
        assert ended.error is not None
        assert "lost" in ended.error
    assert (job_directory(data, job) / UPLOADS / corpus.name).read_bytes() == corpus.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("with_children", [False, True])
def test_a_worker_that_was_stopped_for_long_spoils_nothing_and_leaves_when_it_goes_on(
    with_children: bool, opened: Database, jobs: JobQueue, data: Path, corpus: Path
) -> None:
    job = upload(data, jobs, corpus, recipe={**RECIPE, "epochs": 12, "patience": 12})
    command = [sys.executable, "-m", "textcnn", "worker", "--data-dir", str(data), "--lease", "2"]
    with subprocess.Popen(command) as stopped:
        try:
            wait_for(jobs, job, lambda found: (found.progress or {}).get("epoch", 0) >= 2)
            children = _children("textcnn", str(job_directory(data, job)))
            assert children
            halted = [stopped.pid, *(children if with_children else ())]
            for pid in halted:
                os.kill(pid, signal.SIGSTOP)
            deadline = time.monotonic() + 30
            next_worker = Worker(opened, data)
            while not next_worker.work_once(threading.Event()):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            ended = jobs.get(job)
            assert (ended.state, ended.error, ended.attempts, ended.fence) == ("done", None, 2, 2)
            for pid in reversed(halted):
                os.kill(pid, signal.SIGCONT)
            assert _wait_until_gone(str(job_directory(data, job)))
            assert jobs.get(job) == ended
            assert Repository(data).live_name("films") == (ended.report or {})["version"]
            following = upload(data, jobs, corpus)  # the old worker goes on with other jobs
            wait_for(jobs, following, lambda found: found.owner is not None)
        finally:
            os.kill(stopped.pid, signal.SIGCONT)
            stopped.terminate()


@pytest.mark.slow
def test_what_fails_twice_in_the_same_way_has_failed_and_other_jobs_go_on(
    opened: Database, jobs: JobQueue, data: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, other = upload(data, jobs, corpus), upload(data, jobs, corpus)
    command = TrainingAttempt._command

    def fail(attempt: TrainingAttempt) -> list[str]:
        if attempt._job.id == poisoned:
            raise ValueError(f"embedded null byte in {data}")
        return command(attempt)

    monkeypatch.setattr(TrainingAttempt, "_command", fail)
    for _ in range(3):
        work(opened, data)
    ended = jobs.get(poisoned)
    assert ended.state == "failed"
    assert "twice in the same way (ValueError" in str(ended.error)
    assert str(data) not in str(ended.error)
    assert jobs.get(other).state == "done"
    assert not Worker(opened, data).work_once(threading.Event())


def test_a_poisoned_job_of_an_earlier_release_fails_at_once(
    opened: Database, jobs: JobQueue, data: Path, corpus: Path
) -> None:
    request = RetrainRequest(files=(corpus.name,), init="scratch").to_json()
    request["layout"]["text_columns"] = ["a\0b"]
    job = jobs.create("train", request, model="films").id
    work(opened, data)
    assert jobs.get(job).state == "failed"
    assert "NUL" in str(jobs.get(job).error)


def test_an_outage_is_logged_when_it_begins_and_when_it_ends(
    opened: Database, data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("textcnn.service.jobs.worker.POLL_SECONDS", 0.01)
    monkeypatch.setattr("textcnn.service.jobs.worker.LONGEST_PAUSE", 0.02)
    looks, claim = [True, False, False, False, True, True, False, True], JobQueue.claim
    stop = threading.Event()

    def look(queue: JobQueue, *arguments: Any, **options: Any) -> Job | None:  # noqa: ANN401
        if not looks.pop(0):
            raise StorageError("The database is gone.")
        return claim(queue, *arguments, **options)

    def wait(_seconds: float) -> bool:
        if not looks:
            stop.set()
        return stop.is_set()

    monkeypatch.setattr(JobQueue, "claim", look)
    monkeypatch.setattr(stop, "wait", wait)
    with caplog.at_level("INFO", "textcnn.service.jobs.worker"):
        Worker(opened, data).run(stop)
    levels = [record.levelname for record in caplog.records]
    assert levels == ["ERROR", "WARNING", "ERROR", "WARNING"]


def _children(*words: str) -> list[int]:
    """Processes of this machine whose command lines hold all these words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_text().replace("\0", " ")
        except OSError:
            continue
        if all(word in line for word in words):
            found.append(int(path.parent.name))
    return found


def _wait_until_gone(word: str) -> bool:
    for _ in range(200):
        if not _children("textcnn", word):
            return True
        time.sleep(0.05)
    return False
