"""Archives from anybody: only the plain files of one model come out."""

from __future__ import annotations

import gzip
import io
import random
import shutil
import tarfile
import tracemalloc
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from textcnn.directory import ModelDirectory
from textcnn.errors import InputError, TooLargeError
from textcnn.service.versions.archive import pack, unpack

if TYPE_CHECKING:
    from pathlib import Path


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as made:
        for member, data in members:
            member.size = len(data)
            made.addfile(member, io.BytesIO(data))
    stream.seek(0)
    return stream


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def test_what_is_packed_comes_out_as_it_was(model_dir: Path, tmp_path: Path) -> None:
    stream = io.BytesIO()
    pack(ModelDirectory(model_dir), stream)
    again = io.BytesIO()
    pack(ModelDirectory(model_dir), again)
    assert stream.getvalue() == again.getvalue()
    stream.seek(0)
    unpack(stream, tmp_path)
    assert ModelDirectory(tmp_path).sha256() == ModelDirectory(model_dir).sha256()


def test_files_in_one_directory_come_out_too(tmp_path: Path) -> None:
    directory = tarfile.TarInfo("./model")
    directory.type = tarfile.DIRTYPE
    unpack(archive((directory, b""), (tarfile.TarInfo("./model/config.json"), b"{}")), tmp_path)
    assert (tmp_path / "config.json").read_bytes() == b"{}"


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../evil"),
        tarfile.TarInfo("/etc/evil"),
        tarfile.TarInfo("a/../../evil"),
        tarfile.TarInfo("a/b/c"),
        tarfile.TarInfo("..\\evil"),
        link("config.json", "/etc/passwd"),
        link("config.json", "/etc/passwd", tarfile.LNKTYPE),
        link("pipe", "", tarfile.FIFOTYPE),
        link("device", "", tarfile.CHRTYPE),
    ],
    ids=lambda member: f"{member.name}-{member.type!r}",
)
def test_whatever_leads_out_or_is_no_plain_file_is_refused(member: tarfile.TarInfo, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(InputError, match="archive"):
        unpack(archive((member, b"")), inside)
    assert list(tmp_path.rglob("*")) == [inside]


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_does(tmp_path: Path) -> None:
    bomb = archive((tarfile.TarInfo("model.safetensors"), bytes(5_000_000)))
    assert len(bomb.getvalue()) < 20_000
    with pytest.raises(TooLargeError, match="1,000,000"):
        unpack(bomb, tmp_path, largest=1_000_000)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 1_000_000


def test_an_archive_with_an_endless_header_is_refused(tmp_path: Path) -> None:
    member = tarfile.TarInfo("config.json")
    member.pax_headers = {"comment": "x" * 1_000_000}
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", format=tarfile.PAX_FORMAT) as made:
        made.addfile(member)
    stream.seek(0)
    with pytest.raises(InputError, match="archive"):
        unpack(stream, tmp_path)


@pytest.mark.parametrize("data", [b"", b"no archive", b"\x1f\x8b\x08\x00broken"])
def test_what_is_no_archive_is_said_to_be_none(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="archive"):
        unpack(io.BytesIO(data), tmp_path)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one name"):
        unpack(archive((tarfile.TarInfo("a"), b"1"), (tarfile.TarInfo("m/a"), b"2")), tmp_path)


@pytest.mark.parametrize("name", ["n" * 5_000, "n" * 256, "model/" + "字" * 86, "d" * 5_000 + "/config.json"])
def test_a_name_that_no_disk_takes_is_refused(name: str, tmp_path: Path) -> None:
    files = [(tarfile.TarInfo(name), b"1")]
    if name.endswith("config.json"):  # the directory's name is not written
        unpack(archive(*files), tmp_path)
        return
    with pytest.raises(InputError, match="100 letters"):
        unpack(archive(*files), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_more_files_than_a_model_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than 64"):
        unpack(archive(*((tarfile.TarInfo(f"f{number}"), b"") for number in range(200))), tmp_path)


@pytest.mark.parametrize(
    "name",
    ["x" * 5_000, "x" * 200, "model/" + "y" * 300, "a\nb", "caf\udce9", "a\tb", "m/\x1b[31m", "x" * 70_000],
)
def test_a_name_that_no_file_of_a_model_has_is_refused(name: str, tmp_path: Path) -> None:
    member = tarfile.TarInfo(name)
    stream = io.BytesIO()
    with tarfile.open(
        fileobj=stream, mode="w:gz", format=tarfile.GNU_FORMAT, errors="surrogateescape"
    ) as made:
        made.addfile(member)
    stream.seek(0)
    with pytest.raises(InputError, match="archive") as caught:
        unpack(stream, tmp_path)
    assert len(caught.value.message) < 300
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["README.md", "config.json", "manifest.json", "notes.txt"])
def test_a_file_larger_than_a_model_has_is_refused_before_it_is_written(name: str, tmp_path: Path) -> None:
    size = 70_000_000
    bomb = archive((tarfile.TarInfo(name), bytes(size)))
    with pytest.raises(TooLargeError, match="README"):
        unpack(bomb, tmp_path)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) == 0


def test_a_file_that_is_mostly_holes_is_refused(tmp_path: Path) -> None:
    """Its holes are in no archive, so what is unpacked is not what is counted."""
    holes = "GNU.sparse."
    member = tarfile.TarInfo("model.safetensors")
    member.pax_headers = {
        f"{holes}major": "1", f"{holes}minor": "0", f"{holes}name": "model.safetensors",
        f"{holes}realsize": "50000000",
    }  # fmt: skip
    data = b"1\n50000000\n0\n".ljust(512, b"\0")
    with pytest.raises(InputError, match="something else than plain files"):
        unpack(archive((member, data)), tmp_path, largest=1_000_000)
    assert list(tmp_path.iterdir()) == []


def test_unpacking_takes_no_memory_for_a_large_file(tmp_path: Path) -> None:
    bomb = archive((tarfile.TarInfo("model.safetensors"), bytes(60_000_000)))
    tracemalloc.start()
    unpack(bomb, tmp_path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10_000_000


def test_an_archive_that_was_altered_anywhere_is_refused_or_gives_plain_files(
    model_dir: Path, tmp_path: Path
) -> None:
    stream, chooser = io.BytesIO(), random.Random(0)
    pack(ModelDirectory(model_dir), stream)
    plain = gzip.decompress(stream.getvalue())
    for number in range(300):
        data = bytearray(plain)
        for _ in range(chooser.randint(1, 4)):
            block = 512 * chooser.randrange(len(data) // 512)  # heads are where harm is
            data[block + chooser.randrange(min(512, len(data) - block))] = chooser.randrange(256)
        into = tmp_path / str(number)
        into.mkdir()
        with suppress(InputError):
            unpack(io.BytesIO(gzip.compress(bytes(data), 1)), into)
        assert all(path.is_file() and not path.is_symlink() for path in into.iterdir())
        shutil.rmtree(into)
    assert list(tmp_path.iterdir()) == []
