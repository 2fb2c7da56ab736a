"""The cost of the loop for whoever asks for labels meanwhile: `python -m benchmarks loop`.

Promotions and rollbacks under load, how soon two processes agree, and the time from the upload of a corpus
(the SMS Spam Collection, from the directory that TEXTCNN_CORPORA names) to its version answering.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.corpora import find_corpora
from benchmarks.http_load import PATIENCE, Connection, Tally, drive, for_seconds, post
from benchmarks.load import make_texts
from benchmarks.machine import write_results
from benchmarks.servers import Server, new_api_key, textcnn_server
from textcnn.catalogue import find_model
from textcnn.directory import CONFIG, write_json, write_manifest
from textcnn.service.http.access import KeyScope
from textcnn.service.jobs.job import ENDED
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = "sentiment"
CONNECTIONS = 32
PROMOTIONS, ROLLBACKS = 20, 5
SECONDS_BETWEEN = 1.5
QUIET_SECONDS = 15.0
AGREEMENTS = 10
AGREEING_CONNECTIONS = 64
CORPUS = "sms_spam/SMSSpamCollection"
NEW_MODEL = "own-spam"
PER_SECOND = 200
"""Requests while a model is trained: steady, and few enough that training is what slows them."""
REQUIRED = {
    "failures": 0,
    "swap_p99_ratio": 3.0,
    "agreement_seconds": 2.0,
    "upload_to_live_seconds": 60.0,
    "training_p99_ratio": 5.0,
}
"""At most."""


def main() -> None:
    """Measure, and keep the figures; a request that failed ends in an error."""
    with tempfile.TemporaryDirectory() as folder:
        results = {"swaps": swaps(Path(folder, "swaps")), "agreement": agreement(Path(folder, "agreement"))}
        corpus = find_corpora("loop", CORPUS)
        if corpus is not None:
            results["retraining"] = retraining(Path(folder, "retraining"), corpus)
    write_results("loop", {"required": REQUIRED, **results})
    print("loop:", json.dumps(results))
    if results["swaps"]["failures"]:
        sys.exit("loop: requests failed while versions were promoted.")


def swaps(folder: Path) -> dict[str, Any]:
    """Waiting times of single texts on many connections: quiet, and while versions go live in turn."""
    repository, versions = make_versions(folder, PROMOTIONS + 1)
    secret, keys = new_api_key()
    requests = [post("/v1/classify", {"text": text}, key=secret) for text in make_texts(256)]
    with textcnn_server(folder, keys, "--model", MODEL) as server:
        _under_load(server, requests, for_seconds(2))  # a warm-up
        quiet = _under_load(server, requests, for_seconds(QUIET_SECONDS))
        ended = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            load = pool.submit(_under_load, server, requests, lambda *_: not ended.is_set())
            try:
                _promote_all(repository, versions)
            finally:
                ended.set()
            busy = load.result(timeout=PATIENCE)
    return {
        "connections": CONNECTIONS,
        "promotions": PROMOTIONS,
        "rollbacks": ROLLBACKS,
        "answers": quiet.answers + busy.answers,
        "failures": quiet.failures + busy.failures,
        **_compared(quiet, busy),
    }


def agreement(folder: Path) -> dict[str, Any]:
    """Seconds from a promotion until connections to both of two processes get the new version alone."""
    repository, versions = make_versions(folder, 2)
    secret, keys = new_api_key()
    request = post("/v1/classify", {"text": "a warm film"}, key=secret)
    seconds = []
    with textcnn_server(folder, keys, "--model", MODEL, "--workers", "2") as server:
        connections = [Connection(server.port) for _ in range(AGREEING_CONNECTIONS)]
        for number in range(1, AGREEMENTS + 1):
            wanted = versions[number % 2]
            repository.promote(MODEL, wanted)
            started = time.perf_counter()
            while _answering(connections, request) != {wanted}:
                if time.perf_counter() - started > PATIENCE:
                    raise TimeoutError(f"not everybody answers with {wanted} after {PATIENCE:.0f} s")
            seconds.append(round(time.perf_counter() - started, 3))
        for connection in connections:
            connection.socket.close()
    return {"processes": 2, "runs": AGREEMENTS, "median": statistics.median(seconds), "longest": max(seconds)}


def retraining(folder: Path, corpus: Path) -> dict[str, Any]:
    """Seconds from an upload to its version answering, alone, and waiting times while one is trained."""
    secret, keys = new_api_key(KeyScope.CLASSIFY, KeyScope.ADMIN)
    requests = [post("/v1/classify", {"text": text, "model": MODEL}, key=secret) for text in make_texts(256)]
    with textcnn_server(folder, keys, trains=True) as server:
        alone = _train(server, secret, NEW_MODEL, corpus)
        quiet = paced(server.port, requests, for_seconds(QUIET_SECONDS))
        ended = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            load = pool.submit(paced, server.port, requests, lambda *_: not ended.is_set())
            try:
                beside_load = _train(server, secret, f"{NEW_MODEL}-again", corpus)
            finally:
                ended.set()
            busy = load.result(timeout=PATIENCE)
    return {
        "requests_per_second": PER_SECOND,
        "seconds_to_live": round(alone, 1),
        "seconds_to_live_under_load": round(beside_load, 1),
        "failures": quiet.failures + busy.failures,
        **_compared(quiet, busy),
    }


def make_versions(folder: Path, count: int) -> tuple[Repository, list[str]]:
    """A repository with versions of a bundled model that give other scores; the first is live."""
    repository, source = Repository(folder / "data"), find_model(MODEL).path
    versions = []
    for number in range(count):
        path = folder / f"version-{number}"
        shutil.copytree(source, path)
        config = json.loads((path / CONFIG).read_text(encoding="utf-8"))
        write_json(path / CONFIG, {**config, "temperature": 1.0 + number / 10})
        write_manifest(path)
        versions.append(repository.add(MODEL, path).version)
        shutil.rmtree(path)
    repository.promote(MODEL, versions[0])
    return repository, versions


def paced(port: int, requests: list[bytes], go_on: Callable[[int, float], bool]) -> Tally:
    """So many requests a second on one connection, each sent at its time or when the last was answered."""
    connection, tally = Connection(port), Tally()
    started = time.perf_counter()
    while go_on(tally.answers, tally.seconds):
        time.sleep(max(0.0, started + tally.answers / PER_SECOND - time.perf_counter()))
        connection.send(requests[tally.answers % len(requests)])
        status = _wait(connection)
        tally.latencies.append(time.perf_counter() - connection.sent)
        tally.statuses[status] += 1
        tally.seconds = time.perf_counter() - started
    connection.socket.close()
    return tally


def _under_load(server: Server, requests: list[bytes], go_on: Callable[[int, float], bool]) -> Tally:
    return drive(server.port, requests, connections=CONNECTIONS, go_on=go_on)


def _promote_all(repository: Repository, versions: list[str]) -> None:
    """Each version after the other, some of them taken back and promoted again."""
    for number, version in enumerate(versions[1:]):
        repository.promote(MODEL, version)
        time.sleep(SECONDS_BETWEEN)
        if number < ROLLBACKS:
            repository.rollback(MODEL)
            time.sleep(SECONDS_BETWEEN)
            repository.promote(MODEL, version)
            time.sleep(SECONDS_BETWEEN)


def _answering(connections: list[Connection], request: bytes) -> set[str]:
    """The versions that answer, one request on each connection; all are under way at once."""
    for connection in connections:
        connection.send(request)
    versions = set()
    for connection in connections:
        _wait(connection)
        versions.add(json.loads(connection.body)["version"])
    return versions


def _wait(connection: Connection) -> int:
    """The status of the answer that is under way.

    Raises:
        ConnectionError: the server closed the connection instead.
    """
    while not (status := connection.receive()):
        if status is None:
            raise ConnectionError("the connection was closed before an answer")
    return status


def _train(server: Server, secret: str, model: str, corpus: Path) -> float:
    """Upload a corpus for a new model; seconds until its first version answers."""
    edge = "corpus-edge"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="corpus"; filename="{corpus.name}"\r\n\r\n'
    body = head.encode() + corpus.read_bytes() + f"\r\n--{edge}--\r\n".encode()
    started = time.perf_counter()
    job = _ask(
        server,
        secret,
        f"/v1/models/{model}/train",
        body,
        {"content-type": f"multipart/form-data; boundary={edge}"},
    )
    while (found := _ask(server, secret, f"/v1/jobs/{job['id']}"))["state"] not in ENDED:
        time.sleep(0.2)
    if found["state"] != "done":
        raise RuntimeError(f"the training ended as {found['state']}: {found}")
    while model not in {each["name"] for each in _ask(server, secret, "/v1/models")["models"]}:
        time.sleep(0.05)
    return time.perf_counter() - started


def _ask(
    server: Server, secret: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Any:  # noqa: ANN401  # any JSON
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", body, headers or {})
    request.add_header("authorization", f"Bearer {secret}")
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def _compared(quiet: Tally, busy: Tally) -> dict[str, float]:
    """Of both the 99th percentile, and their ratio."""
    before, during = (1e3 * tally.percentile(99) for tally in (quiet, busy))
    return {
        "quiet_p99_ms": round(before, 3),
        "p99_ms": round(during, 3),
        "p99_ratio": round(during / before, 2),
    }


if __name__ == "__main__":
    main()
