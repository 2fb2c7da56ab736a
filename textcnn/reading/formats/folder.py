"""A folder for each label, with a text in each file: `DIR/<label>/*.txt`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textcnn.errors import CorpusError
from textcnn.reading.compression import COMPRESSIONS
from textcnn.reading.line_records import without_line_end
from textcnn.reading.numbered_lines import NumberedLines
from textcnn.reading.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.reading.layout import Layout


def read(path: Path, layout: Layout) -> Iterator[Record | CorpusError]:
    """The texts of the folder, each without its last line end, under the names of their folders.

    Raises:
        CorpusError: there are no label folders, or no .txt files in them.
    """
    endings = (".txt", *(f".txt{ending}" for ending in COMPRESSIONS.values()))
    folders = sorted(item for item in path.iterdir() if item.is_dir() and not item.name.startswith("."))
    expected = "expected a folder for each label that holds its texts as .txt files"
    if not folders:
        raise CorpusError(f"found no folders in it; {expected}", file=path)
    files = [file for folder in folders for file in sorted(folder.iterdir()) if file.name.endswith(endings)]
    if not files:
        raise CorpusError(f"found no .txt files in its {len(folders)} folders; {expected}", file=path)
    for file in files:
        try:
            with NumberedLines(file, layout.encoding) as lines:
                text = "".join(lines)
        except CorpusError as error:
            yield error
        else:
            yield Record(1, str(file), {"label": file.parent.name, "text": without_line_end(text)})
