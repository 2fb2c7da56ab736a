"""The service in-process, over the small models of every test."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from textcnn.service.app import create_app
from textcnn.service.loaded.registry import Registry
from textcnn.service.settings import Settings
from textcnn.service.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


@pytest.fixture(scope="session")
def registry(model_dir: Path, multi_label_model_dir: Path) -> Registry:
    """Two models; `tiny` is the default."""
    registry = Registry()
    registry.load([str(model_dir), str(multi_label_model_dir)])
    return registry


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Small limits, so that tests reach them."""
    return Settings(
        max_body_bytes=20_000,
        max_batch_texts=5,
        max_text_characters=9_000,
        truncate_texts=False,
        light_text_characters=100,
    )


@dataclass
class Server:
    """A real process that serves, and where."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    @property
    def url(self) -> str:
        """The URL that it answers at."""
        return f"http://127.0.0.1:{self.port}"

    def lines(self) -> list[dict[str, Any]]:
        """The lines that it has logged so far."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@contextmanager
def serving(
    model_dir: Path | None,
    log: Path,
    *arguments: str,
    python: str = sys.executable,
    cwd: Path | None = None,
    **settings: str,
) -> Iterator[Server]:
    """A server that has said where it is; it is ended by a signal when the block ends.

    Without a model it serves what is bundled, and whatever is trained.
    """
    variables = {f"TEXTCNN_{key.upper()}": value for key, value in settings.items()}
    named = [] if model_dir is None else ["--model", str(model_dir)]
    command = [python, "-m", "textcnn", "serve", "--port", "0", *named, *arguments]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=cwd,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **variables},
        ) as process,
    ):
        try:
            assert process.stdout is not None
            found = re.search(r"http://[\d.]+:(\d+)", process.stdout.readline())
            assert found, log.read_text(encoding="utf-8")
            server = Server(process, int(found[1]), log)
            _await_ready(server)
            yield server
        finally:
            process.terminate()


def _await_ready(server: Server) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(retries=3), timeout=60) as asked:
        assert asked.get(f"{server.url}/readyz").status_code == 200


@pytest.fixture(name="serving", scope="session")
def give_serving(model_dir: Path) -> Callable[..., AbstractContextManager[Server]]:
    """Start servers with the small model: `with serving(log, "--workers", "2", threads="1")`."""
    return partial(serving, model_dir)


@pytest.fixture(scope="session")
def serving_all() -> Callable[..., AbstractContextManager[Server]]:
    """The same with the bundled models, to which trained ones come."""
    return partial(serving, None)


@pytest.fixture
def client(registry: Registry, settings: Settings) -> Iterator[TestClient]:
    """A client that gets an answer even where the service has a bug."""
    with TestClient(create_app(settings, registry), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of the tests' own, on a socket in a directory of its own."""
    where = os.pathsep.join(
        [os.environ.get("PATH", ""), *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    )
    initdb, server = (shutil.which(name, path=where) for name in ("initdb", "postgres"))
    if not initdb or not server:
        pytest.skip("PostgreSQL is not installed (Debian package postgresql)")
    # Its socket's path must be short, and it does not run as root.
    home = Path("/tmp") / f"textcnn-{uuid.uuid4().hex[:8]}"
    home.mkdir()
    user = _postgres_user(home)
    subprocess.run(
        [initdb, "-D", str(home / "data"), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=home,
        user=user,
    )
    options = ["-k", str(home), "-c", "listen_addresses=", "-c", "fsync=off"]
    with subprocess.Popen(
        [server, "-D", str(home / "data"), *options], stderr=subprocess.PIPE, text=True, cwd=home, user=user
    ) as process:
        assert process.stderr is not None
        try:
            assert any("ready to accept connections" in line for line in process.stderr)
            yield f"postgresql://postgres@/{{name}}?host={home}"
        finally:
            process.terminate()
            process.stderr.read()
    shutil.rmtree(home, ignore_errors=True)


def _postgres_user(home: Path) -> int | None:
    """The user who runs the server: the one who runs the tests, unless that is root."""
    if os.geteuid() != 0:
        return None
    entry = next((each for each in pwd.getpwall() if each.pw_name in ("postgres", "nobody")), None)
    if entry is None:
        pytest.skip("PostgreSQL does not run as root, and there is no other user")
    os.chown(home, entry.pw_uid, entry.pw_gid)
    return entry.pw_uid


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        database = Database.in_directory(tmp_path / "database")
    else:
        url: str = request.getfixturevalue("postgres_url")
        name = f"test_{uuid.uuid4().hex[:12]}"
        admin = create_engine(
            url.format(name="postgres").replace("postgresql:", "postgresql+psycopg:"),
            isolation_level="AUTOCOMMIT",
        )
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        database = Database(url.format(name=name))
    yield database
    database.close()
