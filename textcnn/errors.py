"""Every error that textcnn raises on purpose, as one tree.

TextCNNError
├── InputError             what the caller gave cannot be used
│   ├── CorpusError        a labelled file: names file and line
│   │   ├── NoRowsError      a file that holds none
│   │   └── UnlabelledError  a row that only misses its label
│   ├── TextError          one text to classify
│   ├── TooLargeError      a request body or a file over the limit
│   └── ConfigError        a recipe, setting or option: names the key
│       └── DivergenceError  a recipe that made training leave the numbers
├── ModelError             what should be a model cannot be used
│   ├── ModelNotFoundError
│   └── ModelDirectoryError  names the directory and the file in it
└── MissingExtraError      an optional part of the installation is needed

`service/service_errors.py` draws the branches that only the service has.

A message is one or two sentences: what was found, what was expected, what to do. It never repeats the
text that a user wanted classified, since messages end in logs.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_SLIP: Final = 40
"""Characters of a name that can be a slip of another one's."""
_ALIKE: Final = 0.7


class TextCNNError(Exception):
    """The root of the tree; catch it to catch everything that is not a bug."""

    code: ClassVar[str] = "error"
    """A slug for programs; it stays the same when the sentence is reworded."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        """The name of the argument, key or column that the error is about, where there is one."""


class InputError(TextCNNError):
    """The caller gave something that cannot be used."""

    code = "invalid_input"


class CorpusError(InputError):
    """A corpus cannot be read, or cannot be trained on honestly."""

    code = "invalid_corpus"

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        field: str | None = None,
        lines: int = 1,
    ) -> None:
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(where + message, field=field)
        self.file = file
        self.line = line
        self.lines = lines
        """How many physical lines the broken record covers."""


class NoRowsError(CorpusError):
    """A file holds no rows, and so nothing that is wrong either."""


class UnlabelledError(CorpusError):
    """A row has a text and no label; such rows can be left out on request."""


class TextError(InputError):
    """A text to be classified cannot be used."""

    code = "invalid_text"


class TooLargeError(InputError):
    """A request body, or a file once it is unpacked, is larger than is taken."""

    code = "too_large"


class ConfigError(InputError):
    """A recipe, a setting or an option has an unknown key or an impossible value."""

    code = "invalid_config"


class DivergenceError(ConfigError):
    """Training left the numbers: the loss became infinite or no number at all."""

    code = "diverged"


class ModelError(TextCNNError):
    """A model cannot be used."""

    code = "invalid_model"


class ModelNotFoundError(ModelError):
    """No model has this name, and no model directory lies at this path."""

    code = "model_not_found"


class ModelDirectoryError(ModelError):
    """A model directory is incomplete, altered or of a format that this version cannot read."""

    code = "invalid_model_directory"

    def __init__(self, message: str, *, directory: str | Path, file: str | None = None) -> None:
        where = f"{directory}/{file}" if file else f"{directory}"
        super().__init__(f"{where}: {message}")
        self.directory = directory
        self.file = file


class MissingExtraError(TextCNNError):
    """An optional part of the installation is needed for this."""

    code = "missing_extra"

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the extra '{extra}': {_installs(extra)}")
        self.extra = extra


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like another one, whatever its case and its dashes; None where none is like it."""
    plain = {_plain(each): each for each in known}
    found = get_close_matches(_plain(name), plain, 1, _ALIKE) if len(name) <= _LONGEST_SLIP else ()
    return plain[found[0]] if found else None


def _installs(extra: str) -> str:
    """The command that installs an extra: of an installed package by its name, of a checkout from there.

    pip takes the name of what is installed already for that, and adds what the extra lists.
    """
    checkout = Path(__file__).parents[1]
    if (checkout / "pyproject.toml").is_file():
        return f"pip install -c constraints.txt -e '.[{extra}]' in the checkout, for textcnn[{extra}]"
    return f"pip install 'textcnn[{extra}]'"


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").strip("_")
