"""A folder for each label, with a text in each file: `DIR/<label>/*.txt`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textcnn.errors import CorpusError
from textcnn.reading.compression import endings_of
from textcnn.reading.data_files import data_files, data_folders, left_out
from textcnn.reading.line_records import without_line_end
from textcnn.reading.numbered_lines import NumberedLines
from textcnn.reading.record import EndOfFile, Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.reading.account import Item
    from textcnn.reading.layout import Layout

_ENDING: Final = ".txt"
OTHER_ENDINGS: Final = "files that are no .txt"
BESIDE: Final = "files beside the labels' folders"
WITHIN: Final = "folders within a label's"
BARE: Final = "folders without a text"


def read(path: Path, layout: Layout) -> Iterator[Item]:
    """The texts of the folder, each without its last line end, under the names of their folders.

    Whatever else stands there is left out, a file at a time.

    Raises:
        CorpusError: there are no label folders, or no .txt files in them.
    """
    expected = "expected a folder for each label that holds its texts as .txt files"
    folders = data_folders(path)
    if not folders:
        raise CorpusError(f"found no folders in it; {expected}", file=path)
    texts = {folder: [file for file in data_files(folder) if _is_text(file)] for folder in folders}
    if not any(texts.values()):
        raise CorpusError(f"found no .txt files in its {len(folders)} folders; {expected}", file=path)
    yield from left_out(sorted({*path.iterdir()}.difference(folders)), BESIDE)
    for folder, files in texts.items():
        others = sorted({*folder.iterdir()}.difference(files))
        yield from left_out((other for other in others if not other.is_dir()), OTHER_ENDINGS)
        yield from left_out((other for other in others if other.is_dir()), WITHIN)
        yield from left_out([] if files or others else [folder], BARE)
        for file in files:
            yield _text(file, layout)
    yield EndOfFile(str(path), _entries(path, folders))


def _is_text(path: Path) -> bool:
    return endings_of(path.name)[0] == _ENDING


def _text(file: Path, layout: Layout) -> Record | CorpusError:
    try:
        with NumberedLines(file, layout.encoding) as lines:
            text = "".join(lines)
    except CorpusError as error:
        return error
    line, problem = next(iter(lines.problems.items()), (1, None))
    return Record(line, str(file), {"label": file.parent.name, "text": without_line_end(text)}, error=problem)


def _entries(path: Path, folders: list[Path]) -> int:
    """How many files and folders there are to account for: a label's folder by what is in it."""
    within = [len([*folder.iterdir()]) or 1 for folder in folders]
    return len([*path.iterdir()]) - len(folders) + sum(within)
