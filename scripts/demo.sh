#!/usr/bin/env bash
# The whole way on the built-in cohort, in demo/: DICOM in, a trained, fine-tuned, exported and re-run model out.
# Safe to repeat: what is done is not done again. Delete demo/ to start afresh. CHIASM_DEMO_WORK: the folder that demo/ lies in.
# CHIASM_DEMO_DEVICE=cuda trains on the GPUs of this machine, one rank each (after scripts/setup.sh --cuda).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
started=$SECONDS

scripts/setup.sh
scripts/build.sh
chiasm=$root/build/chiasm
configs=$root/configs/demo
mkdir -p "${CHIASM_DEMO_WORK:-.}"
cd "${CHIASM_DEMO_WORK:-.}"

patients=${CHIASM_DEMO_PATIENTS:-500}
seed=${CHIASM_DEMO_SEED:-1}
device=${CHIASM_DEMO_DEVICE:-cpu}
ranks=2
if [ "$device" = cuda ]; then
  mapfile -t gpus < <(compgen -G "/dev/nvidia[0-9]*")
  ranks=${#gpus[@]}
  [ "$ranks" -gt 0 ] || { echo "demo.sh: CHIASM_DEMO_DEVICE=cuda, but there is no /dev/nvidia0; leave it out to train on the CPU" >&2; exit 2; }
fi
demo=demo
mkdir -p $demo
step() { printf '\n== %s (%d s)\n' "$1" $((SECONDS - started)); }

# One step: runs COMMAND unless MARK exists.
once() { local mark=$1; shift; [ -e "$mark" ] || "$@"; }

step "1. The built-in cohort: DICOM, reports, tables, masks"
once $demo/cohort/dataset.yaml "$chiasm" synth --out $demo/cohort --patients "$patients" --seed "$seed"

step "2. Scan, read, de-identify, store"
if [ ! -e $demo/store/dataset.json ]; then
  "$chiasm" scan $demo/cohort/dataset.yaml
  "$chiasm" ingest $demo/cohort/dataset.yaml --out $demo/store || [ $? = 3 ]
fi

step "3. Split by patient, check"
once $demo/split.json "$chiasm" split $demo/store --out $demo/split.json --seed "$seed" --train 0.56 --val 0.05 --test 0.39 --stratify disease
once $demo/check.done bash -c "'$chiasm' check $demo/store --split $demo/split.json && touch $demo/check.done"

step "4. Tokenizer from the train part"
once $demo/tokenizer.model "$chiasm" tokenizer $demo/store --split $demo/split.json --part train --inputs indication,findings --out $demo/tokenizer.model --vocabulary 384

# A training run that was cut off goes on from its last checkpoint.
train() {
  local name=$1; shift
  [ -e $demo/$name/model.safetensors ] && [ -e $demo/$name/finished ] && return
  local resume=(); [ -e $demo/$name/config.yaml ] && resume=(--resume)
  "$chiasm" launch -n "$ranks" -- "$@" --set train.device="$device" --out $demo/$name "${resume[@]}"
  touch $demo/$name/finished
}

step "5. Pretrain on $ranks ranks"
train pretrain pretrain "$configs/pretrain.yaml"

step "6. Fine-tune: segmentation, classification, report generation; each starts from the one before"
for name in segment classify report; do
  train $name finetune "$configs/$name.yaml"
done

step "7. Evaluate on held-back patients"
for name in segment classify report; do
  [ -e $demo/$name/figures.txt ] && continue
  "$chiasm" evaluate $demo/$name --split test > $demo/$name/figures.part
  mv $demo/$name/figures.part $demo/$name/figures.txt
done

step "8. Export and predict unseen DICOM studies"
once $demo/unseen/dataset.yaml "$chiasm" synth --out $demo/unseen --patients 6 --seed 4242
# Studies with CT, MR and radiograph.
has_all() { for kind in CT MR CR; do compgen -G "$1/*_$kind" > /dev/null || return 1; done; }
mapfile -t studies < <(find $demo/unseen/dicom -mindepth 2 -maxdepth 2 -type d | sort | while read -r study; do if has_all "$study"; then echo "$study"; fi; done | head -3)
for name in classify segment report; do
  suffix=_$name
  [ $name = classify ] && suffix=
  once $demo/bundle$suffix/SHA256SUMS "$chiasm" export $demo/$name --out $demo/bundle$suffix
  # A study outside the bundle's contract is refused by code (exit 3: done in part).
  once $demo/predictions$suffix/summary.json "$chiasm" predict $demo/bundle$suffix "${studies[@]}" --out $demo/predictions$suffix || [ $? = 3 ]
done

step "Done"
for name in classify segment report; do
  cat $demo/$name/figures.txt
done
cat <<END

Report of the classifier   $demo/classify/report.html
Report of the segmentation $demo/segment/report.html
Report of the reports      $demo/report/report.html
Bundles                    $demo/bundle, $demo/bundle_segment, $demo/bundle_report
Predicted studies          $demo/predictions, $demo/predictions_segment, $demo/predictions_report
Figures are on synthetic data. Time: $((SECONDS - started)) s.
END
