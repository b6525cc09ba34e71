#!/usr/bin/env bash
# Builds the fuzz targets with clang, AddressSanitizer and UBSan, and runs each for SECONDS (20). CHIASM_FUZZ_SEED: other inputs than those of 1.
# usage: tests/fuzz/run.sh [SECONDS [TARGET...]]      targets: csv, npz, nifti, nrrd, tiff, fast_header, chunk
# What was found lies in build-fuzz/findings; a rerun of one input: build-fuzz/TARGET FILE. The corpus is kept from run to run.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-20}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(csv npz nifti nrrd tiff fast_header chunk)
out=build-fuzz
mkdir -p $out/objects $out/findings

base=(core/base/text core/base/file core/base/csv)
volume=("${base[@]}" data/volume)
declare -A sources=(
  [csv]="${volume[*]}"
  [npz]="${volume[*]} data/file_bytes data/npy data/npy_header data/npz data/zip"
  [nifti]="${volume[*]} core/base/threads data/gzip data/nifti data/nifti_header data/nifti_write"
  [nrrd]="${volume[*]} core/base/threads data/file_bytes data/gunzip data/gzip data/npy data/npy_header data/nrrd data/nrrd_header"
  [tiff]="${volume[*]} data/image_tiff"
  [chunk]="data/store/codec data/store/fletcher32"
  [fast_header]="${volume[*]} core/base/threads data/dicom/annotation data/dicom/attributes data/dicom/bytes data/dicom/csa data/dicom/fast_attributes data/dicom/fast_header data/dicom/frames
    data/dicom/guard data/dicom/load data/dicom/mosaic data/dicom/private_attributes data/dicom/scan data/dicom/stack data/dicom/start tests/dicom/header_text"
)
declare -A libraries=(
  [csv]="" [npz]="-lz" [nifti]="-lnifti2 -lz -ldeflate -lpthread" [nrrd]="-lz -ldeflate -lpthread" [tiff]="-ltiff" [chunk]="-lblosc -ldeflate"
  [fast_header]="-lz -ldcmjpeg -ldcmjpls -ldcmdata -loflog -lofstd -lpthread"
)
flags=(-std=c++20 -O1 -g1 -I. -I/usr/include/nifti -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)

object_of() { echo "$out/objects/${1//\//_}.o"; }

# Prefers ccache; a file is compiled once for all targets.
compile() {
  local cache=(); command -v ccache >/dev/null && cache=(ccache)
  "${cache[@]}" clang++ "${flags[@]}" -fsanitize=fuzzer-no-link -c "$1.cpp" -o "$(object_of "$1")"
}

build() {
  local target=$1 objects=() source
  for source in ${sources[$target]} "tests/fuzz/$target"; do
    if [ -z "${built[$source]:-}" ]; then compile "$source"; built[$source]=1; fi
    objects+=("$(object_of "$source")")
  done
  clang++ "${flags[@]}" -fsanitize=fuzzer "${objects[@]}" ${libraries[$target]} -o "$out/$target"
}

run() {
  local target=$1 log=$out/$1.log
  mkdir -p "$out/corpus/$target" "$out/seeds/$target"
  if ASAN_OPTIONS=detect_leaks=0 TMPDIR=$scratch "$out/$target" -seed="${CHIASM_FUZZ_SEED:-1}" -max_total_time="$seconds" -rss_limit_mb=2048 -max_len=8192 -timeout=20 \
    -use_value_profile=1 -print_final_stats=1 -artifact_prefix="$out/findings/$target-" "$out/corpus/$target" "$out/seeds/$target" > "$log" 2>&1; then
    echo "fuzz: $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, no finding"
  else
    echo "fuzz: $target: a finding" >&2
    grep -v '^#' "$log" | tail -60 >&2
    return 1
  fi
}

# Many small files are written: in memory where there is a place.
scratch=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")/chiasm_fuzz.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
tests/fuzz/seeds.sh $out/seeds
declare -A built=()
failed=0
for target in "${targets[@]}"; do build "$target"; done
for target in "${targets[@]}"; do run "$target" || failed=1; done
exit $failed
