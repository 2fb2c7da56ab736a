"""The labelled rows that a model's versions were trained on, kept for the next training.

DATA_DIR/models/NAME/corpora/0123456789ab.jsonl     {"text": ..., "labels": [...]} on each line
DATA_DIR/models/NAME/corpora/0123456789ab.json      when it was kept, how many rows, until when

A corpus has the name of its contents. A version tells which corpora it was trained on; those of the live
version are the ones that the next training adds to, so a rollback takes the rows back too.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import InputError
from textcnn.reading.rows import Row
from textcnn.service.storage import durable_files
from textcnn.service.versions.model_home import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from textcnn.service.versions.model_home import ModelHome

_ID: Final = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class KeptCorpus:
    """A kept corpus: its size, and until when it stays."""

    id: str
    rows: int
    kept_at: str
    expires_at: str | None = None
    """None: it stays for good."""

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    def expired(self) -> bool:
        """Whether the corpus has expired."""
        return self.expires_at is not None and self.expires_at <= now()


class Corpora:
    """The kept corpora of one model."""

    def __init__(self, home: ModelHome) -> None:
        self._home = home
        self._path = home.path / "corpora"

    def keep(self, rows: Path, *, days: int | None = None) -> KeptCorpus:
        """Keep a file that `write_rows` wrote, for so many days or for good; the same rows are kept once."""
        digest, count = hashlib.sha256(), 0
        with rows.open("rb") as file:
            for line in file:
                digest.update(line)
                count += 1
        expires_at = None if days is None else (datetime.now(UTC) + timedelta(days=days)).isoformat()
        corpus = KeptCorpus(digest.hexdigest()[:12], count, now(), expires_at)
        self._path.mkdir(parents=True, exist_ok=True)
        temporary = self._path / f".{corpus.id}.{secrets.token_hex(4)}.jsonl"
        try:
            shutil.copyfile(rows, temporary)
            durable_files.sync_file(temporary)
            with self._home.changing():
                temporary.replace(self._path / f"{corpus.id}.jsonl")
                durable_files.write_json(self._path / f"{corpus.id}.json", corpus.to_dict())
        finally:
            temporary.unlink(missing_ok=True)
        return corpus

    def all(self) -> list[KeptCorpus]:
        """All kept corpora, the oldest first."""
        files = (path for path in self._path.glob("*.json") if _ID.fullmatch(path.stem))
        corpora = [KeptCorpus(**values) for path in files if (values := durable_files.read_json(path))]
        return sorted(corpora, key=lambda corpus: (corpus.kept_at, corpus.id))

    def rows(self, corpus: str) -> Iterator[Row]:
        """The rows of a kept corpus; none of one that was removed or has expired."""
        unexpired = {each.id for each in self.all() if not each.expired()}
        if corpus in unexpired:
            yield from read_kept(self._path / f"{corpus}.jsonl")

    def remove(self, corpus: str) -> None:
        """Forget a corpus; versions that were trained on it stay.

        Raises:
            InputError: there is none of this id.
        """
        if corpus not in {each.id for each in self.all()}:
            raise InputError(f"No corpus '{corpus[:40]}' is kept for this model.", field="corpus")
        with self._home.changing():
            (self._path / f"{corpus}.json").unlink(missing_ok=True)
            (self._path / f"{corpus}.jsonl").unlink(missing_ok=True)

    def sweep(self) -> list[str]:
        """Remove expired corpora, and return their ids."""
        expired = [each.id for each in self.all() if each.expired()]
        for corpus in expired:
            self.remove(corpus)
        return expired


def write_rows(path: Path, rows: Iterable[Row], **extra: object) -> None:
    """Write rows as JSON Lines, each with `text` and the list `labels`, and the same extra values."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            # ASCII, so that half a surrogate pair survives too.
            file.write(json.dumps({"text": row.text, "labels": row.labels, **extra}) + "\n")


def read_kept(path: Path) -> Iterator[Row]:
    """The rows that `write_rows` wrote."""
    with path.open(encoding="utf-8") as file:
        for line, data in enumerate(file, start=1):
            values = json.loads(data)
            yield Row(line, values["text"], tuple(values["labels"]), path.name)
