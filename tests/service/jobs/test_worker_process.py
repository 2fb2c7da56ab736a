"""Jobs that the worker beside the service leaves to others."""

from __future__ import annotations

import pytest

from textcnn.service.jobs import worker
from textcnn.service.jobs.worker_process import WorkerProcess
from textcnn.service.settings import Settings


def test_it_tells_what_has_to_wait_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    assert WorkerProcess(Settings(worker=True)).notice is None
    assert "the settings" in str(WorkerProcess(Settings(worker=False)).notice)
    monkeypatch.setattr(worker, "find_spec", lambda _name: None)
    notice = str(WorkerProcess(Settings(worker=True)).notice)
    assert "PyTorch is not installed" in notice
    assert "files" not in notice


@pytest.mark.parametrize(("wanted", "started"), [(True, [True]), (False, [])])
def test_a_worker_is_started_without_pytorch_unless_the_settings_say_no(
    wanted: bool, started: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched: list[bool] = []
    monkeypatch.setattr(worker, "find_spec", lambda _name: None)
    monkeypatch.setattr(WorkerProcess, "_watch", lambda _process: watched.append(True))
    with WorkerProcess(Settings(worker=wanted)):
        pass
    assert watched == started
