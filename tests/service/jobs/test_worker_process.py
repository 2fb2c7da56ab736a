"""What the worker beside the service leaves to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.jobs import worker
from service.jobs.worker_process import WorkerProcess
from service.settings import Settings

if TYPE_CHECKING:
    import pytest


def test_it_tells_what_has_to_wait_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    assert WorkerProcess(Settings(worker=True)).undone is None
    assert "the settings" in str(WorkerProcess(Settings(worker=False)).undone)
    monkeypatch.setattr(worker, "find_spec", lambda _name: None)
    undone = str(WorkerProcess(Settings(worker=True)).undone)
    assert "PyTorch is not installed" in undone
    assert "files" not in undone
