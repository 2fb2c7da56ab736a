"""The figures that Kim (2014) prints in table 2, for `benchmarks.kim` to make again."""

from __future__ import annotations

MODES = ("rand", "static", "non-static", "multichannel")
PAPER = {
    "trec": (91.2, 92.8, 93.6, 92.2),
    "sst2": (82.7, 86.8, 87.2, 88.1),
    "sst1": (45.0, 45.5, 48.0, 47.4),
    "mr": (76.1, 81.0, 81.5, 81.1),
    "subj": (89.6, 93.0, 93.4, 93.2),
}
"""The paper's figures in the order of `MODES`; the quickest corpora come first."""
