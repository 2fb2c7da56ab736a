"""The loop in the shell: a better version goes live, and nothing else does."""

from __future__ import annotations

import csv
import json
import os
import select
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from textcnn.service.process import limited_child
from textcnn.service.versions.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytest.importorskip("torch", reason="training needs the extra 'train'")

RECIPE = "embedding_dim=16 filters=8 widths=[1,2] epochs=3 batch_size=16 embedding_learning_rate=0.02"


def retrain(data: Path, *corpora: Path, options: tuple[str, ...] = (), code: int = 0) -> dict[str, Any]:
    """The outcome that the verb tells."""
    settings = [part for choice in RECIPE.split() for part in ("--set", choice)]
    command = [sys.executable, "-m", "textcnn", "retrain", "films", *map(str, corpora), *settings]
    done = subprocess.run(
        [*command, "--init", "scratch", "--json", "--data-dir", str(data), *options],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    if code == 2:
        return {"error": done.stderr}
    outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return outcome


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, write_corpus: Callable[..., Path]) -> Path:
    """A data directory in which the first version of `films` is live."""
    directory = tmp_path_factory.mktemp("loop")
    outcome = retrain(directory / "data", write_corpus(directory / "first.csv", 1))
    assert outcome["state"] == "done"
    assert outcome["live"]
    assert outcome["baselines"]["model"] > outcome["baselines"]["constant"]["value"]
    assert outcome["baselines"]["linear"]["value"] > 0.9
    assert outcome["warnings"] == []
    return directory / "data"


@pytest.mark.slow
def test_a_corpus_with_flipped_labels_is_trained_and_rejected_and_the_live_version_goes_on(
    data: Path, tmp_path: Path, write_corpus: Callable[..., Path]
) -> None:
    live = Repository(data).live_name("films")
    outcome = retrain(data, write_corpus(tmp_path / "flipped.csv", 2, flipped=0.3), code=1)
    assert outcome["state"] == "rejected"
    assert outcome["decision"]["reasons"]
    repository = Repository(data)
    assert repository.live_name("films") == live
    stored = repository.version("films", outcome["version"])
    assert stored.decision is not None
    assert stored.decision["old"] == live
    assert {part["part"] for part in stored.decision["parts"]} == {"kept", "new"}


@pytest.mark.slow
def test_more_rows_of_the_same_kind_go_live(
    data: Path, tmp_path: Path, write_corpus: Callable[..., Path]
) -> None:
    before = Repository(data).live("films")
    outcome = retrain(data, write_corpus(tmp_path / "more.csv", 3))
    assert outcome["state"] == "done"
    after = Repository(data).live("films")
    assert before is not None
    assert after is not None
    assert after.version == outcome["version"] != before.version
    assert after.corpora[: len(before.corpora)] == before.corpora
    assert len(after.corpora) == len(before.corpora) + 1
    assert not list(Repository(data).root.glob("*/.*"))


@pytest.mark.slow
def test_a_text_under_two_labels_is_refused_with_its_lines_before_anything_is_trained(
    data: Path, tmp_path: Path
) -> None:
    corpus = tmp_path / "two.csv"
    corpus.write_text("text,label\n" + "a fine film,good\na fine film,bad\n" * 3)
    versions = Repository(data).versions("films")
    outcome = retrain(data, corpus, code=1)
    assert outcome["state"] == "refused"
    found = [each for each in outcome["report"][0]["findings"] if each["severity"] == "error"]
    assert found[0]["lines"][0] == "two.csv:2"
    assert Repository(data).versions("films") == versions


@pytest.mark.slow
def test_a_few_such_rows_or_a_word_on_them_refuse_nothing(
    data: Path, tmp_path: Path, write_corpus: Callable[..., Path]
) -> None:
    corpus = write_corpus(tmp_path / "few.csv", 5)
    with corpus.open("a", encoding="utf-8") as file:
        file.write("of two minds,good\nof two minds,bad\n")
    outcome = retrain(data, corpus, options=("--promote", "never"))
    found = [each for each in outcome["report"][0]["findings"] if each["kind"] == "two-labels"]
    assert [(each["severity"], each["count"]) for each in found] == [("warning", 2)]
    with corpus.open("a", encoding="utf-8") as file:
        file.write("of three minds,good\nof three minds,bad\nof three minds,good\n" * 30)
    assert retrain(data, corpus, code=1)["state"] == "refused"
    outcome = retrain(data, corpus, options=("--promote", "never", "--contradictions", "majority"))
    found = [each for each in outcome["report"][0]["findings"] if each["kind"] == "two-labels"]
    assert [(each["severity"], each["count"]) for each in found] == [("warning", 32)]
    kept = Repository(data).home("films").path.glob("corpora/**/*.jsonl")
    texts = "".join(file.read_text(encoding="utf-8") for file in kept)
    assert "of three minds" in texts
    assert "of two minds" not in texts


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--contradictions", "newest"), "contradictions is 'newest'"),
        (("--promote", "perhaps"), "promote is 'perhaps'"),
        (("--set", "init=rand"), "'init' is not for the recipe"),
        (("--set", "no_such_key=1"), "no_such_key"),
    ],
)
def test_wrong_options_are_told_in_one_line(
    data: Path, tmp_path: Path, write_corpus: Callable[..., Path], options: tuple[str, ...], words: str
) -> None:
    corpus = write_corpus(tmp_path / "small.csv", 4, rows=60)
    error = retrain(data, corpus, options=options, code=2)["error"]
    assert words in error
    assert error.count("\n") == 1


def test_a_child_steps_back_and_has_no_more_memory_than_it_may() -> None:
    script = "import os; print(os.nice(0)); bytearray(10**9)"
    limits = limited_child.ChildLimits(nice=5, memory_bytes=300_000_000)
    done = subprocess.run(
        limited_child.command([sys.executable, "-c", script], limits),
        capture_output=True,
        text=True,
        check=False,
    )
    assert int(done.stdout) == os.nice(0) + 5
    assert "MemoryError" in done.stderr


def test_a_child_ends_with_whoever_started_it() -> None:
    sleeper = [sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(60)"]
    script = (
        "import subprocess, sys, time\nfrom textcnn.service.process import limited_child\n"
        f"command = limited_child.command({sleeper!r}, limited_child.ChildLimits())\n"
        "sleeper = subprocess.Popen(command, stdout=subprocess.PIPE)\n"
        "sleeper.stdout.readline()\nprint(sleeper.pid, flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        handle = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    ended, _, _ = select.select([handle], [], [], 30)
    os.close(handle)
    assert ended


@pytest.mark.slow
def test_a_file_is_read_like_the_corpus_of_the_live_version_and_refused_where_nothing_says_how(
    tmp_path: Path, write_corpus: Callable[..., Path]
) -> None:
    for number in (1, 2):
        with write_corpus(tmp_path / "corpus.csv", number).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        with (tmp_path / f"{number}.csv").open("w", newline="", encoding="utf-8") as file:
            pairs = [(rows[-1 - place]["text"], row["text"], row["label"]) for place, row in enumerate(rows)]
            csv.writer(file).writerows([("left", "right", "kind"), *pairs])
    refused = retrain(tmp_path / "data", tmp_path / "1.csv", code=2)
    assert "1.csv: " in refused["error"]
    assert "could each be the text; say which with --text-column" in refused["error"]
    first = retrain(tmp_path / "data", tmp_path / "1.csv", options=("--text-column", "right"))
    assert first["report"][0]["reading"].startswith("csv, ',', UTF-8, header; text: right; label: kind; ")
    second = retrain(tmp_path / "data", tmp_path / "2.csv", options=("--promote", "always"))
    assert second["report"][0]["columns"]["text"] == ["right"]
    live = Repository(tmp_path / "data").live("films")
    assert live is not None
    kept = live.directory().training()["corpus"]["columns"]
    assert kept == {"text": ["right"], "label": "kind", "header": True, "columns": 3}
