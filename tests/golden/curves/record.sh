#!/usr/bin/env bash
# Records the loss curves of the demo configurations for this CPU type (see tests/cli/curves_test.cpp).   usage: tests/golden/curves/record.sh
# The commit that holds the new file says why the curves changed.
set -euo pipefail
cd "$(dirname "$0")/../../.."
ninja -C build test_cli
CHIASM_RECORD_CURVES=1 build/test_cli --gtest_filter=Curves.AreThoseThatAreKept
git --no-pager diff --stat -- tests/golden/curves
