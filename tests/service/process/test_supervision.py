"""Tasks in the background never die unseen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from textcnn.service.app import create_app
from textcnn.service.http.housekeeping import Housekeeping
from textcnn.service.process import restarts, supervision
from textcnn.service.process.supervision import Supervision
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.service.loaded.registry import Registry


class PanicError(BaseException):
    """As a library in Rust panics."""


def test_a_task_that_an_error_ends_is_started_anew_counted_and_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE", 0.001)
    kept, runs = Supervision(), 0

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs < 4:
            raise (PanicError if runs == 2 else ValueError)("not foreseen")

    asyncio.run(kept.keep("chore", run))
    assert runs == 4
    assert kept.restarts == {"chore": 3}
    assert kept.troubled() == ["chore"]
    assert "not foreseen" in caplog.text


def test_a_task_that_is_cancelled_ends() -> None:
    async def wait() -> None:
        await asyncio.sleep(60)

    async def cancel() -> None:
        task = asyncio.create_task(Supervision().keep("chore", wait))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())


def test_the_service_goes_on_and_tells_when_housekeeping_fails(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def fails(_: Housekeeping) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Housekeeping, "run", fails)
    monkeypatch.setenv(restarts.STATE, str(tmp_path / "worker"))
    restarts.count_worker_restart()
    settings = Settings(access_log=False, public_metrics=True)
    with TestClient(create_app(settings, registry)) as client:
        for _ in range(100):
            ready = client.get("/readyz")
            if "housekeeping" in ready.text:
                break
        assert ready.status_code == 200
        assert ready.json() == {"status": "ready", "troubled": ["housekeeping", "worker"]}
        assert 'textcnn_task_restarts_total{task="housekeeping"} 1.0' in client.get("/metrics").text
