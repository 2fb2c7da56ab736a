#!/bin/sh
# Makes Kim's table (2014, table 2) again: his four modes on MR, SST-1, SST-2, Subj and TREC. Interrupted, it goes on
# with the cell where it was, and ends with the tables of all corpora by our defaults and of distillation on MR, as
# committed. With files as arguments it cross-validates each of them in the four modes instead.
#
#   TEXTCNN_CORPORA=/path/to/corpora runs/kim.sh
#   runs/kim.sh reviews.csv
set -eu
bin=$(dirname "$0")/../.venv/bin

if [ $# -eq 0 ]; then
    cd "$(dirname "$0")/.."
    .venv/bin/python -m benchmarks kim accuracy
    exec .venv/bin/python -c "from benchmarks import tables
print(tables.kim_table(), tables.accuracy_table(), tables.distillation_table(), sep='\n\n')"
fi
for corpus in "$@"; do
    echo "$corpus, rand"
    "$bin/textcnn" train "$corpus" --folds 10 --set channels=rand --set refit=false
    for mode in static non-static multichannel; do
        echo "$corpus, $mode"
        "$bin/textcnn" train "$corpus" --folds 10 --set "channels=$mode" --set refit=false --set adversarial=0 \
            --set learning_rate=0.002 --set embedding_learning_rate=0.002
    done
done
