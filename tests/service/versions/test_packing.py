"""Archives for downloads, and what is left of those that nobody waits for."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest

from textcnn.directory import ModelDirectory
from textcnn.service.app import create_app
from textcnn.service.service_errors import TimeLimitError
from textcnn.service.settings import Settings
from textcnn.service.versions import packing
from textcnn.service.versions.packing import Packing

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.service.loaded.registry import Registry


@pytest.fixture
def spools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of temporary files."""
    directory = tmp_path / "spools"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    return directory


def test_a_full_disk_keeps_nothing_of_an_archive(
    spools: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(_: ModelDirectory, stream: BinaryIO) -> None:
        stream.write(b"half an archive")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(packing, "pack", fill)
    with pytest.raises(OSError, match="space") as error:
        Packing(ModelDirectory(model_dir)).run()

    assert error.value.errno == errno.ENOSPC  # held, with all that it refers to
    assert not list(spools.iterdir())


def test_an_archive_is_packed_no_further_than_somebody_waits(
    spools: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Packing(ModelDirectory(model_dir))
    blocks = 0

    def pack(_: ModelDirectory, stream: BinaryIO) -> None:
        nonlocal blocks
        for blocks in range(10):
            stream.write(b"a block")
            if blocks == 3:
                work.close()

    monkeypatch.setattr(packing, "pack", pack)
    with pytest.raises(TimeLimitError):
        work.run()

    assert blocks == 4
    assert not list(spools.iterdir())


@pytest.mark.parametrize("hangs_up", [True, False])
def test_nothing_is_left_of_a_download(
    hangs_up: bool, spools: Path, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither where the client hangs up meanwhile: such files filled the disk, a model's size each."""
    packed, gone = threading.Event(), threading.Event()

    def pack(_: ModelDirectory, stream: BinaryIO) -> None:
        packed.set()
        assert not hangs_up or gone.wait(5)
        stream.write(b"an archive")

    monkeypatch.setattr(packing, "pack", pack)
    app = create_app(Settings(data_dir=tmp_path / "data", access_log=False), registry)
    pages = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        await asyncio.to_thread(packed.wait, 0.2)
        return next(pages, {"type": "http.disconnect" if hangs_up else "http.request", "more_body": True})

    async def send(_: Any) -> None:  # noqa: ANN401  # of any type
        pass

    async def ask() -> None:
        await app(_scope("/v1/models/sentiment/versions/live/archive"), receive, send)
        gone.set()

    asyncio.run(ask())

    assert packed.wait(0)
    assert _is_soon_empty(spools)


def _is_soon_empty(directory: Path) -> bool:
    for _ in range(100):
        if not list(directory.iterdir()):
            return True
        time.sleep(0.05)
    return False


def _scope(path: str) -> dict[str, Any]:
    headers = [(b"host", b"127.0.0.1")]
    return {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": b"", "headers": headers, "http_version": "1.1", "scheme": "http",
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
