#!/usr/bin/env bash
# The built-in cohort over three seeds: scripts/demo.sh, and beside it the same chain from untrained weights and the upper bound that reads the
# report. Every figure that the cohort must reach is judged for each seed.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
python=${CHIASM_TEST_PYTHON:?demo: name the Python of tests/support/requirements.txt in CHIASM_TEST_PYTHON}
chiasm=$root/build/chiasm
configs=$root/configs/demo
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

failed=0
for seed in ${CHIASM_DEMO_SEEDS:-1 2 3}; do
  here=$work/seed_$seed
  CHIASM_DEMO_WORK=$here CHIASM_DEMO_SEED=$seed "$root/scripts/demo.sh"
  cd "$here"
  # From scratch: weights that one step at no learning rate leaves as they were drawn.
  "$chiasm" launch -n 2 -- pretrain "$configs/pretrain.yaml" --out demo/untrained --set train.steps=1 --set train.lr=1e-12 --set train.ema=0
  "$chiasm" launch -n 2 -- finetune "$configs/segment.yaml" --out demo/scratch_segment --set from=demo/untrained
  "$chiasm" launch -n 2 -- finetune "$configs/classify.yaml" --out demo/scratch_classify --set from=demo/scratch_segment --set evaluate.subsets=none
  "$chiasm" launch -n 2 -- finetune "$configs/upper_bound.yaml" --out demo/upper_bound
  for name in scratch_segment scratch_classify upper_bound; do "$chiasm" evaluate demo/$name --split test > /dev/null; done
  echo "demo, seed $seed:"
  "$python" "$root/tests/e2e/full/demo.py" demo || failed=$((failed + 1))
  cd "$work" && rm -rf "$here"
done
[ $failed = 0 ]
