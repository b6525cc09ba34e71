#!/usr/bin/env bash
# The long runs: every script of tests/e2e/full prints its figures and fails when a goal is missed. All run; the last line counts failures.
# `scripts/check.sh --full` calls this; alone it needs build/chiasm and CHIASM_TEST_PYTHON. Names given as words choose some: full.sh medpix
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)/full
names=("$@")
if [ $# = 0 ]; then
  for script in "$folder"/*.sh; do names+=("$(basename "$script" .sh)"); done
fi
failed=()
for name in "${names[@]}"; do
  if [ ! -x "$folder/$name.sh" ]; then
    echo "full: there is no '$name'; known: $(cd "$folder" && ls ./*.sh | sed 's|^\./||; s|\.sh$||' | tr '\n' ' ')" >&2
    exit 2
  fi
  echo "full: $name"
  "$folder/$name.sh" || failed+=("$name")
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "full: ${#failed[@]} of ${#names[@]} missed their goals: ${failed[*]}"
  exit 1
fi
echo "full: ${#names[@]} runs, every goal reached"
