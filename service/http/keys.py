"""API keys: 256 random bits each, of which the service keeps the SHA-256 alone.

A line of the key file, or of `TEXTCNN_KEYS`, is `name:scopes:hash`, as `ci:classify:9f86d0...`; scopes are
joined by `+`. Plain SHA-256 is enough: what has 256 random bits cannot be guessed, however fast the hash.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from textcnn.errors import ConfigError
from textcnn.service.http.access import KeyScope
from textcnn.service.service_errors import KeyMissingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

PREFIX: Final = "textcnn_"
"""Lets scanners for leaked secrets recognise ours."""
_RANDOM_BYTES: Final = 32
_NAME: Final = r"[A-Za-z0-9_.-]{1,64}"
_LINE = re.compile(rf"(?P<name>{_NAME}):(?P<scopes>[a-z+]+):(?P<hash>[0-9a-f]{{64}})")
_ALL = frozenset(KeyScope)


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the service stores it, without the secret itself."""

    name: str
    scopes: frozenset[KeyScope]
    digest: bytes

    @classmethod
    def parse(cls, line: str, where: str) -> Key:
        """Read the key of a line.

        Raises:
            ConfigError: it is not of the form `name:scopes:hash`; what it holds is not repeated.
        """
        match = _LINE.fullmatch(line.strip())
        scopes = match["scopes"].split("+") if match else []
        if match is None or not set(scopes) <= {scope.value for scope in KeyScope}:
            raise ConfigError(
                f"{where} is not NAME:SCOPES:SHA256 with the scopes {' or '.join(KeyScope)}, joined by +. "
                "`textcnn keys new` writes such lines.",
                field="keys",
            )
        return cls(match["name"], frozenset(map(KeyScope, scopes)), bytes.fromhex(match["hash"]))

    def line(self) -> str:
        """The line that `parse` reads."""
        return f"{self.name}:{'+'.join(sorted(self.scopes))}:{self.digest.hex()}"


OPEN: Final = Key("", _ALL, b"")
"""The key of every request to a service without keys."""


def new_key(name: str, scopes: Iterable[KeyScope]) -> tuple[str, Key]:
    """Make a secret, to be handed out and forgotten, and the key that the service stores for it.

    Raises:
        ConfigError: the name is not fit for a line.
    """
    if not re.fullmatch(_NAME, name):
        raise ConfigError(
            f"The name {name!r} cannot be used; up to 64 letters, digits and _ . - are expected.",
            field="name",
        )
    secret = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    return secret, Key(name, frozenset(scopes), _digest(secret.encode()))


def read_keys(file: Path | None, lines: Iterable[str]) -> tuple[Key, ...]:
    """The keys of a file, without its empty lines and `#` comments, and those of the environment.

    Raises:
        ConfigError: the file cannot be read, or a line is no key.
    """
    keys = [Key.parse(line, f"Line {number} of TEXTCNN_KEYS") for number, line in enumerate(lines, 1)]
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"The key file {file} cannot be read ({error}).", field="keys_file") from error
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.lstrip().startswith("#"):
                keys.append(Key.parse(line, f"{file}:{number}"))
    return tuple(keys)


class Keyring:
    """The keys that are valid; without any, everybody may ask everything.

    Raises:
        ConfigError: the file cannot be read, or a line is no key.
    """

    def __init__(self, file: Path | None = None, lines: Sequence[str] = ()) -> None:
        self._file, self._lines = file, lines
        self._changed = _time_of_change(file)
        self._keys = read_keys(file, lines)
        self._is_open = file is None and not lines

    @property
    def is_open(self) -> bool:
        """Whether no keys are needed. A key file that holds none lets nobody in."""
        return self._is_open

    def refresh(self) -> None:
        """Read the file again where it has changed, so that a key can be withdrawn at once.

        Raises:
            ConfigError: as the constructor; the keys of before stay valid.
        """
        changed = _time_of_change(self._file)
        if changed != self._changed:
            self._changed = changed
            self._keys = read_keys(self._file, self._lines)

    def find(self, authorization: bytes | None) -> Key:
        """The key of an `Authorization` header.

        Every key is compared, and each in constant time: how long it takes tells nothing about them.

        Raises:
            KeyMissingError: there is no such header, or its key is not known.
        """
        if self._is_open:
            return OPEN
        if authorization is None or authorization[:7].lower() != b"bearer ":
            raise KeyMissingError("This needs an API key: send it as `Authorization: Bearer KEY`.")
        digest = _digest(authorization[7:].strip())
        matching = None
        for key in self._keys:
            if compare_digest(key.digest, digest):
                matching = key
        if matching is None:
            raise KeyMissingError("The API key is not known. Is it complete, or was it withdrawn?")
        return matching


def _time_of_change(file: Path | None) -> int:
    """Nanoseconds; 0 for no file, or one that is not there."""
    try:
        return file.stat().st_mtime_ns if file is not None else 0
    except OSError:
        return 0


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()
