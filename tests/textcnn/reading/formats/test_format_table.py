"""The table of formats, and the files of their names."""

from __future__ import annotations

from pathlib import Path

from textcnn.reading import formats
from textcnn.reading.format_table import FORMATS


def test_every_format_has_a_reader() -> None:
    for name, each in FORMATS.items():
        assert callable(each.module.read), name
        assert each.has_recogniser == hasattr(each.module, "recognises")
    folder = Path(formats.__file__).parent
    assert {file.stem for file in folder.glob("[!_]*.py")} == set(FORMATS)


def test_a_new_format_is_found_in_one_table() -> None:
    endings = [ending for each in FORMATS.values() for ending in each.endings]
    media_types = [kind for each in FORMATS.values() for kind in each.media_types]
    assert len(set(endings)) == len(endings)
    assert len(set(media_types)) == len(media_types)
    assert all(each.endings and each.media_types for each in FORMATS.values() if each.is_written)
