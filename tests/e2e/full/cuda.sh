#!/usr/bin/env bash
# Training on a GPU: losses in fp32 beside those of the CPU, repeatable and resumed runs, and the speed of bf16 beside this machine's cores.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
if ! ldconfig -p | grep -q libcuda.so.1; then
  echo "cuda: skipped, there is no NVIDIA driver on this machine"
  exit 0
fi
python=${CHIASM_TEST_PYTHON:?cuda: name the Python of tests/support/requirements.txt in CHIASM_TEST_PYTHON}
chiasm=$root/build/chiasm
configs=$root/configs/demo
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$chiasm" synth --out demo/cohort --patients "${CHIASM_CUDA_PATIENTS:-60}" --seed 1
"$chiasm" ingest demo/cohort/dataset.yaml --out demo/store > ingest.log || [ $? = 3 ]
"$chiasm" split demo/store --out demo/split.json --train 0.8 --val 0.1 --test 0.1
"$chiasm" tokenizer demo/store --split demo/split.json --part train --inputs indication,findings --out demo/tokenizer.model --vocabulary 384

steps=${CHIASM_CUDA_STEPS:-8}
# same VERB NAME SET...: the same steps on both devices, dropout off, at a rate that keeps the curves together.
same() {
  local verb=$1 name=$2 sets=() set; shift 2
  for set in "$@"; do sets+=(--set "$set"); done
  for device in cpu cuda; do
    "$chiasm" "$verb" "$configs/$name.yaml" --out "${name}_$device" --set train.device=$device --set train.precision=fp32 \
      --set train.steps="$steps" --set train.lr=1e-4 "${sets[@]}"
  done
}
same pretrain pretrain tasks.1.dropout=0
same finetune segment from=pretrain_cpu
same finetune classify from=segment_cpu
same finetune report from=classify_cpu tasks.0.dropout=0

# Repeatable kernels: two runs, and one that is told to leave half-way and goes on, end with equal weights.
repeat() {
  local out=$1; shift
  "$chiasm" pretrain "$configs/pretrain.yaml" --out "$out" --set train.device=cuda --set train.deterministic=true --set train.steps=12 \
    --set train.checkpoint_every=1 "$@"
}
repeat once_more_1
repeat once_more_2
repeat resumed & training=$!
until [ -e resumed/log.jsonl ] && [ "$(wc -l < resumed/log.jsonl)" -ge 5 ]; do sleep 0.1; done
kill -TERM $training
wait $training || true
repeat resumed --resume

for device in cpu cuda; do
  "$chiasm" pretrain "$configs/pretrain.yaml" --out "speed_$device" --set train.device=$device --set train.steps=$((steps * 3))
done
"$python" "$root/tests/e2e/full/cuda.py" .
