"""A model directory: everything needed to use and to audit a model, in plain files without pickle.

config.json         what the model is (`ModelConfig`)
model.safetensors   the numbers
tokenizer.json      text to ids
metrics.json        figures on the untouched test part, computed with the engine on the saved directory
training.json       the settled recipe, seed, corpus fingerprint and counts, library versions, durations
README.md           the model card
report.html         learning curves, confusion matrix, reliability, per-label scores
tokens.json         how often each token was seen in training
manifest.json       SHA-256 of each of the files above
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from textcnn.config import ModelConfig
from textcnn.confusion import pairs_of_matrix
from textcnn.errors import ConfigError, ModelDirectoryError, ModelError, ModelNotFoundError
from textcnn.network.weights import Weights, check_weights, pack_weights, unpack_stored, unpack_weights
from textcnn.new_directory import MANIFEST as MANIFEST  # noqa: PLC0414  # others find it here
from textcnn.tokens.tokenizer import Tokenizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOKENIZERS_IN_USE: WeakValueDictionary[str, Tokenizer] = WeakValueDictionary()
"""By their files' texts. The library holds Python's lock for some 20 ms while it reads one: requests would
wait for that with each new version of a model, which mostly has the old one's tokenizer."""

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
METRICS = "metrics.json"
TRAINING = "training.json"
CARD = "README.md"
REPORT = "report.html"
TOKENS = "tokens.json"

_LONGEST_LINE = 200
"""Characters of a JSON value that is written on one line; the figures of a label are fewer."""

METRICS_FORMAT = 2
"""Of `metrics.json`. 1, which no file says: the confusion as a matrix of L x L. 2: as the pairs that occur;
baselines and warnings beside the figures."""

NEEDED = (MANIFEST, CONFIG, WEIGHTS, TOKENIZER)
"""Without these a model cannot be used; the others tell about it."""


@dataclass(frozen=True, slots=True)
class ModelDirectory:
    """A complete model directory.

    Raises:
        ModelNotFoundError: nothing lies at the path.
        ModelDirectoryError: files are missing; all of them are named.
    """

    path: Path

    def __post_init__(self) -> None:
        if not self.path.is_dir():
            at_path = "it is a file" if self.path.is_file() else "there is no such directory"
            raise ModelNotFoundError(f"{self.path} is not a model directory: {at_path}.")
        missing = [name for name in NEEDED if not (self.path / name).is_file()]
        if missing:
            raise ModelDirectoryError(
                f"lacks {', '.join(missing)}, which a model needs. Copy it again, or train it again.",
                directory=self.path,
            )

    def config(self) -> ModelConfig:
        """The configuration.

        Raises:
            ModelDirectoryError: altered, not JSON, or with a key or value that this version cannot use.
        """
        try:
            return ModelConfig.from_dict(self._object(CONFIG))
        except ConfigError as error:
            raise ModelDirectoryError(error.message, directory=self.path, file=CONFIG) from error

    def weights(self) -> Weights:
        """The numbers, in float32, checked against the configuration.

        Raises:
            ModelDirectoryError: altered, truncated, or of another shape than the configuration says.
        """
        network = self.config().network
        try:
            weights = unpack_weights(self._checked(WEIGHTS))
            check_weights(weights, network)
        except ModelDirectoryError:
            raise
        except ModelError as error:
            raise ModelDirectoryError(error.message, directory=self.path, file=WEIGHTS) from error
        return weights

    def stored_weights(self) -> dict[str, NDArray[Any]]:
        """The numbers as the file has them, int8 matrices beside the scales of their rows; checked alike.

        Raises:
            ModelDirectoryError: altered, truncated, or of another shape than the configuration says.
        """
        self.weights()
        return unpack_stored(self._checked(WEIGHTS))

    def tokenizer(self) -> Tokenizer:
        """Text to ids; models in use that have the same tokenizer share it.

        Raises:
            ModelDirectoryError: altered, or not a tokenizer all of whose ids have a row of the embeddings.
        """
        rows = self.config().network.vocabulary_size
        try:
            tokenizer = _shared_tokenizer(self._text(TOKENIZER))
            tokenizer.require_rows(rows)
        except ModelDirectoryError:
            raise
        except ModelError as error:
            raise ModelDirectoryError(error.message, directory=self.path, file=TOKENIZER) from error
        return tokenizer

    def metrics(self) -> dict[str, Any]:
        """Figures on the test part; empty where there was none.

        Raises:
            ModelDirectoryError: altered, or no JSON object.
        """
        try:
            return _upgraded(self._optional(METRICS))
        except ValueError as error:
            raise self._unreadable(METRICS, f"cannot be used: {error}") from error

    def training(self) -> dict[str, Any]:
        """How the model came to be; empty where nobody wrote it down.

        Raises:
            ModelDirectoryError: altered, or no JSON object.
        """
        return self._optional(TRAINING)

    def history(self) -> list[dict[str, Any]]:
        """The figures of each epoch of the training; empty where nobody wrote them down.

        Raises:
            ModelDirectoryError: altered, or no list of objects.
        """
        history = self.training().get("history", [])
        if not (isinstance(history, list) and all(isinstance(epoch, dict) for epoch in history)):
            raise ModelDirectoryError(
                "its 'history' is no list of objects, one for each epoch.", directory=self.path, file=TRAINING
            )
        return history

    def token_counts(self) -> NDArray[np.int64] | None:
        """How often each token (V) was seen in training; None for models that were saved without it.

        Raises:
            ModelDirectoryError: altered, or not one count for each token.
        """
        counts = self._optional(TOKENS).get("counts")
        if counts is None:
            return None
        size = self.config().network.vocabulary_size
        try:
            array = np.array(counts)
        except (ValueError, OverflowError):  # lists in a list
            array = np.empty(0)
        if array.shape != (size,) or array.dtype.kind != "i":
            raise ModelDirectoryError(
                f"has no list of {size} counts, one for each token.", directory=self.path, file=TOKENS
            )
        return array.astype(np.int64)

    def card(self) -> str:
        """The model card, in Markdown."""
        path = self.path / CARD
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    def sha256(self) -> str:
        """The manifest's SHA-256, in hex digits: it stands for all contents.

        Raises:
            ModelDirectoryError: the manifest is gone.
        """
        return hashlib.sha256(self._bytes(MANIFEST)).hexdigest()

    def version(self) -> str:
        """A name for exactly these contents: the first 12 digits of their SHA-256."""
        return self.sha256()[:12]

    def verify(self) -> tuple[str, ...]:
        """Compare every file with the manifest; the names of all files that belong to the model.

        Raises:
            ModelDirectoryError: a file is missing or altered, or the manifest names what is no plain file.
        """
        names = (*sorted(self._manifest()), MANIFEST)
        for name in names[:-1]:
            if Path(name).name != name or not (self.path / name).is_file() or (self.path / name).is_symlink():
                raise ModelDirectoryError(
                    "names a file that is not there. Copy the model directory again, or train it again.",
                    directory=self.path,
                    file=MANIFEST,
                )
            self._compare(name, self._digest(name))
        for name in NEEDED:
            if name not in names:
                raise ModelDirectoryError(f"does not tell of {name}.", directory=self.path, file=MANIFEST)
        return names

    def _digest(self, name: str) -> str:
        """The SHA-256 of a file, which need not fit in memory."""
        try:
            with (self.path / name).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise self._unreadable(name, f"cannot be read ({error.strerror})") from error

    def size(self) -> int:
        """Bytes on disk, all files together."""
        return sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())

    def _optional(self, name: str) -> dict[str, Any]:
        return self._object(name) if (self.path / name).is_file() else {}

    def _object(self, name: str) -> dict[str, Any]:
        """The JSON object in a file that the manifest tells."""
        return self._read_object(name, self._checked(name))

    def _read_object(self, name: str, data: bytes) -> dict[str, Any]:
        try:
            values = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise self._unreadable(name, "is no JSON, or nested too deeply") from error
        if not isinstance(values, dict):
            raise self._unreadable(name, "holds no JSON object")
        return values

    def _text(self, name: str) -> str:
        """The text in a file that the manifest tells."""
        return self._decoded(name, self._checked(name))

    def _decoded(self, name: str, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise self._unreadable(name, "is no text in UTF-8") from error

    def _checked(self, name: str) -> bytes:
        """The bytes of a file, which must be those that the manifest tells."""
        data = self._bytes(name)
        self._compare(name, hashlib.sha256(data).hexdigest())
        return data

    def _compare(self, name: str, digest: str) -> None:
        if digest != self._manifest().get(name):
            raise self._unreadable(
                name, "is not the file that was saved (its SHA-256 differs): truncated or altered"
            )

    def _bytes(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise self._unreadable(name, f"cannot be read ({error.strerror})") from error

    def _manifest(self) -> dict[str, Any]:
        """The SHA-256 of each file, by name."""
        files = self._read_object(MANIFEST, self._bytes(MANIFEST)).get("files")
        if not isinstance(files, dict):
            raise self._unreadable(MANIFEST, "is damaged")
        return files

    def _unreadable(self, name: str, what: str) -> ModelDirectoryError:
        return ModelDirectoryError(
            f"{what}. Copy the model directory again, or train it again.", directory=self.path, file=name
        )


def _upgraded(metrics: dict[str, Any]) -> dict[str, Any]:
    """The content of a `metrics.json`, as this release writes it.

    Raises:
        ValueError: it is of a later format, or its confusion is no matrix; the sentence says so.
    """
    version = metrics.get("format_version", 1)
    if type(version) is not int or version > METRICS_FORMAT:
        raise ValueError(f"its format_version is none up to {METRICS_FORMAT}, which this release reads")
    if "matrix" not in (metrics.get("confusion") or {}):
        return metrics
    try:
        return {**metrics, "confusion": pairs_of_matrix(metrics["confusion"])}
    except (ValueError, TypeError, OverflowError, AttributeError) as error:
        raise ValueError("its confusion is no square of counts, one for each pair of labels") from error


def _shared_tokenizer(specification: str) -> Tokenizer:
    """The tokenizer of a file's text: one that is in use already, where it has the same."""
    tokenizer = _TOKENIZERS_IN_USE.get(specification)
    if tokenizer is None:
        tokenizer = _TOKENIZERS_IN_USE[specification] = Tokenizer(specification)
    return tokenizer


def write_model(path: Path, config: ModelConfig, weights: Weights, tokenizer: Tokenizer) -> None:
    """Write what is needed to use a model into the existing directory `path`."""
    check_weights(weights, config.network)
    write_json(path / CONFIG, config.to_dict())
    (path / WEIGHTS).write_bytes(pack_weights(weights, config.embedding_storage))
    (path / TOKENIZER).write_text(tokenizer.to_json(), encoding="utf-8")
    write_manifest(path)


def write_token_counts(path: Path, counts: NDArray[np.int64]) -> None:
    """Write how often each token (V) was seen in training; `write_manifest` is called afterwards."""
    (path / TOKENS).write_text(json.dumps({"counts": counts.tolist()}) + "\n", encoding="utf-8")


def write_manifest(path: Path) -> None:
    """Write the SHA-256 of every file of a model directory; called again whenever a file is added."""
    files = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(path.iterdir())
        if file.is_file() and file.name != MANIFEST
    }
    write_json(path / MANIFEST, {"files": files})


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Readable JSON: two blanks of indent, text as it is; what is short or a list of numbers, on one line."""
    path.write_text(_readable(values, "\n") + "\n", encoding="utf-8")


def _readable(value: object, line_break: str) -> str:
    """The JSON of a value whose lines begin where `line_break` leads."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(line) <= _LONGEST_LINE or _is_of_numbers(value):
        return line
    inner = f"{line_break}  "
    if isinstance(value, list):
        return f"[{inner}{f',{inner}'.join(_readable(each, inner) for each in value)}{line_break}]"
    members = (
        f"{json.dumps(str(key), ensure_ascii=False)}: {_readable(each, inner)}" for key, each in value.items()
    )
    return f"{{{inner}{f',{inner}'.join(members)}{line_break}}}"


def _is_of_numbers(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, int | float) for each in value)
