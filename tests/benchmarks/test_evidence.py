from __future__ import annotations

from benchmarks.evidence import ALLOWED, largest_difference


def test_evidence_is_exact_on_some_of_the_networks_of_the_proof() -> None:
    assert 0 < largest_difference(40, seed=1) <= ALLOWED
