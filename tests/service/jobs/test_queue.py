"""The queue, over SQLite and over PostgreSQL: no job is lost, none is worked on twice at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from textcnn.service.jobs.file_attempt import FileAttempt
from textcnn.service.jobs.job import WAITING
from textcnn.service.jobs.kinds import kinds_without_pytorch
from textcnn.service.jobs.queue import MOST_ATTEMPTS, JobQueue
from textcnn.service.service_errors import ConflictError, JobNotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.service.storage.database import Database


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(database: Database, clock: Clock) -> JobQueue:
    return JobQueue(database, clock=clock)


def states(jobs: JobQueue, job: str) -> list[str]:
    return [event.data["state"] for event in jobs.events(job) if event.event == "state"]


def test_jobs_are_claimed_in_the_order_they_came_and_each_once(jobs: JobQueue, clock: Clock) -> None:
    ids = []
    for _ in range(3):
        ids.append(jobs.create("train", {"files": ["a"]}, model="spam").id)
        clock.now += 1
    claimed = [jobs.claim(f"worker {number}", 10) for number in range(4)]
    assert [job.id if job else None for job in claimed] == [*ids, None]


def test_a_worker_claims_only_the_kinds_that_it_can_do(jobs: JobQueue, clock: Clock) -> None:
    training = jobs.create("train", {}).id
    clock.now += 1
    file = jobs.create(FileAttempt.kind, {}).id
    claimed = [jobs.claim("without PyTorch", 10, kinds=kinds_without_pytorch()) for _ in range(2)]
    assert [job.id if job else None for job in claimed] == [file, None]
    able = jobs.claim("with PyTorch", 10)
    assert able is not None
    assert able.id == training


def test_workers_that_ask_at_once_get_different_jobs(database: Database) -> None:
    jobs = JobQueue(database)
    ids = {jobs.create("train", {}).id for _ in range(12)}
    got: list[str] = []

    def work(name: str) -> None:
        while job := jobs.claim(name, 60):
            got.append(job.id)

    workers = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(got) == sorted(ids)


def test_a_lost_workers_job_is_taken_up_and_the_lost_one_can_write_no_more(
    jobs: JobQueue, clock: Clock
) -> None:
    job = jobs.create("train", {}).id
    jobs.claim("first", 10)
    assert jobs.move(job, "first", "training")
    clock.now += 9
    assert jobs.beat(job, "first", 10) == "held"
    clock.now += 9
    assert jobs.claim("second", 10) is None
    clock.now += 2
    taken = jobs.claim("second", 10)
    assert taken is not None
    assert (taken.id, taken.attempts) == (job, 2)
    assert jobs.beat(job, "first", 10) == "lost"
    assert not jobs.move(job, "first", "evaluating")
    assert not jobs.tell(job, "first", "epoch", {}, {})
    assert not jobs.finish(job, "first", "done")
    assert jobs.finish(job, "second", "done", report={"version": "v"})
    assert jobs.get(job).report == {"version": "v"}


def test_a_job_whose_workers_are_lost_again_and_again_fails_and_says_why(
    jobs: JobQueue, clock: Clock
) -> None:
    job = jobs.create("train", {}).id
    for _ in range(MOST_ATTEMPTS):
        assert jobs.claim("w", 10)
        clock.now += 11
    assert jobs.claim("w", 10) is None
    ended = jobs.get(job)
    assert ended.state == "failed"
    assert ended.error is not None
    assert f"{MOST_ATTEMPTS} times" in ended.error


def test_what_is_told_of_a_failure_names_no_path_of_the_server(jobs: JobQueue, tmp_path: Path) -> None:
    job = jobs.create("train", {}).id
    jobs.claim("w", 10)
    assert jobs.finish(job, "w", "failed", error=f"Another process is writing {tmp_path}/candidate.")
    assert jobs.get(job).error == "Another process is writing candidate."
    assert jobs.events(job)[-1].data["error"] == "Another process is writing candidate."


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_is_told(jobs: JobQueue) -> None:
    waiting, running = jobs.create("train", {}).id, None
    assert jobs.cancel(waiting).state == "cancelled"
    running = jobs.create("train", {}).id
    jobs.claim("w", 10)
    assert jobs.cancel(running).to_dict()["cancelling"]
    assert jobs.beat(running, "w", 10) == "cancelled"
    assert jobs.finish(running, "w", "cancelled")
    assert jobs.cancel(running).state == "cancelled"  # once more changes nothing


def test_a_cancelled_job_of_a_lost_worker_is_not_taken_up(jobs: JobQueue, clock: Clock) -> None:
    job = jobs.create("train", {}).id
    jobs.claim("w", 10)
    jobs.cancel(job)
    clock.now += 11
    assert jobs.claim("other", 10) is None
    assert jobs.get(job).state == "cancelled"


def test_a_job_that_is_given_back_waits_and_the_attempt_does_not_count(jobs: JobQueue) -> None:
    job = jobs.create("train", {}).id
    jobs.claim("w", 10)
    jobs.release(job, "w")
    assert (jobs.get(job).state, jobs.get(job).attempts) == (WAITING, 0)
    assert jobs.claim("other", 10)


def test_one_key_makes_one_job(jobs: JobQueue) -> None:
    first = jobs.create("train", {"files": ["a"]}, key="k", fingerprint="f")
    assert jobs.create("train", {"files": ["a"]}, key="k", fingerprint="f").id == first.id
    with pytest.raises(ConflictError, match="Idempotency-Key"):
        jobs.create("train", {"files": ["b"]}, key="k", fingerprint="g")
    assert len(jobs.find()) == 1


def test_events_can_be_read_on_from_the_last_one_seen(jobs: JobQueue) -> None:
    job = jobs.create("train", {}).id
    jobs.claim("w", 10)
    for epoch in range(3):
        jobs.tell(job, "w", "epoch", {"epoch": epoch}, {"epoch": epoch})
    everything = jobs.events(job)
    assert states(jobs, job) == ["queued", "checking"]
    assert jobs.events(job, after=everything[2].id) == everything[3:]
    assert jobs.get(job).progress == {"epoch": 2}


def test_any_text_can_be_stored_and_what_is_no_text_is_repaired(jobs: JobQueue) -> None:
    request = {"files": ["\x00 \ud83d 你好 \U0001f600 '\"; drop table jobs"]}
    job = jobs.create("train", request).id
    assert jobs.get(job).request == {"files": [request["files"][0].replace("\ud83d", "\ufffd")]}


def test_jobs_are_listed_newest_first_by_model_and_state(jobs: JobQueue, clock: Clock) -> None:
    ids = []
    for model in ("spam", "spam", "tickets"):
        ids.append(jobs.create("train", {}, model=model).id)
        clock.now += 1
    jobs.cancel(ids[0])
    assert [job.id for job in jobs.find()] == ids[::-1]
    assert [job.id for job in jobs.find(model="spam", state=WAITING)] == [ids[1]]


def test_a_job_is_forgotten_only_when_it_has_ended(jobs: JobQueue, clock: Clock) -> None:
    job = jobs.create("train", {}).id
    with pytest.raises(ConflictError, match="not ended"):
        jobs.remove(job)
    jobs.cancel(job)
    assert [each.id for each in jobs.ended_before(clock.now + 1)] == [job]
    jobs.remove(job)
    assert jobs.events(job) == []
    for unknown in (job, "x" * 100):
        with pytest.raises(JobNotFoundError):
            jobs.get(unknown)
