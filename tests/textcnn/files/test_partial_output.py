"""Runs that are killed, and parts that are damaged: the bytes of an uninterrupted run, or a sentence."""

from __future__ import annotations

import csv
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.proof import count, proof
from textcnn.errors import InputError, TextCNNError
from textcnn.files import chunks
from textcnn.files.file_options import FileOptions
from textcnn.files.many_files import label_files
from textcnn.files.one_file import label_file
from textcnn.files.partial_output import FORMAT, PartialOutput
from textcnn.reading.layout import Layout

KEYS = {
    2: (
        "chunk_rows fingerprint format input model option evidence option layout option output_format "
        "option prefix option safe_cells option scores option strict unknown_below",
        "delimiter encoding format header label_column label_separator text_columns",
    ),
    3: (
        "chunk_rows fingerprint format input model option evidence option layout option output_format "
        "option prefix option safe_cells option scores option strict unknown_below",
        "delimiter encoding format header label_column label_columns label_separator quoting sheet "
        "skip_unlabelled text_columns",
    ),
}
"""Those of a run and of its layout, by the version of the format: a line once it is released, for ever."""
KILLS = count(few=3, full=100)
ROWS = 1_000
SLOW_RUN = """
import sys, time
from textcnn.files import chunks, one_file
chunks.CHUNK_ROWS = 50
one_file.label_file(sys.argv[1], sys.argv[2], sys.argv[3], workers=int(sys.argv[4]), resume=True,
                    progress=lambda *_: time.sleep(0.02))
"""


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty chunks of fifty rows."""
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 50)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A file of a thousand rows."""
    path = tmp_path / "in.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows([f"{number:04}", f"a good film {number % 7}"] for number in range(ROWS))
    return path


@pytest.fixture
def whole(model_dir: Path, given: Path) -> bytes:
    """The output of a run without an interruption."""
    target = given.with_name("whole.csv")
    label_file(str(model_dir), given, target, workers=1)
    return target.read_bytes()


def interrupt(model: Path, given: Path, target: Path, after: int, options: FileOptions | None = None) -> Path:
    """A run that ends after so many rows; the directory of its parts."""

    def stop(rows: int, *_: object) -> None:
        if rows > after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        label_file(str(model), given, target, options, workers=1, progress=stop)
    return target.with_name(f"{target.name}.partial")


def parts_of(partial: Path) -> list[Path]:
    return sorted(partial.glob("part-????????"))


def empty(partial: Path, chooser: random.Random) -> None:
    chooser.choice(parts_of(partial)).write_bytes(b"")


def flip_a_bit(partial: Path, chooser: random.Random) -> None:
    file = chooser.choice([path for path in sorted(partial.iterdir()) if path.stat().st_size])
    data = bytearray(file.read_bytes())
    data[chooser.randrange(len(data))] ^= 1 << chooser.randrange(8)
    file.write_bytes(data)


def cut_short(partial: Path, chooser: random.Random) -> None:
    part = chooser.choice(parts_of(partial))
    part.write_bytes(part.read_bytes()[: chooser.randrange(part.stat().st_size)])


def lose(partial: Path, chooser: random.Random) -> None:
    chooser.choice([path for path in sorted(partial.iterdir()) if path.name != "lock"]).unlink()


def add_a_stray_part(partial: Path, chooser: random.Random) -> None:
    """Beyond the end, and in the place of one that is not done yet."""
    copied = chooser.choice(parts_of(partial)).name[-8:]
    for file in list(partial.glob(f"*{copied}*")):
        for number in (12, 20, 21):
            shutil.copy(file, partial / file.name.replace(copied, f"{number:08}"))


def swap(partial: Path, chooser: random.Random) -> None:
    first, second = chooser.sample(parts_of(partial), 2)
    for one in partial.glob(f"*{first.name[-8:]}*"):
        other = partial / one.name.replace(first.name[-8:], second.name[-8:])
        kept = one.read_bytes()
        shutil.copy(other, one)
        other.write_bytes(kept)


HARM = (empty, flip_a_bit, cut_short, lose, add_a_stray_part, swap)
DAMAGES = -(-count(few=20, full=100) // len(HARM))
"""Of each kind."""
Harm = Callable[[Path, random.Random], None]


@proof("a damaged partial run ends in the same bytes, or in a sentence", DAMAGES)
@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_partial_run_ends_in_the_same_bytes_or_in_a_sentence(
    model_dir: Path, given: Path, whole: bytes, harm: Harm
) -> None:
    chooser = random.Random(harm.__name__)
    pristine = interrupt(model_dir, given, given.with_name("first.csv"), 500)
    target, partial = given.with_name("out.csv"), given.with_name("out.csv.partial")
    for _ in range(DAMAGES):
        shutil.copytree(pristine, partial)
        harm(partial, chooser)
        try:
            report = label_file(str(model_dir), given, target, workers=1, resume=True)
        except TextCNNError:
            assert not target.exists()
        else:
            assert target.read_bytes() == whole
            assert (report.rows, report.errors) == (ROWS, 0)
        shutil.rmtree(partial, ignore_errors=True)
        target.unlink(missing_ok=True)


def test_a_part_that_is_damaged_while_the_run_goes_on_is_told_and_then_done_again(
    model_dir: Path, given: Path, whole: bytes
) -> None:
    target = given.with_name("out.csv")
    partial = given.with_name("out.csv.partial")

    def empty_the_first(rows: int, *_: object) -> None:
        if rows == ROWS:
            (partial / "part-00000000").write_bytes(b"")

    with pytest.raises(TextCNNError, match=r"part 0 .* --resume"):
        label_file(str(model_dir), given, target, workers=1, progress=empty_the_first)
    assert not target.exists()
    label_file(str(model_dir), given, target, workers=1, resume=True)
    assert target.read_bytes() == whole


def test_false_counts_of_a_part_make_it_none(model_dir: Path, given: Path, whole: bytes) -> None:
    partial = interrupt(model_dir, given, given.with_name("out.csv"), 500)
    for listed in partial.glob("part-*.json"):
        values = json.loads(listed.read_bytes())
        listed.write_text(json.dumps({**values, "errors": values["errors"] + 7}), encoding="utf-8")
    report = label_file(str(model_dir), given, given.with_name("out.csv"), workers=1, resume=True)
    assert (report.rows, report.errors) == (ROWS, 0)
    assert given.with_name("out.csv").read_bytes() == whole


@pytest.mark.parametrize("manifest", [b"[]", b"5", b"{", b"", b"\xff"])
def test_a_manifest_that_is_none_is_a_sentence(model_dir: Path, given: Path, manifest: bytes) -> None:
    partial = interrupt(model_dir, given, given.with_name("out.csv"), 200)
    (partial / "manifest.json").write_bytes(manifest)
    with pytest.raises(InputError, match=r"manifest\.json is damaged"):
        label_file(str(model_dir), given, given.with_name("out.csv"), resume=True)


def test_parts_of_another_run_are_no_parts_of_this_one(model_dir: Path, given: Path, whole: bytes) -> None:
    other = interrupt(model_dir, given, given.with_name("other.csv"), 500, FileOptions(scores=True))
    partial = interrupt(model_dir, given, given.with_name("out.csv"), 200)
    for file in other.glob("part-*"):
        shutil.copy(file, partial)
    label_file(str(model_dir), given, given.with_name("out.csv"), workers=1, resume=True)
    assert given.with_name("out.csv").read_bytes() == whole


def test_a_run_of_before_files_were_accounted_for_goes_on(model_dir: Path, given: Path, whole: bytes) -> None:
    """Its parts may lack rows that a quote took, so they are made again."""
    partial = interrupt(model_dir, given, given.with_name("out.csv"), 500)
    manifest = json.loads((partial / "manifest.json").read_bytes()) | {"format": 2}
    del manifest["option layout"]["quoting"]
    (partial / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    others = FileOptions(layout=Layout(quoting="none"))
    with pytest.raises(InputError, match="option layout differ"):
        label_file(str(model_dir), given, given.with_name("out.csv"), others, workers=1, resume=True)
    label_file(str(model_dir), given, given.with_name("out.csv"), workers=1, resume=True)
    assert given.with_name("out.csv").read_bytes() == whole


def test_a_run_that_an_older_version_began_goes_on(model_dir: Path, given: Path, whole: bytes) -> None:
    """Its parts have no checksum, so nobody can tell that they are whole: they are made again."""
    partial = interrupt(model_dir, given, given.with_name("out.csv"), 500)
    manifest = json.loads((partial / "manifest.json").read_bytes())
    older = {key: value for key, value in manifest.items() if key != "option safe_cells"} | {"format": 1}
    (partial / "manifest.json").write_text(json.dumps(older), encoding="utf-8")
    for part in parts_of(partial):
        (partial / f"errors-{part.name[-8:]}").write_text("0", encoding="utf-8")
        part.with_suffix(".json").unlink(missing_ok=True)
    (partial / "part-00000003").write_bytes(b"")
    label_file(str(model_dir), given, given.with_name("out.csv"), workers=1, resume=True)
    assert given.with_name("out.csv").read_bytes() == whole


def test_a_run_whose_layout_had_fewer_parts_goes_on(model_dir: Path, given: Path, whole: bytes) -> None:
    partial = interrupt(model_dir, given, given.with_name("out.csv"), 500)
    manifest = json.loads((partial / "manifest.json").read_bytes())
    for part in ("label_columns", "sheet"):
        del manifest["option layout"][part]
    (partial / "manifest.json").write_text(json.dumps(manifest | {"format": 2}), encoding="utf-8")
    label_file(str(model_dir), given, given.with_name("out.csv"), workers=1, resume=True)
    assert given.with_name("out.csv").read_bytes() == whole


def test_a_new_key_of_a_run_has_a_new_version_of_its_format(model_dir: Path, given: Path) -> None:
    """Else an older version would blame the input, the model or the options."""
    partial = interrupt(model_dir, given, given.with_name("out.csv"), 500)
    manifest = json.loads((partial / "manifest.json").read_bytes())
    assert KEYS[FORMAT] == (" ".join(sorted(manifest)), " ".join(sorted(manifest["option layout"])))


def test_a_run_that_a_newer_version_began_is_left_to_it(model_dir: Path, given: Path) -> None:
    partial = interrupt(model_dir, given, given.with_name("out.csv"), 500)
    manifest = json.loads((partial / "manifest.json").read_bytes()) | {"format": 99, "option colour": "red"}
    (partial / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(InputError, match="another version of textcnn"):
        label_file(str(model_dir), given, given.with_name("out.csv"), resume=True)


def test_a_part_is_on_disk_before_it_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed_at_sync: list[list[str]] = []
    sync = os.fsync

    def watched(handle: int) -> None:
        listed_at_sync.append([path.name for path in partial.directory.glob("part-*.json")])
        sync(handle)

    partial = PartialOutput(tmp_path / "out.csv")
    with partial.claim({"input": "x"}, resume=False, replace=False):
        monkeypatch.setattr(os, "fsync", watched)
        partial.keep(0, b"rows", rows=1, errors=0)
    assert listed_at_sync == [[]]
    assert (partial.directory / "part-00000000.json").is_file()


def test_parts_of_other_rows_than_were_read_make_no_output(tmp_path: Path) -> None:
    def join(parts: Iterable[Path], whole: Path) -> None:
        whole.write_bytes(b"".join(part.read_bytes() for part in parts))

    partial = PartialOutput(tmp_path / "out.csv")
    with partial.claim({"input": "x"}, resume=False, replace=False):
        partial.keep(0, b"rows", rows=1, errors=0)
        with pytest.raises(TextCNNError, match="holds 1 rows of the 2 that were read"):
            partial.finish(1, 2, join)
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.slow
@proof("a file run killed at any moment ends in the bytes of one that was not", KILLS)
def test_kills_at_random_moments_end_in_the_same_bytes(model_dir: Path, given: Path, whole: bytes) -> None:
    chooser = random.Random(7)
    target = given.with_name("out.csv")
    kills = 0
    while kills < KILLS:
        command = [sys.executable, "-c", SLOW_RUN, str(model_dir), str(given), str(target)]
        with subprocess.Popen([*command, chooser.choice("12")], stderr=subprocess.PIPE) as run:
            try:
                run.wait(timeout=chooser.uniform(0.5, 3))
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
                kills += 1
            else:
                assert run.stderr is not None
                assert run.returncode == 0, run.stderr.read()
        if target.exists():
            assert target.read_bytes() == whole
            target.unlink()
        time.sleep(0.05)
    label_file(str(model_dir), given, target, workers=1, resume=True)
    assert target.read_bytes() == whole


def test_a_finished_file_that_was_damaged_is_labelled_again(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        (tmp_path / "in" / f"{name}.csv").write_text("text\na good film\nbad\n", encoding="utf-8")
    (tmp_path / "in" / "c.csv").write_text("label,text\na,b\n", encoding="utf-8")
    with pytest.raises(TextCNNError, match=r"c\.csv"):
        label_files(str(model_dir), tmp_path / "in", tmp_path / "out", workers=1)
    first = (tmp_path / "out" / "a.csv").read_bytes()
    (tmp_path / "out" / "a.csv").write_bytes(b"")
    for note in (tmp_path / "out.partial" / "done").iterdir():
        if json.loads(note.read_bytes())["account"]["rows"] == 2:
            note.write_bytes(b"")
            break
    (tmp_path / "in" / "c.csv").write_text("text\nbad\nbad\n", encoding="utf-8")
    report = label_files(str(model_dir), tmp_path / "in", tmp_path / "out", workers=1, resume=True)
    assert report.rows == 6
    assert (tmp_path / "out" / "a.csv").read_bytes() == first


def test_a_full_disk_is_a_sentence_and_what_is_done_is_kept(
    model_dir: Path, given: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, syncs = os.fsync, 0

    def full_after_ten(handle: int) -> None:
        nonlocal syncs
        syncs += 1
        if syncs > 10:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(handle)

    target = given.with_name("out.csv")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_after_ten)
        with pytest.raises(TextCNNError, match=r"No space left on device\. What is done is kept.*--resume"):
            label_file(str(model_dir), given, target, workers=1)
    assert not target.exists()
    assert list(given.with_name("out.csv.partial").glob("part-*.json"))
    label_file(str(model_dir), given, target, workers=1, resume=True)
    assert target.read_bytes() == whole
