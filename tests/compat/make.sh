#!/usr/bin/env bash
# Makes the artefacts of today's format versions, which tests/compat keeps and reads for ever.   usage: tests/compat/make.sh VERSION
# Run once when a format changes; a folder that is kept is never made again. Needs build/chiasm and python3.
set -euo pipefail
[ $# = 1 ] || { echo "usage: tests/compat/make.sh VERSION" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
chiasm="$here/../../build/chiasm"
out="$here/version_$1"
[ ! -e "$out" ] || { echo "$out is kept: it is not made again" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 "$here/sources.py" sources
cp "$here/run.yaml" "$here/resume.yaml" .
"$chiasm" ingest sources/dataset.yaml --out store
"$chiasm" split store --out split.json --train 0.5 --val 0.2 --test 0.3
"$chiasm" tokenizer store --split split.json --inputs indication --vocabulary 290 --out tokenizer.model
"$chiasm" pretrain run.yaml --out run
"$chiasm" evaluate run --split test
"$chiasm" export run --out bundle
mkdir expected
cp run/predictions.csv expected/
cp sources/volumes/01.nii volume.nii
"$chiasm" predict bundle --image ct=volume.nii --text "indication=Pain on the left side since a week." --out predictions
cp predictions/summary.json expected/predict.json
# A run that stands at step 6 of 10, as if it had been killed; and what it did when nobody killed it.
"$chiasm" pretrain resume.yaml --out resume
cp resume/log.jsonl expected/resume.jsonl
rm -r resume/model.safetensors resume/checkpoints/step_00000010
echo step_00000006 > resume/checkpoints/LATEST
rm -f run/predictions.csv run/metrics.json run/report.html run/test_uses.json run/events.* resume/events.* store/.lock
rm -rf run/checkpoints run/predictions sources predictions
mkdir "$out"
cp -r . "$out/"
du -sh "$out"
