from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from textcnn.cli import build_app
from textcnn.errors import ConfigError
from textcnn.service.http.access import KeyScope
from textcnn.service.http.keys import Key, Keyring, new_key, read_keys
from textcnn.service.service_errors import KeyMissingError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_line_says_what_the_key_is_for_and_not_the_key() -> None:
    secret, key = new_key("ci", [KeyScope.ADMIN, KeyScope.CLASSIFY])
    assert Key.parse(key.line(), "here") == key
    assert secret not in key.line()
    assert key.line().startswith("ci:admin+classify:")


def test_keys_are_long_and_never_the_same() -> None:
    secrets = {new_key("ci", [KeyScope.CLASSIFY])[0] for _ in range(50)}
    assert len(secrets) == 50
    assert all(len(secret) > 43 for secret in secrets)


@pytest.mark.parametrize(
    "line", ["", "ci", "ci:classify", "ci:classify:abc", f"ci:root:{'0' * 64}", f"c i:classify:{'0' * 64}"]
)
def test_what_is_no_key_is_told_with_its_place_and_not_repeated(line: str, tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    file.write_text(f"# ours\n\n{line or 'x'}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"keys\.txt:3") as caught:
        read_keys(file, ())
    assert not line or line not in caught.value.message


def test_a_key_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        Keyring(tmp_path / "nowhere")


def test_several_keys_are_valid_at_once_and_one_is_withdrawn_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    (old, old_key), (new, new_one) = (new_key(name, [KeyScope.CLASSIFY]) for name in ("old", "new"))
    file.write_text(f"{old_key.line()}\n{new_one.line()}\n", encoding="utf-8")
    ring = Keyring(file)
    assert ring.find(f"Bearer {old}".encode()).name == "old"
    assert ring.find(f"bearer {new}".encode()).name == "new"
    rewrite(file, f"{new_one.line()}\n")
    ring.refresh()
    assert ring.find(f"Bearer {new}".encode()).name == "new"
    with pytest.raises(KeyMissingError):
        ring.find(f"Bearer {old}".encode())


def test_a_damaged_file_leaves_the_keys_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    secret, key = new_key("ci", [KeyScope.CLASSIFY])
    file.write_text(key.line(), encoding="utf-8")
    ring = Keyring(file)
    rewrite(file, "half a li")
    with pytest.raises(ConfigError):
        ring.refresh()
    assert ring.find(f"Bearer {secret}".encode()).name == "ci"


def test_a_file_without_any_key_lets_nobody_in(tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    file.write_text("# none yet\n", encoding="utf-8")
    with pytest.raises(KeyMissingError):
        Keyring(file).find(None)


def test_the_command_prints_the_key_apart_from_the_line_that_knows_it() -> None:
    result = CliRunner().invoke(build_app(), ["keys", "new", "ci", "--scope", "admin"])
    assert result.exit_code == 0
    key = Key.parse(result.stdout, "standard output")
    secret = result.stderr.split()[-1]
    assert (key.name, set(key.scopes)) == ("ci", {KeyScope.ADMIN})
    assert Keyring(None, [key.line()]).find(f"Bearer {secret}".encode()) == key


@pytest.mark.parametrize("arguments", [["ci", "--scope", "root"], ["two words"]])
def test_the_command_refuses_what_cannot_be_a_key(arguments: list[str]) -> None:
    result = CliRunner().invoke(build_app(), ["keys", "new", *arguments])
    assert isinstance(result.exception, ConfigError)
    assert not result.stdout


def rewrite(file: Path, text: str) -> None:
    """Write a file, with a time of change that differs even on a coarse clock."""
    before = file.stat().st_mtime_ns
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(before + 10**9, before + 10**9))
