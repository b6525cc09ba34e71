#!/usr/bin/env bash
# Chest X-rays with laboratory values: trained, evaluated in every subset of inputs, beside what the projection alone tells.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
data=${CHIASM_SHARED:-$root/../shared/data}/open/cxr_hannover
if [ ! -e "$data/data.csv" ]; then
  echo "hannover: skipped, there is no open/cxr_hannover in the shared data (CHIASM_SHARED names its folder)"
  exit 0
fi
data=$(cd "$data" && pwd)
python=${CHIASM_TEST_PYTHON:?hannover: name the Python of tests/support/requirements.txt in CHIASM_TEST_PYTHON}
chiasm=$root/build/chiasm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$chiasm" ingest "$root/configs/hannover_data.yaml" --set "sources.table.csv=$data/data.csv" --out hannover/store
"$chiasm" split hannover/store --train 0.5 --val 0.1 --test 0.4 --stratify outcome --out hannover/split.json
"$chiasm" check hannover/store --split hannover/split.json
"$chiasm" finetune "$root/configs/hannover.yaml" --out hannover/run
"$chiasm" evaluate hannover/run --split test
"$python" "$root/tests/e2e/full/hannover.py" hannover/store hannover/run "$data/data.csv"
