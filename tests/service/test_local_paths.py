"""Sentences for clients: no path of this machine, and everything else as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textcnn.service.local_paths import hide_paths

if TYPE_CHECKING:
    from pathlib import Path


def test_paths_of_this_machine_are_named_by_their_last_name_alone(tmp_path: Path) -> None:
    file = tmp_path / "labelled.csv"
    assert hide_paths(f"Another process is writing {file}. Wait for it.") == (
        "Another process is writing labelled.csv. Wait for it."
    )
    assert hide_paths(f'  File "{file}", line 3') == '  File "labelled.csv", line 3'
    assert str(tmp_path) not in hide_paths(f"{file}/config.json is not there; {tmp_path}: no such directory")


def test_routes_and_words_stay() -> None:
    for sentence in ("GET /v1/jobs lists those there are.", "and/or", "https://host/a/b", "1/2 /tmp"):
        assert hide_paths(sentence) == sentence
