#!/usr/bin/env bash
# Installs, builds and runs every test and rule.   usage: scripts/check.sh [--full]
# --full adds the long runs on real data and the cohort over three seeds (hours); their figures are in tests/bench/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."
full=0
if [ "${1:-}" = --full ]; then full=1; elif [ $# -gt 0 ]; then echo "usage: scripts/check.sh [--full]" >&2; exit 2; fi

scripts/setup.sh --tests
source scripts/versions.sh
export CHIASM_DEPS CHIASM_TEST_PYTHON="$CHIASM_DEPS/test-venv/bin/python"

echo "check: building"
scripts/build.sh --tests

echo "check: building the torch-free tests with AddressSanitizer and UBSan"
sanitized=build-sanitized
cmake -S . -B $sanitized -G Ninja -DCHIASM_TESTS=ON -DCHIASM_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=Release -DCHIASM_DEPS="$CHIASM_DEPS" >/dev/null
sanitized_tests=(test_base test_config test_evaluate test_report test_data test_dicom test_store test_synthetic test_threads test_transform)
ninja -C $sanitized "${sanitized_tests[@]}"

echo "check: tests"
export OMP_NUM_THREADS=1
ctest --test-dir build --output-on-failure --parallel "$(nproc)"

# Only the machine may keep a test from running: its processor, its graphics, the right to mount, data that no public repository can hold.
skipped=$(grep -A1 ': Skipped$' build/Testing/Temporary/LastTest.log | grep -vE ': Skipped$|^--$|shared data|CUDA device|a GPU is here|no curves of CPU type|no file system can be mounted' || true)
if [ -n "$skipped" ]; then echo "check: tests did not run though nothing of the machine forbids it:"; echo "$skipped"; exit 1; fi

echo "check: sanitized tests"
failed=0
for name in "${sanitized_tests[@]}"; do
  ASAN_OPTIONS=detect_leaks=0 "$sanitized/$name" --gtest_brief=1 > "$sanitized/$name.log" 2>&1 || { failed=1; echo "check: $name failed under sanitizers"; tail -50 "$sanitized/$name.log"; }
done
[ $failed = 0 ]

echo "check: reading and loading with ThreadSanitizer"
races=build-races
cmake -S . -B $races -G Ninja -DCHIASM_TESTS=ON -DCHIASM_SANITIZE=thread -DCMAKE_BUILD_TYPE=Release -DCHIASM_DEPS="$CHIASM_DEPS" >/dev/null
ninja -C $races test_threads
$races/test_threads --gtest_brief=1

echo "check: fuzzing the readers"
tests/fuzz/run.sh 10

if [ $full = 1 ]; then tests/e2e/full.sh; fi
echo "check: all passed"
