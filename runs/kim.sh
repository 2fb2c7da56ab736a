#!/bin/sh
# Makes Kim's table (2014, table 2) again: his four modes on MR, SST-1, SST-2, Subj and TREC. Interrupted, it goes on
# with the cell where it was, and ends with what is committed of our defaults: each corpus with its goals, the seconds
# of each row, distillation on MR, questions out of scope, and whole runs of `textcnn train`. With other corpora as
# arguments, it makes their rows of the table: files, or directories with train.*, test.* and perhaps dev.*.
#
#   TEXTCNN_CORPORA=/path/to/corpora runs/kim.sh
#   runs/kim.sh reviews.csv questions/
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
export PYTHONPATH="$root"

if [ $# -gt 0 ]; then
    exec "$root/.venv/bin/python" -m benchmarks.kim "$@"
fi
cd "$root"
.venv/bin/python -m benchmarks kim accuracy
exec .venv/bin/python -c "from benchmarks.tables import TABLES
for name in ('kim', 'accuracy', 'runs', 'distillation', 'out_of_scope', 'training_time'):
    print(f'{name}\n\n{TABLES[name]()}')"
