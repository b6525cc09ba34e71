#!/usr/bin/env bash
# Installs what Chiasm builds with: Debian packages, and the C++ part of the torch wheel (pinned by SHA-256).
# Safe to repeat: what is already there is not fetched again.   usage: scripts/setup.sh [--cuda] [--tests]
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/versions.sh

want_cuda=0 want_tests=0
for argument in "$@"; do
  case "$argument" in
    --cuda) want_cuda=1 ;;
    --tests) want_tests=1 ;;
    *) echo "setup.sh: unknown argument '$argument'; usage: scripts/setup.sh [--cuda] [--tests]" >&2; exit 2 ;;
  esac
done

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

install_packages() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  echo "setup: installing ${#missing[@]} Debian packages"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# fetch_wheel NAME VERSION SHA256 PATTERN...: downloads one wheel, checks it, unpacks the matching paths into the cache.
fetch_wheel() {
  local name=$1 version=$2 sha=$3; shift 3
  local done_mark="$CHIASM_DEPS/.$name-$version-${sha:0:12}"
  [ -e "$done_mark" ] && return
  echo "setup: fetching $name $version"
  local work; work=$(mktemp -d "$CHIASM_DEPS/fetch.XXXXXX")
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.11 \
    --implementation cp --abi cp311 --abi abi3 --abi none --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 \
    --platform manylinux_2_25_x86_64 --platform manylinux2014_x86_64 --platform manylinux_2_18_x86_64 --dest "$work" "$name==$version"
  local wheel; wheel=$(ls "$work"/*.whl)
  echo "$sha  $wheel" | sha256sum --check --quiet - || { echo "setup: $name $version does not have the pinned SHA-256; not used" >&2; rm -rf "$work"; exit 1; }
  unzip -q -o "$wheel" "$@" -d "$CHIASM_DEPS"
  rm -rf "$work"
  touch "$done_mark"
}

install_packages "${BUILD_PACKAGES[@]}"
[ $want_tests = 0 ] || install_packages "${TEST_PACKAGES[@]}"

mkdir -p "$CHIASM_DEPS"
exec 9>"$CHIASM_DEPS/.lock"
flock 9
fetch_wheel torch "$TORCH_VERSION" "$TORCH_SHA256" 'torch/lib/*' 'torch/include/*' 'torch/version.py' '*/LICENSE' '*/NOTICE'
fetch_wheel nvidia-cuda-runtime "$CUDART_VERSION" "$CUDART_SHA256" 'nvidia/*'
fetch_wheel nvidia-cuda-cupti "$CUPTI_VERSION" "$CUPTI_SHA256" 'nvidia/*'
if [ $want_tests = 1 ] || [ $want_cuda = 1 ]; then
  fetch_wheel nvidia-nccl-cu13 "$NCCL_VERSION" "$NCCL_SHA256" 'nvidia/*'
fi
if [ $want_cuda = 1 ]; then
  for row in "${CUDA_WHEELS[@]}"; do fetch_wheel $row 'nvidia/*'; done
fi
if [ $want_tests = 1 ]; then scripts/test_venv.sh; fi
