"""How much a columnar file may hold in memory: such files are small on disk where their values repeat."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadBounds:
    """Bytes; what is over them is refused before it is decoded, or made Python values of."""

    decoded: int = 2 << 30
    """Of a record batch or row group as Arrow holds it, dictionaries not written out."""
    rows: int = 256 << 20
    """Of the values of 1,000 rows, each repeated value counted as often as it stands there."""
    file: int | None = None
    """The same of all rows together; None where they are not held together."""


UNBOUNDED_FILE = ReadBounds()
"""For corpora, whose texts are kept in memory anyway."""
