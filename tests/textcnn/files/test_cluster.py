"""Many files on a Ray cluster: the command as a user runs it, on nodes that are processes of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from textcnn.cli import build_app
from textcnn.errors import ConfigError, MissingExtraError
from textcnn.files.cluster import ray_runner
from textcnn.files.many_files import label_files
from textcnn.files.one_file import label_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ray.cluster_utils import Cluster

FILES, ROWS, CHUNKS = 8, 60_000, 15
WORDS = ("a", "good", "bad", "warm", "film", "weather", "report", "你好")
PATIENCE = 60.0

# Ray leaves the pipes and processes of a node to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed file:ResourceWarning", "ignore:subprocess .* is still running:ResourceWarning"
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A node that only leads, and one that works; a lost node is noticed soon."""
    from ray.cluster_utils import Cluster

    soon = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500, "health_check_timeout_ms": 500}
    cluster = Cluster()
    cluster.add_node(num_cpus=0, include_dashboard=False, object_store_memory=80 << 20, _system_config=soon)
    add_node(cluster)
    yield cluster
    cluster.shutdown()  # type: ignore[no-untyped-call]  # Ray leaves it so


def add_node(cluster: Cluster) -> Any:  # noqa: ANN401  # Ray's node
    return cluster.add_node(num_cpus=1, object_store_memory=80 << 20)


@contextmanager
def classifying(
    cluster: Cluster, model: Path, source: Path, *options: str
) -> Iterator[subprocess.Popen[str]]:
    """The command at work; its output goes to `out` beside the input."""
    command = [sys.executable, "-m", "textcnn", "classify", str(model), "--input", str(source)]
    command += ["--output", str(source.parent / "out"), *options, "--cluster", cluster.address]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def classified(cluster: Cluster, model: Path, source: Path, *options: str) -> tuple[int, str]:
    """The exit code and the last words of the command."""
    with classifying(cluster, model, source, *options) as process:
        return ended(process)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    words = process.communicate(timeout=PATIENCE)[1]
    return process.returncode, words


def until(holds: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    started = time.monotonic()
    while not holds():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() - started < PATIENCE
        time.sleep(0.01)


def write_files(directory: Path, files: int, rows: int) -> Path:
    directory.mkdir()
    for number in range(files):
        with (directory / f"{number}.csv").open("w", encoding="utf-8") as file:
            file.write("id,text\n")
            for row in range(rows):
                words = (WORDS[(row * step + number) % len(WORDS)] for step in range(1, 12))
                file.write(f"{number}-{row},{' '.join(words)}\n")
    return directory


def alone(model: Path, file: Path) -> bytes:
    """A file as one process labels it."""
    target = file.parent.parent / f"alone-{file.name}"
    label_file(str(model), file, target, workers=1)
    return target.read_bytes()


def is_child(process: int, parent: int) -> bool:
    return f"\nPPid:\t{parent}\n" in Path(f"/proc/{process}/status").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_node_lost_at_work_loses_no_row_and_doubles_none(
    cluster: Cluster, model_dir: Path, tmp_path: Path
) -> None:
    source = write_files(tmp_path / "in", FILES, ROWS)
    out, attempts = tmp_path / "out", tmp_path / "out.partial" / "attempts"
    node = add_node(cluster)
    raylet = node.all_processes["raylet"][0].process.pid

    amid: dict[int, Path] = {}

    def the_node_is_amid_a_file() -> bool:
        for attempt in attempts.glob("*"):
            pid = int(attempt.name.split("-")[-2])
            if is_child(pid, raylet) and 1 <= len([*attempt.glob("part-*")]) <= CHUNKS // 2:
                amid[pid] = attempt
        return bool(amid)

    with classifying(cluster, model_dir, source) as process:
        until(the_node_is_amid_a_file, process)
        victim, attempt = amid.popitem()
        os.kill(victim, signal.SIGKILL)
        cluster.remove_node(node, allow_graceful=False)
        assert attempt.exists()
        assert not (attempt / "whole").exists()
        assert len([*out.glob("*")]) <= FILES - 2  # there is no directory before the first file is whole
        code, words = ended(process)

    assert code == 0, words
    assert f"{FILES} files, {FILES * ROWS:,} rows, " in words
    assert not attempts.parent.exists()
    assert {file.name for file in out.iterdir()} == {file.name for file in source.iterdir()}
    for file in source.iterdir():
        assert (out / file.name).read_bytes() == alone(model_dir, file)


@pytest.mark.slow
def test_files_that_fail_are_named_and_the_others_complete_and_resume_does_what_is_missing(
    cluster: Cluster, model_dir: Path, tmp_path: Path
) -> None:
    source = write_files(tmp_path / "in", 3, 50)
    (source / "clash.csv").write_text("label,text\nx,a good film\n", encoding="utf-8")
    (source / "empty.csv").touch()
    code, words = classified(cluster, model_dir, source)
    assert code == 2
    assert "1 of 5 files could not be labelled" in words
    assert "clash.csv" in words
    out = tmp_path / "out"
    made = {file.name: file.stat().st_ino for file in out.iterdir()}
    assert made.keys() == {"0.csv", "1.csv", "2.csv"}

    (source / "clash.csv").write_text("id,text\nx,a good film\n", encoding="utf-8")
    (source / "empty.csv").unlink()
    code, words = classified(cluster, model_dir, source, "--resume")
    assert code == 0, words
    assert "4 files, 151 rows, " in words
    assert {name: (out / name).stat().st_ino for name in made} == made
    assert (out / "clash.csv").read_bytes() == alone(model_dir, source / "clash.csv")


@pytest.mark.slow
def test_strict_stops_at_the_first_row_that_cannot_be_labelled(
    cluster: Cluster, model_dir: Path, tmp_path: Path
) -> None:
    source = write_files(tmp_path / "in", 1, 3)
    with (source / "0.csv").open("a", encoding="utf-8") as file:
        file.write("one field too many,a good film,x\n")
    code, words = classified(cluster, model_dir, source, "--strict")
    assert code == 2
    assert "0.csv: line 5" in words
    assert not (tmp_path / "out").exists()


def test_without_ray_the_extra_is_named_and_nothing_is_left(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_files(tmp_path / "in", 1, 3)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"textcnn\[cluster\]"), ray_runner() as runner:
        label_files(str(model_dir), source, tmp_path / "out", runner=runner)
    assert [*tmp_path.iterdir()] == [source]


@pytest.mark.parametrize("words", [("--workers", "2"), ("--json",), ("10.0.0.1:6379", "again")])
def test_options_that_do_not_go_with_a_cluster_are_refused(
    model_dir: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    files = ("--input", str(tmp_path), "--output", str(tmp_path / "out"))
    result = CliRunner().invoke(build_app(), ["classify", str(model_dir), *files, "--cluster", *words])
    assert isinstance(result.exception, ConfigError)
