"""The worst that a file can do costs its own request: its child dies, and the service does not."""

from __future__ import annotations

import errno
import gc
import gzip
import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from tests.proof import count, proof
from textcnn.errors import CorpusError
from textcnn.service.app import create_app
from textcnn.service.http.prometheus import resident_bytes
from textcnn.service.labelling import file_child, file_children
from textcnn.service.labelling.file_children import FileChild, FileChildren
from textcnn.service.labelling.file_messages import (
    FileDone,
    FileFailed,
    FileTally,
    FileTask,
    decode_answer,
    encode,
)
from textcnn.service.service_errors import StorageError
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from textcnn.service.loaded.registry import Registry

FILE = "/v1/classify/file"
MUTATIONS = count(few=500, full=10_000)
"""Of each kind of file."""
CANARY = "canary-7f3a"
ROWS = [{"text": "a good film", "n": "1"}, {"text": "bad, bad", "n": "2"}, {"text": "你好", "n": "3"}] * 20
CSV = "text,n\n" + "".join(f'"{row["text"]}",{row["n"]}\n' for row in ROWS)
JSONL = "".join(json.dumps(row) + "\n" for row in ROWS)


def packed(table: pa.Table, kind: str) -> bytes:
    sink = pa.BufferOutputStream()
    if kind == "parquet":
        pq.write_table(table, sink)
    else:
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    return bytes(sink.getvalue())


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue())


TABLE = pa.table(
    {**{name: [row[name] for row in ROWS] for name in ROWS[0]}, "data": [b"as it is"] * len(ROWS)}
)
"""Bytes come back as they are, whatever a false offset makes of them; a text would be no UTF-8."""
FILES = {
    "a.arrow": packed(TABLE, "arrow"),
    "a.parquet": packed(TABLE, "parquet"),
    "a.csv": CSV.encode(),
    "a.jsonl": JSONL.encode(),
    "a.csv.gz": gzip.compress(CSV.encode()),
    "a.csv.zst": zstd(CSV.encode()),
}


def mutate(content: bytes, chooser: random.Random) -> bytes:
    """A file with flipped bits, cut, spliced, or with numbers that are not its own."""
    data = bytearray(content)
    for _ in range(chooser.choice((1, 1, 2, 8))):
        at, kind = chooser.randrange(max(1, len(data))), chooser.randrange(5)
        if kind == 0 and data:
            data[at] ^= 1 << chooser.randrange(8)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            data[at : at + chooser.randrange(1, 64)] = chooser.randbytes(chooser.randrange(1, 64))
        elif kind == 3:
            other = chooser.randrange(max(1, len(data)))
            data[at:at] = data[other : other + chooser.randrange(200)]
        else:
            data[at : at + 4] = struct.pack("<i", chooser.choice((-1, 0, 1, 255, 1 << 16, 1 << 30)))
    return bytes(data)


@pytest.fixture(scope="module")
def files(registry: Registry) -> Iterator[TestClient]:
    before = os.environ.get("TEXTCNN_CANARY")
    os.environ["TEXTCNN_CANARY"] = CANARY * 1_000  # in the memory of the service and of each child
    with TestClient(
        create_app(Settings(file_memory_mb=256, max_unpacked_bytes=2_000_000), registry)
    ) as client:
        yield client
    os.environ.pop("TEXTCNN_CANARY") if before is None else None


class Children:
    """The children of a service, by their numbers, with the memory that each had after each file."""

    def __init__(self) -> None:
        self.memory: dict[int, list[int]] = {}

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Note the memory of each child after each file."""
        do = FileChild.do

        def noted(child: FileChild, task: FileTask) -> Any:  # noqa: ANN401  # what the child answers
            try:
                return do(child, task)
            finally:
                if child.end is None:
                    self.memory.setdefault(child.pid, []).append(_resident(child.pid))

        patch.setattr(FileChild, "do", noted)


def _resident(pid: int) -> int:
    """Memory of a process that is its own, without the tables that it shares; 0 where no one tells."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return 1024 * int(status.partition("RssAnon:")[2].split()[0])


@pytest.mark.slow
@pytest.mark.timeout(3600)
@proof("a damaged file that is sent is answered, and with nothing that is not in it", MUTATIONS)
@pytest.mark.parametrize("name", FILES)
def test_damaged_files_are_answered_and_tell_nothing_else(
    files: TestClient, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    chooser, children = random.Random(22), Children()
    children.watch(monkeypatch)
    statuses, held = set(), 0
    for number in range(MUTATIONS):
        content = mutate(FILES[name], chooser)
        if number % 20 == 0:  # somebody else's, of which each child may have something left in memory
            other = files.post(FILE, params={"name": "a.csv"}, content=f"text\n{CANARY * 50}\n" * 200)
            assert other.status_code == 200
        answer = files.post(FILE, params={"name": name, "prefix": "m_"}, content=content)
        assert answer.status_code in (200, 413, 422), (number, answer.text)
        assert CANARY.encode() not in answer.content
        assert len(answer.content) < 40 * len(content) + 20_000
        statuses.add(answer.status_code)
        if number == 100:
            held = resident_bytes()
    assert statuses >= {200, 422}
    assert resident_bytes() < held + (30 << 20)
    assert files.get("/livez").status_code == 200
    assert not [each for each in caplog.messages if "ended with code -" in each], "a file crashed its child"
    for memory in children.memory.values():
        assert max(memory) < max(memory[:100]) + (40 << 20)


@pytest.fixture
def task(registry: Registry, tmp_path: Path) -> FileTask:
    (tmp_path / "in.csv").write_text(CSV, encoding="utf-8")
    model = registry.get()
    return FileTask(
        directory=model.directory, version=model.version, source=str(tmp_path / "in.csv"),
        target=str(tmp_path / "out.csv"), layout={}, options={}, most_bytes=10**6, memory_bytes=10**9,
    )  # fmt: skip


def test_a_child_that_dies_costs_one_file_and_is_replaced(
    files: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = []
    send = FileChild._send

    def send_and_die(self: FileChild, line: bytes) -> None:
        pids.append(self.pid)
        os.kill(self.pid, signal.SIGSEGV)
        send(self, line)

    with monkeypatch.context() as patch:
        patch.setattr(FileChild, "_send", send_and_die)
        answer = files.post(FILE, params={"name": "a.csv"}, content=CSV)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_corpus")
    assert "in several parts" in answer.text
    assert files.post(FILE, params={"name": "a.csv"}, content=CSV).status_code == 200
    assert pids


def test_a_child_that_dies_while_it_waits_costs_no_file(task: FileTask) -> None:
    children = FileChildren(1)
    children.give_back(child := children.take())
    assert isinstance(child.do(task), FileDone)
    child.kill()
    follower = children.take()
    assert isinstance(follower.do(task), FileDone)
    follower.close()
    children.close()


@pytest.mark.parametrize("far", [1_000, 5_000, 1_000_000])
def test_false_offsets_over_http_answer_with_nothing_that_was_not_sent(files: TestClient, far: int) -> None:
    """Where they were believed, a megabyte of the child's memory came back, with what others had sent."""
    other = files.post(FILE, params={"name": "a.csv"}, content=f"text\n{CANARY * 50}\n" * 200)
    assert other.status_code == 200
    content = packed(pa.table({"text": ["x", "y", "z"], "data": [b"a", b"bc", b"def"]}), "arrow")
    at = content.rfind(struct.pack("<4i", 0, 1, 3, 6))
    false = content[:at] + struct.pack("<4i", 0, 1, 3, far) + content[at + 16 :]
    answer = files.post(FILE, params={"name": "a.arrow"}, content=false)
    assert CANARY.encode() not in answer.content
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_corpus")
    assert len(answer.content) < 1_000


def test_without_any_child_the_service_is_not_ready(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_children, "_COMMAND", ["-c", "pass"])
    with TestClient(create_app(Settings(), registry)) as client:
        answer = client.post(FILE, params={"name": "a.csv"}, content=CSV)
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
def test_memory_that_a_file_asks_for_is_limited(task: FileTask, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,n\n" + "a" * 20_000_000 + ",1\n", encoding="utf-8")
    children = FileChildren(1)
    task.most_bytes, task.memory_bytes = 10**8, 20_000_000
    child = children.take()
    try:
        told = msgspec.to_builtins(child.do(task))
        assert told["code"] == "invalid_corpus"
        assert "more than 20 MB of memory" in told["sentence"]
        until = time.monotonic() + 5
        while child.end is None:  # what is left of its memory is in pieces
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        child.close()
        children.close()


UNLIMITED = (
    "from textcnn.service.labelling import file_child\n"
    "from textcnn.service.process import memory_limit\n"
    "memory_limit._data_bytes = lambda: None\n"
    "file_child.main()\n"
)
"""A child on a system that has no limit of memory."""


@pytest.mark.parametrize(("megabytes", "fits"), [(20, False), (1_000, True)])
def test_memory_is_watched_from_outside_where_the_system_has_no_limit(
    task: FileTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, megabytes: int, fits: bool
) -> None:
    monkeypatch.setattr(file_children, "_WATCHED", True)
    monkeypatch.setattr(file_children, "_COMMAND", ["-c", UNLIMITED])
    monkeypatch.setattr(file_children, "_LOOK_SECONDS", 0.02)
    (tmp_path / "in.csv").write_text("text,n\n" + ("a " * 500_000 + ",1\n") * 40, encoding="utf-8")
    task.most_bytes, task.memory_bytes = 10**9, megabytes * 1_000_000
    child = FileChild()
    try:
        if fits:
            assert isinstance(child.do(task), FileDone)
        else:
            with pytest.raises(CorpusError, match="in several parts"):
                child.do(task)
            assert child.end == -signal.SIGKILL
    finally:
        child.close()


@pytest.mark.slow
def test_a_client_that_vanishes_in_the_middle_ends_the_work_on_its_file(
    serving: Callable[..., AbstractContextManager[Any]], tmp_path: Path
) -> None:
    """The file would take a minute."""
    body = b"a good film\n" * 2_000_000
    head = f"POST {FILE}?name=a.txt HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n\r\n"
    with serving(tmp_path / "log", max_body_bytes="50000000", public_metrics="true") as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
            client.sendall(head.encode() + body)
            at_work = wait_for(lambda: busy(server.process.pid))
        assert "textcnn_heavy_requests 1.0" in httpx.get(f"{server.url}/metrics").text
        wait_for(lambda: not set(at_work) & set(busy(server.process.pid)), seconds=2)
        wait_for(lambda: "textcnn_heavy_requests 0.0" in httpx.get(f"{server.url}/metrics").text)


def busy(parent: int) -> list[int]:
    """The children of a process that label files and have worked for three seconds."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text(encoding="ascii", errors="replace").rpartition(") ")[2].split()
            command = path.with_name("cmdline").read_bytes()
            seconds = int(fields[11]) / os.sysconf("SC_CLK_TCK")
            if int(fields[1]) == parent and b"file_child" in command and seconds > 3:
                found.append(int(path.parent.name))
    return found


Found = TypeVar("Found")


def wait_for(look: Callable[[], Found], seconds: float = 30) -> Found:
    """The first thing that is found and is no nothing."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


def test_a_full_disk_is_told_as_such_and_not_as_a_fault_of_the_file(
    task: FileTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(file_child, "_labelled", full)

    answer = file_child._label(task, file_child._Models())

    assert isinstance(answer, FileFailed)
    assert isinstance(decode_answer(encode(answer)), FileFailed)
    assert isinstance(answer.to_error(), StorageError)


def test_children_are_reused_and_end_with_the_pool(task: FileTask) -> None:
    children = FileChildren(1)
    pids = set()
    for _ in range(3):
        child = children.take()
        assert isinstance(child.do(task), FileDone)
        pids.add(child.pid)
        children.give_back(child)
    children.close()
    assert len(pids) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(pids.pop(), 0)


@pytest.mark.slow
def test_a_child_that_did_enough_gives_way(task: FileTask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_children, "MOST_TASKS", 1)
    children = FileChildren(1)
    child = children.take()
    child.do(task)
    children.give_back(child)
    follower = children.take()
    assert follower.pid != child.pid
    assert isinstance(follower.do(task), FileDone)
    follower.close()
    children.close()


@pytest.mark.slow
def test_what_a_time_limit_ends_is_free_within_a_second(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file would take a minute."""
    pids = []
    do = FileChild.do

    def noted(self: FileChild, task: FileTask) -> Any:  # noqa: ANN401  # what the child answers
        pids.append(self.pid)
        return do(self, task)

    monkeypatch.setattr(FileChild, "do", noted)
    settings = Settings(file_seconds=6, threads=1, max_body_bytes=50_000_000)
    with TestClient(create_app(settings, registry)) as client:
        assert client.post(FILE, params={"name": "a.csv"}, content=CSV).status_code == 200  # warm
        answer = client.post(FILE, params={"name": "a.txt"}, content=b"a good film\n" * 2_000_000)
        assert (answer.status_code, answer.json()["code"]) == (504, "time_limit")
        until = time.monotonic() + 1
        with pytest.raises(ProcessLookupError):
            os.kill(pids[-1], 0)
        while "textcnn_heavy_requests 0.0" not in client.get("/metrics").text:
            assert time.monotonic() < until + 1, "its thread is not free"  # figures are summed up each second
            time.sleep(0.05)


def test_children_end_with_their_service(tmp_path: Path, task: FileTask) -> None:
    program = (
        "import os, sys, msgspec, signal\n"
        "from textcnn.service.labelling.file_children import FileChild\n"
        "from textcnn.service.labelling.file_messages import decode_task\n"
        "child = FileChild(); child.do(decode_task(sys.argv[1].encode())); print(child.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, msgspec.json.encode(task).decode()],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    until = time.monotonic() + 5
    while True:
        try:
            os.kill(int(told.stdout), 0)
        except ProcessLookupError:
            return
        if _is_zombie(int(told.stdout)):
            return
        assert time.monotonic() < until
        time.sleep(0.05)


def _is_zombie(pid: int) -> bool:
    try:
        return bool(re.search(r"\) Z ", Path(f"/proc/{pid}/stat").read_text(encoding="ascii")))
    except FileNotFoundError:
        return True


LIES: list[dict[str, Any]] = [
    {"type": "done", "rows": -1, "errors": 0, "format": "csv", "compression": None, "tally": {}},
    {"type": "done", "rows": 1, "errors": 0, "format": "/etc/passwd", "compression": None},
    {"type": "failed", "code": "invalid_corpus", "sentence": "x" * 5_000},
    {"type": "other"},
]


@pytest.mark.parametrize("lie", LIES)
def test_answers_of_another_shape_are_not_believed(lie: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_answer(json.dumps(lie).encode())


def test_a_tally_of_another_model_is_not_believed() -> None:
    with pytest.raises(ValueError, match="another model"):
        FileTally({7: 1}, [0] * 21, 0.0).to_tally(["a", "b"], 1)
    with pytest.raises(ValueError, match="another model"):
        FileTally({0: 1}, [0] * 3, 0.0).to_tally(["a", "b"], 1)


def test_no_more_children_wait_than_are_kept() -> None:
    children = FileChildren(1)
    kept, other = children.take(), children.take()
    children.give_back(kept)
    children.give_back(other)
    assert (kept.lives, other.lives) == (True, False)
    children.close()
    assert not kept.lives


def test_a_child_that_says_something_else_is_ended(task: FileTask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its next words would be taken for the answer about the next file."""
    child = FileChild()
    assert isinstance(child.do(task), FileDone)
    with monkeypatch.context() as patch:
        patch.setattr(FileChild, "_line", lambda *_: b"{}")
        with pytest.raises(CorpusError, match="in several parts"):
            child.do(task)
    assert child.end is not None
    child.close()


def test_two_files_at_once_have_two_children(files: TestClient) -> None:
    answers = []
    asking = [
        threading.Thread(
            target=lambda: answers.append(files.post(FILE, params={"name": "a.csv"}, content=CSV).content)
        )
        for _ in range(4)
    ]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert len(set(answers)) == 1
    assert len(answers) == 4


def test_a_child_that_nobody_holds_any_more_has_ended() -> None:
    child = FileChild()
    pid = child.pid
    del child
    gc.collect()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
