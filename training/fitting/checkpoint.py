"""Checkpoints, for a killed run to go on: written after every epoch, in plain files without pickle.

It lies in `OUT.partial/` beside the directory that the run will write, and goes when that is complete. One
run at a time may have it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from textcnn.errors import ConfigError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STATE = "state.safetensors"
REFIT = "refit.safetensors"
LOCK = "lock"
_TREE = "tree"


class Checkpoint:
    """The state of one training run on disk. `identity` tells which run: its recipe and its corpus.

    The second training of a run that refits has a file of its own, so that the first one stays as it ended.
    """

    def __init__(self, out: Path, identity: dict[str, Any], file: str = STATE) -> None:
        out = out.absolute()
        self.directory = out.with_name(f"{out.name}.partial")
        self._identity = json.loads(json.dumps(identity))
        self._out, self._file = out, file

    def for_refit(self) -> Checkpoint:
        """That of the second training of the same run."""
        return Checkpoint(self._out, self._identity, REFIT)

    def exists(self) -> bool:
        """Whether there is a state to go on from."""
        return (self.directory / self._file).exists()

    @contextmanager
    def claim(self, *, resume: bool) -> Iterator[None]:
        """Have the directory for one run, until the block ends; an empty one is not left behind.

        Raises:
            InputError: an interrupted run lies there and `resume` is not said, another run is writing
                there, or the directory cannot be made.
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock = (self.directory / LOCK).open("w")
        except OSError as error:
            raise InputError(
                f"{self.directory} cannot be written: {error.strerror}. Name another place with --out.",
                field="out",
            ) from error
        with lock:
            try:
                fcntl.flock(
                    lock, fcntl.LOCK_EX | fcntl.LOCK_NB
                )  # the system lets go of it when a run is killed
            except OSError as error:
                raise InputError(
                    f"Another training writes to {self.directory} now. Wait for it, or name another --out.",
                    field="out",
                ) from error
            if not resume and self.exists():
                raise InputError(
                    f"{self.directory} holds an interrupted training. Say --resume to go on with it, "
                    "or remove the directory.",
                    field="resume",
                )
            try:
                yield
            finally:
                if not self.exists():
                    self.remove()

    def save(self, state: dict[str, Any]) -> None:
        """Replace the state on disk, in one step. A state is nested dicts and lists with tensors in them."""
        tensors: dict[str, Tensor] = {}
        tree = json.dumps({"identity": self._identity, "state": _take_tensors(state, tensors)})
        temporary = self.directory / f"{self._file}.tmp"
        save_file(tensors, temporary, metadata={_TREE: tree})
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(self.directory / self._file)

    def load(self) -> dict[str, Any] | None:
        """The state on disk; None where there is none.

        Raises:
            ConfigError: the state is damaged, or of another recipe or corpus; the difference is named.
        """
        path = self.directory / self._file
        if not self.exists():
            return None
        try:
            with safe_open(path, framework="pt") as file:
                tree = json.loads(file.metadata()[_TREE])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no dict
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{path} is damaged: {error}. Remove it.") from error
        self._require_same(tree["identity"])
        state: dict[str, Any] = _give_tensors(tree["state"], tensors)
        return state

    def remove(self) -> None:
        """Forget the run."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def _require_same(self, saved: dict[str, Any]) -> None:
        keys = sorted(saved.keys() | self._identity.keys())
        other_keys = [key for key in keys if saved.get(key) != self._identity.get(key)]
        if other_keys:
            raise ConfigError(
                f"{self.directory} belongs to another run, which differs in {', '.join(other_keys)}. Resume "
                "with the same corpus and recipe, or remove the directory.",
                field=other_keys[0],
            )


def _take_tensors(value: Any, tensors: dict[str, Tensor]) -> Any:  # noqa: ANN401  # a tree of anything
    """The value as JSON: a tensor becomes its name, a dict its pairs, as its keys may be numbers."""
    if isinstance(value, Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().clone().contiguous()
        return {"tensor": name}
    if isinstance(value, dict):
        return {"pairs": [[key, _take_tensors(each, tensors)] for key, each in value.items()]}
    if isinstance(value, list | tuple):
        return [_take_tensors(each, tensors) for each in value]
    return value


def _give_tensors(value: Any, tensors: dict[str, Tensor]) -> Any:  # noqa: ANN401  # a tree of anything
    """The inverse of `_take_tensors`."""
    if isinstance(value, list):
        return [_give_tensors(each, tensors) for each in value]
    if isinstance(value, dict) and "tensor" in value:
        return tensors[value["tensor"]]
    if isinstance(value, dict):
        return {key: _give_tensors(each, tensors) for key, each in value["pairs"]}
    return value
