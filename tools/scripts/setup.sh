# SPDX-License-Identifier: Apache-2.0
#
# Sourced by tools/demo.sh and tools/test.sh. Owns: what a fresh Debian 12
# machine lacks, where a CUDA compiler comes from, and how the build is
# configured. Sets SPAK_ROOT, SPAK_BUILD, SPAK_NVCC (empty: none) and PATH.

SPAK_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SPAK_BUILD=${SPAK_BUILD:-$SPAK_ROOT/build}
SPAK_CACHE=$SPAK_ROOT/.cache
SPAK_CUDA_VERSION=13.0

say() { printf '\n== %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

spak_packages=(
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools clang-22 lld-22
  clang-format-22 libclang-rt-22-dev antlr4 libantlr4-runtime-dev
  default-jre-headless nlohmann-json3-dev libgtest-dev libgmock-dev cmake
  ninja-build ccache g++ make git python3 python3-venv python3-numpy
  python3-psutil
)

# Installs the Debian packages that are not there yet.
ensure_packages() {
  local missing=() p
  for p in "${spak_packages[@]}"; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null |
      grep -q 'install ok installed' || missing+=("$p")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    return
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  [ "$(id -u)" = 0 ] ||
    die "run as root, or: apt-get install ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q || die "apt-get update did not work"
  apt-get install -y -q --no-install-recommends "${missing[@]}" ||
    die "apt-get could not install: ${missing[*]}"
}

# The NumPy references need a python3 that has NumPy: Debian's does.
ensure_python() {
  if ! python3 -c 'import numpy' 2>/dev/null; then
    PATH=/usr/bin:$PATH
    python3 -c 'import numpy' || die "no python3 with NumPy on PATH"
  fi
}

nvcc_is_new_enough() {
  local v
  v=$("$1" --version 2>/dev/null | sed -n 's/.*release \([0-9]*\)\..*/\1/p')
  [ -n "$v" ] && [ "$v" -ge 13 ]
}

# Finds an nvcc >= 13, or gets one from PyPI into a venv of this checkout.
ensure_cuda() {
  local candidate venv=$SPAK_CACHE/cuda-venv
  SPAK_NVCC=
  for candidate in "$(command -v nvcc || true)" /usr/local/cuda/bin/nvcc \
    "$venv"/lib/python3*/site-packages/nvidia/cu13/bin/nvcc; do
    if [ -x "$candidate" ] && nvcc_is_new_enough "$candidate"; then
      SPAK_NVCC=$candidate
      break
    fi
  done
  if [ -z "$SPAK_NVCC" ]; then
    say "no nvcc >= 13 here: getting the CUDA $SPAK_CUDA_VERSION compiler from PyPI"
    mkdir -p "$SPAK_CACHE"
    if python3 -m venv "$venv" && "$venv/bin/pip" install -q --no-deps \
      "nvidia-cuda-nvcc==$SPAK_CUDA_VERSION.*" \
      "nvidia-nvvm==$SPAK_CUDA_VERSION.*" \
      "nvidia-cuda-crt==$SPAK_CUDA_VERSION.*" \
      "nvidia-cuda-runtime==$SPAK_CUDA_VERSION.*" \
      "nvidia-cuda-cccl==$SPAK_CUDA_VERSION.*" \
      "nvidia-cuda-nvrtc==$SPAK_CUDA_VERSION.*"; then
      candidate=$(echo "$venv"/lib/python3*/site-packages/nvidia/cu13/bin/nvcc)
      chmod +x "$(dirname "$candidate")"/* \
        "$(dirname "$candidate")"/../nvvm/bin/* 2>/dev/null || true
      nvcc_is_new_enough "$candidate" && SPAK_NVCC=$candidate
    fi
  fi
  if [ -n "$SPAK_NVCC" ]; then
    PATH=$(dirname "$SPAK_NVCC"):$PATH
    export PATH SPAK_NVCC
  fi
}

# Configures once and builds the given targets (default: everything).
build_spak() {
  local launcher=()
  # ccache can reuse objects made with a precompiled header only with these.
  export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
  command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  if [ ! -f "$SPAK_BUILD/build.ninja" ]; then
    cmake -S "$SPAK_ROOT" -B "$SPAK_BUILD" -G Ninja -Wno-dev \
      -DCMAKE_C_COMPILER=clang-22 -DCMAKE_CXX_COMPILER=clang++-22 \
      -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS=-O1 -DCMAKE_CXX_FLAGS=-O1 \
      "${launcher[@]}" >"$SPAK_BUILD.configure.log" 2>&1 ||
      { tail -n 40 "$SPAK_BUILD.configure.log"; die "cmake did not configure"; }
  fi
  ninja -C "$SPAK_BUILD" "$@" || die "the build failed"
}

gpu_name() {
  command -v nvidia-smi >/dev/null &&
    nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -n 1
}
