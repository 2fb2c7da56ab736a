"""A directory that appears whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textcnn.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


MANIFEST: Final = "manifest.json"
"""The file that a directory is known by as a model's. Here, since `textcnn.directory` imports NumPy."""


@contextmanager
def new_directory(
    path: Path, *, replace: bool = False, mark: str = MANIFEST, noun: str = "model"
) -> Iterator[Path]:
    """A temporary sibling to write into, which gets the name `path` when the block ends well.

    A reader sees all of the directory or nothing. When the block fails, nothing is left behind. What may be
    replaced is a directory with the file `mark`, called a `noun`.

    Raises:
        InputError: something lies at `path` already and `replace` is not said.
    """
    require_free(path, replace=replace, mark=mark, noun=noun)
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    temporary.chmod(0o755)  # mkdtemp's are for their owner alone
    try:
        yield temporary
        require_free(path, replace=replace, mark=mark, noun=noun)  # somebody may have written it meanwhile
        _put_in_place(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def require_free(path: Path, *, replace: bool = False, mark: str = MANIFEST, noun: str = "model") -> None:
    """Make sure that a new model, or another `noun` known by its file `mark`, may be written at `path`.

    Raises:
        InputError: something is there already, and it is none of these or `replace` is not said.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not (path / mark).is_file():
        raise InputError(f"{path} exists and is no {noun} directory. Name another one.", field="out")
    if not replace:
        raise InputError(f"{path} holds a {noun}. Name another directory, or say --replace.", field="out")


def _put_in_place(new: Path, path: Path) -> None:
    """Give a directory its name; what had the name goes only when the new one is in place."""
    if not path.exists():
        new.rename(path)
        return
    retired = new.with_name(f"{new.name}.old")
    path.rename(retired)
    try:
        new.rename(path)
    except BaseException:
        retired.rename(path)
        raise
    shutil.rmtree(retired, ignore_errors=True)
