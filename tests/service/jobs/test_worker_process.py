"""Where a worker runs beside the service, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.jobs import worker_process
from service.jobs.worker_process import WorkerProcess
from service.settings import Settings

if TYPE_CHECKING:
    import pytest


def test_it_tells_why_no_worker_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert WorkerProcess(Settings(worker=True)).missing is None
    assert WorkerProcess(Settings(worker=False)).missing == "the settings switch it off"
    monkeypatch.setattr(worker_process, "find_spec", lambda _name: None)
    assert WorkerProcess(Settings(worker=True)).missing == "PyTorch is not installed"
