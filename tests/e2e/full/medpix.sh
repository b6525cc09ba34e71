#!/usr/bin/env bash
# Contrast and captioning on real pictures with captions: three folds by case, beside chance and two baselines without learning.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
data=${CHIASM_SHARED:-$root/../shared/data}/nc/vl_medpix2
if [ ! -e "$data/descriptions_train.jsonl" ]; then
  echo "medpix: skipped, there is no nc/vl_medpix2 in the shared data (CHIASM_SHARED names its folder)"
  exit 0
fi
data=$(cd "$data" && pwd)
python=${CHIASM_TEST_PYTHON:?medpix: name the Python of tests/support/requirements.txt in CHIASM_TEST_PYTHON}
chiasm=$root/build/chiasm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$chiasm" ingest "$root/configs/medpix_data.yaml" --set "sources.pictures.jsonl=$data/descriptions_train.jsonl" --out medpix/store
"$chiasm" split medpix/store --folds 3 --out medpix/split.json

slow=0
for fold in 0 1 2; do
  "$chiasm" tokenizer medpix/store --split medpix/split.json --fold $fold --inputs caption --vocabulary 1000 --out medpix/tokenizer_$fold.model
  exec 3>&1 4>&2
  TIMEFORMAT="%0R %0U %0S"
  read -r wall user system < <({ time "$chiasm" pretrain "$root/configs/medpix.yaml" --set data.fold=$fold \
    --set data.tokenizer=medpix/tokenizer_$fold.model --out medpix/fold_$fold >&3 2>&4; } 2>&1)
  echo "fold $fold: trained in $wall s, $((user + system)) s of CPU"
  # Ten minutes on two cores; CPU seconds do not depend on what else the machine does.
  if [ $((user + system)) -gt 1200 ]; then slow=1; fi
  "$chiasm" evaluate medpix/fold_$fold --split val
done
"$python" "$root/tests/e2e/full/medpix.py" medpix/store medpix/split.json medpix/fold_0 medpix/fold_1 medpix/fold_2
if [ $slow = 1 ]; then echo "medpix: a fold took more than 1200 s of CPU"; exit 1; fi
