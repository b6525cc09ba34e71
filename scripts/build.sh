#!/usr/bin/env bash
# Builds build/chiasm (and with --tests everything else).   usage: scripts/build.sh [--tests]
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/versions.sh
export CHIASM_DEPS
tests=OFF cuda=OFF targets=(chiasm)
# The CUDA library where its headers are: after setup.sh --cuda or --tests.
if [ -d "$CHIASM_DEPS/nvidia/nccl/include" ]; then cuda=ON targets+=(chiasm_cuda); fi
if [ "${1:-}" = --tests ]; then tests=ON targets=(all); fi
build=${CHIASM_BUILD:-build}
# One job per core, but no more than memory allows: a LibTorch file takes about 1.5 GB.
memory_gb=$(awk '/MemAvailable/{print int($2/1048576)}' /proc/meminfo)
jobs=$(nproc)
limit=$(( memory_gb * 2 / 3 ))
if [ "$limit" -lt "$jobs" ]; then jobs=$(( limit > 0 ? limit : 1 )); fi
[ -z "${CCACHE_MAXSIZE:-}" ] && export CCACHE_MAXSIZE=10G
cmake -S . -B "$build" -G Ninja -DCHIASM_TESTS=$tests -DCHIASM_CUDA=$cuda -DCHIASM_DEPS="$CHIASM_DEPS" > "$build.cmake.log" 2>&1 || { cat "$build.cmake.log"; exit 1; }
rm -f "$build.cmake.log"
ninja -C "$build" -j "$jobs" "${targets[@]}"
