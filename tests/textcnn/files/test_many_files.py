"""Many files into a directory, without a cluster: the same promises, and those that need no node."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from textcnn.cli import build_app
from textcnn.directory import ModelDirectory
from textcnn.errors import CorpusError, InputError, TextCNNError
from textcnn.files import many_files
from textcnn.files.file_options import FileOptions
from textcnn.files.many_files import FilesRun, label_files, label_one
from textcnn.files.one_file import label_file
from textcnn.reading.account import Account

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ("a", "good", "bad", "warm", "film", "weather", "report", "你好")


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
    """A file as it is labelled by itself."""
    target = file.parent.parent / f"alone-{file.name}"
    label_file(str(model), file, target, workers=1, replace=True)
    return target.read_bytes()


@pytest.mark.parametrize("source", ["in", "in/*.csv"])
def test_each_file_of_a_directory_or_a_glob_comes_out_as_it_would_alone(
    model_dir: Path, tmp_path: Path, source: str
) -> None:
    made, out = write_files(tmp_path / "in", 3, 50), tmp_path / "out"
    files = ("--input", str(tmp_path / source), "--output", str(out))
    result = CliRunner().invoke(build_app(), ["classify", str(model_dir), *files])
    assert result.exit_code == 0, result.output
    assert "3 files, 150 rows, " in result.stderr
    assert {file.name for file in out.iterdir()} == {"0.csv", "1.csv", "2.csv"}
    for file in made.iterdir():
        assert (out / file.name).read_bytes() == alone(model_dir, file)
    assert not (tmp_path / "out.partial").exists()


def test_files_that_fail_are_named_and_resume_does_only_what_is_missing(
    model_dir: Path, tmp_path: Path
) -> None:
    source, out = write_files(tmp_path / "in", 2, 20), tmp_path / "out"
    (source / "clash.csv").write_text("label,text\nx,a good film\n", encoding="utf-8")
    with pytest.raises(TextCNNError, match=r"1 of 3 files could not be labelled.*clash\.csv"):
        label_files(str(model_dir), source, out, workers=1)
    made = {file.name: file.stat().st_ino for file in out.iterdir()}
    assert made.keys() == {"0.csv", "1.csv"}
    with pytest.raises(InputError, match="--resume"):
        label_files(str(model_dir), source, out, workers=1, replace=True)
    (source / "clash.csv").write_text("id,text\nx,a good film\n", encoding="utf-8")
    report = label_files(str(model_dir), source, out, workers=1, resume=True)
    assert (report.files, report.rows, report.errors) == (3, 41, 0)
    assert {name: (out / name).stat().st_ino for name in made} == made
    with pytest.raises(InputError, match="--replace"):
        label_files(str(model_dir), source, out, workers=1)


def test_strict_stops_at_the_first_row_that_cannot_be_labelled(model_dir: Path, tmp_path: Path) -> None:
    source, out = write_files(tmp_path / "in", 1, 3), tmp_path / "out"
    with (source / "0.csv").open("a", encoding="utf-8") as file:
        file.write("one field too many,a good film,x\n")
    with pytest.raises(CorpusError, match=r"0\.csv: line 5"):
        label_files(str(model_dir), source, out, FileOptions(strict=True), workers=1)
    assert not out.exists()
    report = label_files(str(model_dir), source, tmp_path / "out2", workers=1)
    assert (report.rows, report.errors) == (4, 1)


def test_two_workers_at_the_same_file_make_it_whole(model_dir: Path, tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", 1, 20_000)
    run = a_run(model_dir, tmp_path / "out.partial")
    row = {"source": str(source / "0.csv"), "target": str(tmp_path / "out" / "0.csv")}
    with ThreadPoolExecutor(2) as pool:
        reports = [*pool.map(lambda _: label_one(run, row), range(2))]
    assert [report["rows"] for report in reports] == [20_000, 20_000]
    assert (tmp_path / "out" / "0.csv").read_bytes() == alone(model_dir, source / "0.csv")
    assert not [*run.attempts.iterdir()]


def test_a_node_with_another_model_at_the_path_is_told(model_dir: Path, tmp_path: Path) -> None:
    source = write_files(tmp_path / "in", 1, 3)
    run = a_run(model_dir, tmp_path / "out.partial", version="0123456789ab")
    row = {"source": str(source / "0.csv"), "target": str(tmp_path / "out" / "0.csv")}
    report = label_one(run, row)
    assert report["wrong_model"]
    assert "0123456789ab where the run began" in report["failure"]
    assert not (tmp_path / "out").exists()


def a_run(model: Path, directory: Path, version: str | None = None) -> FilesRun:
    version = version or ModelDirectory(model).version()
    run = FilesRun(str(model), version, None, FileOptions(), 1 << 30, str(directory))
    run.attempts.mkdir(parents=True)
    run.done.mkdir()
    return run


def test_files_keep_their_names_and_folders(tmp_path: Path) -> None:
    for name in ("in/a.csv", "in/2026/b.jsonl", "in/.hidden/c.csv", "in/.d.csv", "in/out/e.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text\n", encoding="utf-8")

    def named(source: str, target: str, **options: Any) -> dict[str, str]:  # noqa: ANN401  # of FileOptions
        pairs = many_files._pairs(tmp_path / source, tmp_path / target, FileOptions(**options), Account())
        return {str(file.relative_to(tmp_path)): str(out.relative_to(tmp_path)) for file, out in pairs}

    both = {"in/a.csv": "in/out/a.csv", "in/2026/b.jsonl": "in/out/2026/b.jsonl"}
    assert named("in", "in/out") == both
    assert named("in/**/*.jsonl", "x") == {"in/2026/b.jsonl": "x/2026/b.jsonl"}
    assert named("in/*.csv", "x", output_format="parquet") == {"in/a.csv": "x/a.csv.parquet"}
    assert named("in/a.csv", "x", output_format="csv") == {"in/a.csv": "x/a.csv"}
    for source, target in (("none", "x"), ("in/*.txt", "x"), ("in", "in"), ("in/*.csv", "in")):
        with pytest.raises(InputError):
            named(source, target)


def write_spark(directory: Path) -> Path:
    """A table as Spark writes it: parts, one of them empty and one with the names alone, and its markers."""
    made = write_files(directory, 2, 5)
    for name, content in {"2.csv": "id,text\n", "3.csv": ""}.items():
        (made / name).write_text(content, encoding="utf-8")
    for name in ("_SUCCESS", "._SUCCESS.crc", ".0.csv.crc", "_temporary/0/part-0", "_delta_log/0.json"):
        (made / name).parent.mkdir(exist_ok=True, parents=True)
        (made / name).write_text("x", encoding="utf-8")
    return made


def test_a_directory_of_spark_is_labelled_and_its_markers_are_named(model_dir: Path, tmp_path: Path) -> None:
    source, out = write_spark(tmp_path / "in"), tmp_path / "out"
    files = ("--input", str(source), "--output", str(out))
    result = CliRunner().invoke(build_app(), ["classify", str(model_dir), *files])
    assert result.exit_code == 0, result.output
    assert "2 files, 10 rows, " in result.stderr
    assert f"left out, marker files: 3 ({source / '_SUCCESS'}, " in result.stderr
    assert "left out, hidden files: 2 (" in result.stderr
    assert "left out, files without rows: 2 (" in result.stderr
    assert {file.name for file in out.iterdir()} == {"0.csv", "1.csv"}
    report = label_files(str(model_dir), source, tmp_path / "out2", workers=1)
    assert report.left_out == {"marker files": 3, "hidden files": 2, "files without rows": 2}


def test_lines_that_are_left_out_are_counted_over_all_files_and_after_a_resume(
    model_dir: Path, tmp_path: Path
) -> None:
    source, out = write_files(tmp_path / "in", 2, 3), tmp_path / "out"
    for number in range(2):
        with (source / f"{number}.csv").open("a", encoding="utf-8") as file:
            file.write("\n,\nx,y\n")
    (source / "clash.csv").write_text("label,text\nx,a good film\n", encoding="utf-8")
    with pytest.raises(TextCNNError, match=r"clash\.csv"):
        label_files(str(model_dir), source, out, workers=1)
    (source / "clash.csv").unlink()
    report = label_files(str(model_dir), source, out, workers=1, resume=True)
    assert report.left_out == {"blank lines": 2, "rows without any value": 2}
    assert (report.rows, report.account.read) == (8, 12)
