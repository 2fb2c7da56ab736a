#!/usr/bin/env bash
# Rebuilds the bundled model `sentiment` from SST-2 phrases and IMDb reviews, and measures it. About a
# quarter of an hour on 2 cores.
#     TEXTCNN_CORPORA=../shared/corpora runs/sentiment.sh
set -euo pipefail
cd "$(dirname "$0")/.."
corpora=${TEXTCNN_CORPORA:-../shared/corpora}
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT

# IMDb comes without a validation part: every tenth review of the training part becomes one.
.venv/bin/python - "$corpora/imdb/train.parquet" "$parts" <<'PYTHON'
import json, sys
from pathlib import Path
from textcnn.reading.rows import read_rows

source, parts = sys.argv[1], Path(sys.argv[2])
with (parts / "train.jsonl").open("w") as train, (parts / "validation.jsonl").open("w") as validation:
    for number, row in enumerate(read_rows(source)):
        file = validation if number % 10 == 0 else train
        file.write(json.dumps({"text": row.text, "label": row.labels[0]}) + "\n")
PYTHON

# 64 filters a width instead of 100: a text takes a sixth less time.
.venv/bin/textcnn train "$corpora/sst2/train_phrases.csv" "$parts/train.jsonl" \
    --validation "$corpora/sst2/dev.csv" --validation "$parts/validation.jsonl" \
    --test "$corpora/sst2/test.csv" --test "$corpora/imdb/test.parquet" \
    --out textcnn/pretrained/sentiment --replace --set filters=64 \
    --source "Stanford Sentiment Treebank, phrases of two classes (Socher et al. 2013), and the Large Movie Review Dataset (Maas et al. 2011), a split of its training half. Both were published for research; neither states a licence for the texts, which are excerpts of film reviews. English."

.venv/bin/python -m benchmarks bundled
