#!/usr/bin/env bash
# A Python environment for tests only: independent readers of the files we write. The product needs no Python.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/versions.sh
venv="$CHIASM_DEPS/test-venv"
mark="$venv/.$(sha256sum tests/support/requirements.txt | cut -c1-12)"
[ -e "$mark" ] && exit 0
echo "setup: installing the test environment"
rm -rf "$venv"
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement tests/support/requirements.txt
touch "$mark"
