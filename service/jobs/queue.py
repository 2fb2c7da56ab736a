"""The queue: jobs wait in a table, and workers claim them for as long as they give signs of life.

A worker that claims a job gets a lease on it, and extends the lease while it works. When a lease runs
out, its worker is taken for lost and another one takes the job up; after `MOST_ATTEMPTS` the job has failed.
Each claim has a number, its fence, larger than those before: what an attempt writes lies under it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import and_, delete, insert, or_, select, update

from textcnn.service.form_words import in_form_words
from textcnn.service.jobs.job import ENDED, RUNNING, WAITING, Job, JobEvent
from textcnn.service.local_paths import hide_paths
from textcnn.service.service_errors import ConflictError, JobNotFoundError
from textcnn.service.storage.database_tables import events, jobs
from textcnn.service.storage.row_values import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from textcnn.service.storage.database import Database

Hold = Literal["held", "cancelled", "lost"]

MOST_ATTEMPTS: Final = 5


class JobQueue:
    """The jobs in a database. `clock` gives the seconds since 1970."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def create(
        self,
        kind: str,
        request: dict[str, Any],
        *,
        model: str | None = None,
        job_id: str | None = None,
        key: str | None = None,
        fingerprint: str | None = None,
    ) -> Job:
        """Queue a job, or return the one that was queued with the same key.

        Raises:
            ConflictError: the key is known, and was given for something else (another fingerprint).
        """
        with self._database.write() as connection:
            existing = None if key is None else self._by_key(connection, key)
            if existing is None:
                values = self._values(kind, request, model, job_id or new_id(), key, fingerprint)
                connection.execute(insert(jobs).values(**values))
                self._append(connection, values["id"], "state", {"state": WAITING})
                return _job(values)
        if existing.fingerprint != fingerprint:
            raise ConflictError(
                "This Idempotency-Key was given with another request before. Use a new one.",
                field="idempotency-key",
            )
        return existing

    def get(self, job: str) -> Job:
        """A job by its id.

        Raises:
            JobNotFoundError: there is none.
        """
        with self._database.read() as connection:
            return self._get(connection, job)

    def find(self, *, model: str | None = None, state: str | None = None, limit: int = 100) -> list[Job]:
        """Jobs, the newest first."""
        query = select(jobs).order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit)
        if model is not None:
            query = query.where(jobs.c.model == model)
        if state is not None:
            query = query.where(jobs.c.state == state)
        with self._database.read() as connection:
            return [_job(row._mapping) for row in connection.execute(query)]

    def claim(self, owner: str, seconds: float, *, kinds: Sequence[str] | None = None) -> Job | None:
        """Claim the oldest job that no worker has, for a lease of so many seconds; None if there is none.

        It is of one of the kinds, where they are given. Of several workers that ask at once, each gets
        another job. A job whose worker was lost too often ends as failed, one that was to be cancelled as
        cancelled.
        """
        while True:
            with self._database.write() as connection:
                row = connection.execute(self._free(kinds).limit(1).with_for_update(skip_locked=True)).first()
                if row is None:
                    return None
                job = _job(row._mapping)
                if job.cancelled:
                    self._end(connection, job.id, "cancelled", None, None)
                elif job.attempts >= MOST_ATTEMPTS:
                    reason = f"Its worker was lost {job.attempts} times; the last state was {job.state}."
                    self._end(connection, job.id, "failed", None, reason)
                else:
                    return self._lease(connection, job, owner, seconds)

    def beat(self, job: str, owner: str, seconds: float) -> Hold:
        """Extend a lease; tells whether it still holds, and whether the job is to be cancelled."""
        now = self._clock()
        with self._database.write() as connection:
            extended = connection.execute(
                update(jobs)
                .where(jobs.c.id == job, jobs.c.owner == owner, jobs.c.state.not_in(ENDED))
                .values(lease_until=now + seconds, updated_at=now)
            )
            if extended.rowcount != 1:
                return "lost"
            return "cancelled" if self._get(connection, job).cancelled else "held"

    def move(self, job: str, owner: str, state: str) -> bool:
        """Write the state that a running job has reached; False when the lease was lost."""
        return self._change(job, owner, {"state": state}, "state", {"state": state})

    def tell(self, job: str, owner: str, event: str, data: dict[str, Any], progress: dict[str, Any]) -> bool:
        """Write an event and the progress of a job; False when the lease was lost."""
        return self._change(job, owner, {"progress": progress}, event, data)

    def finish(
        self,
        job: str,
        owner: str,
        state: str,
        *,
        report: dict[str, Any] | None = None,
        error: str | None = None,
    ) -> bool:
        """End a job; False when the lease was lost, and so nothing is written."""
        with self._database.write() as connection:
            if self._get(connection, job).owner != owner:
                return False
            self._end(connection, job, state, report, error)
            return True

    def release(self, job: str, owner: str, *, counts: bool = False) -> None:
        """Give a job back, for another worker to go on with; the attempt counts only where that is said."""
        with self._database.write() as connection:
            given_back = connection.execute(
                update(jobs)
                .where(jobs.c.id == job, jobs.c.owner == owner, jobs.c.state.not_in(ENDED))
                .values(
                    state=WAITING,
                    owner=None,
                    lease_until=None,
                    attempts=jobs.c.attempts - (0 if counts else 1),
                    updated_at=self._clock(),
                )
            )
            if given_back.rowcount:
                self._append(connection, job, "state", {"state": WAITING})

    def stumble(self, job: str, owner: str, failure: str) -> None:
        """Give back a job whose attempt failed unexpectedly; twice in the same way, and it has failed."""
        with self._database.write() as connection:
            current = self._get(connection, job)
            if current.owner != owner:
                return
            if current.failure == failure:
                reason = f"It failed twice in the same way ({failure}); the worker's log tells more."
                self._end(connection, job, "failed", None, reason)
                return
            values = {"state": WAITING, "owner": None, "lease_until": None, "failure": failure}
            connection.execute(
                update(jobs).where(jobs.c.id == job).values(**values, updated_at=self._clock())
            )
            self._append(connection, job, "state", {"state": WAITING})

    def cancel(self, job: str) -> Job:
        """Ask for a job to end: at once when it waits, within seconds when it runs; an ended one stays.

        Raises:
            JobNotFoundError: there is none.
        """
        with self._database.write() as connection:
            current = self._get(connection, job)
            if current.state == WAITING:
                self._end(connection, job, "cancelled", None, None)
            elif not current.ended:
                connection.execute(update(jobs).where(jobs.c.id == job).values(cancelled=True))
            return self._get(connection, job)

    def remove(self, job: str) -> None:
        """Forget an ended job and its events.

        Raises:
            JobNotFoundError: there is none.
            ConflictError: it has not ended.
        """
        with self._database.write() as connection:
            if not self._get(connection, job).ended:
                raise ConflictError("The job has not ended; cancel it first.", field="job")
            connection.execute(delete(jobs).where(jobs.c.id == job))

    def events(self, job: str, after: int = 0, *, limit: int = 1_000) -> list[JobEvent]:
        """The events of a job since the event with this id, the oldest first."""
        query = (
            select(events).where(events.c.job == job, events.c.id > after).order_by(events.c.id).limit(limit)
        )
        with self._database.read() as connection:
            return [JobEvent(**row._mapping) for row in connection.execute(query)]

    def ended_before(self, moment: float) -> list[Job]:
        """Jobs that ended before a moment, for the cleanup."""
        query = select(jobs).where(jobs.c.finished_at < moment)
        with self._database.read() as connection:
            return [_job(row._mapping) for row in connection.execute(query)]

    def _free(self, kinds: Sequence[str] | None) -> Any:  # noqa: ANN401  # a select of all columns
        lost = and_(jobs.c.state.in_(RUNNING), jobs.c.lease_until < self._clock())
        query = select(jobs).where(or_(jobs.c.state == WAITING, lost))
        if kinds is not None:
            query = query.where(jobs.c.kind.in_(kinds))
        # One that was lost waits behind those that were not: it may be what loses its workers.
        return query.order_by(jobs.c.attempts, jobs.c.created_at, jobs.c.id)

    def _lease(self, connection: Connection, job: Job, owner: str, seconds: float) -> Job:
        now = self._clock()
        values = {
            "owner": owner,
            "lease_until": now + seconds,
            "attempts": job.attempts + 1,
            "fence": job.fence + 1,
            "state": RUNNING[0],
            "updated_at": now,
        }
        connection.execute(update(jobs).where(jobs.c.id == job.id).values(**values))
        self._append(connection, job.id, "state", {"state": RUNNING[0], "attempt": job.attempts + 1})
        return self._get(connection, job.id)

    def _change(self, job: str, owner: str, values: dict[str, Any], event: str, data: dict[str, Any]) -> bool:
        with self._database.write() as connection:
            changed = connection.execute(
                update(jobs)
                .where(jobs.c.id == job, jobs.c.owner == owner, jobs.c.state.not_in(ENDED))
                .values(**values, updated_at=self._clock())
            )
            if changed.rowcount != 1:
                return False
            self._append(connection, job, event, data)
            return True

    def _end(
        self, connection: Connection, job: str, state: str, report: dict[str, Any] | None, error: str | None
    ) -> None:
        now = self._clock()
        error = None if error is None else in_form_words(hide_paths(error))
        values = {"state": state, "report": report, "error": error, "owner": None, "lease_until": None}
        connection.execute(
            update(jobs).where(jobs.c.id == job).values(**values, finished_at=now, updated_at=now)
        )
        self._append(connection, job, "state", {"state": state, "error": error})

    def _append(self, connection: Connection, job: str, event: str, data: dict[str, Any]) -> None:
        connection.execute(insert(events).values(job=job, at=self._clock(), event=event, data=data))

    def _get(self, connection: Connection, job: str) -> Job:
        row = connection.execute(select(jobs).where(jobs.c.id == job[:32])).first()
        if row is None or len(job) > 32:
            raise JobNotFoundError("There is no such job. GET /v1/jobs lists those there are.", field="job")
        return _job(row._mapping)

    def _by_key(self, connection: Connection, key: str) -> Job | None:
        row = connection.execute(select(jobs).where(jobs.c.idempotency_key == key)).first()
        return None if row is None else _job(row._mapping)

    def _values(
        self,
        kind: str,
        request: dict[str, Any],
        model: str | None,
        job_id: str,
        key: str | None,
        fingerprint: str | None,
    ) -> dict[str, Any]:
        now = self._clock()
        return {
            "id": job_id,
            "kind": kind,
            "model": model,
            "state": WAITING,
            "wish": request,
            "progress": None,
            "report": None,
            "error": None,
            "attempts": 0,
            "cancelled": False,
            "created_at": now,
            "updated_at": now,
            "finished_at": None,
            "owner": None,
            "lease_until": None,
            "idempotency_key": key,
            "fingerprint": fingerprint,
            "fence": 0,
            "failure": None,
        }


def _job(row: Mapping[Any, Any]) -> Job:
    values = dict(row)
    return Job(request=values.pop("wish"), **values)  # the column has the name of an earlier release
