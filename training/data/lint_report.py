"""A corpus in figures, and what is wrong with it: what `lint` tells."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Finding:
    """One kind of problem in a corpus."""

    kind: str
    severity: Literal["error", "warning"]
    """An error would make figures dishonest or training impossible."""
    count: int
    lines: tuple[str, ...]
    """Where the first few stand, as "file:line"."""
    message: str


@dataclass(frozen=True)
class Lengths:
    """Lengths of the texts in characters."""

    minimum: int
    median: int
    p95: int
    maximum: int


@dataclass(frozen=True)
class LintReport:
    """A corpus in figures, and what is wrong with it, errors first."""

    rows: int
    test_rows: int | None
    labels: dict[str, int]
    """Rows of each label, the most frequent first."""
    lengths: Lengths
    findings: tuple[Finding, ...]

    @property
    def honest(self) -> bool:
        """Whether nothing was found that makes training dishonest or impossible."""
        return all(finding.severity != "error" for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return asdict(self) | {"honest": self.honest}

    def summary(self) -> list[str]:
        """The short of it: the corpus in one line, then one for each finding."""
        lengths = self.lengths
        head = (
            f"rows: {self.rows:,}; labels: {len(self.labels):,}; characters in a text: "
            f"{lengths.minimum:,} to {lengths.maximum:,}, median {lengths.median:,}"
        )
        return [head, *(f"{finding.severity}: {finding.message}" for finding in self.findings)]
