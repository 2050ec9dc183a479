#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The main job on a fresh Debian 12 machine: installs what is missing, builds
# spakc, compiles examples/fmha/fmha.dsl to CUDA, simulates it against its
# reference, compiles the text with nvcc, and, where there is a GPU, runs,
# checks and times it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/scripts/setup.sh"
summary=()
note() { summary+=("$1"); }

ensure_packages
ensure_python
ensure_cuda
say "building spakc (log lines are ninja's)"
build_spak spakc spak-opt spak-translate spak-run spak-bench
out=$SPAK_BUILD/demo
mkdir -p "$out"
dsl=$SPAK_ROOT/examples/fmha/fmha.dsl
spakc=$SPAK_BUILD/bin/spakc

say "spakc examples/fmha/fmha.dsl -o fmha.cu"
start=$(date +%s%N)
"$spakc" "$dsl" -o "$out/fmha.cu"
note "compiled   fmha.dsl -> fmha.cu in $((($(date +%s%N) - start) / 1000000)) ms, $(wc -l <"$out/fmha.cu") lines"

say "simulating on the CPU: every phase against reference.py and the un-tiled meaning"
"$spakc" "$dsl" --simulate --shape=B=1,Hq=2,Hkv=1,M=65:129,N=113
note "simulated  lengths 65 and 129 by 113, four phases: right"

if [ -n "$SPAK_NVCC" ]; then
  say "nvcc for sm_90a"
  "$SPAK_NVCC" -std=c++17 -O3 -gencode arch=compute_90a,code=sm_90a -cubin \
    -Xptxas -v -o "$out/fmha.cubin" "$out/fmha.cu" 2>&1 | tee "$out/ptxas.log" |
    grep -E 'registers|spill|warning' || true
  spills=$(grep -oE '[0-9]+ bytes spill stores' "$out/ptxas.log" | sort -rn | head -n 1)
  note "nvcc       $out/fmha.cubin, ${spills:-no report}"
else
  note "nvcc       skipped: no CUDA compiler >= 13 and none to be had from PyPI"
fi

gpu=$(gpu_name || true)
if [ -n "$gpu" ] && [ -n "$SPAK_NVCC" ]; then
  say "running on $gpu"
  "$SPAK_BUILD/bin/spak-run" "$out/fmha.cubin" --manifest="$out/fmha.json" \
    --shape=B=2,Hq=4,Hkv=2,M=777,N=777 \
    --check="$SPAK_ROOT/examples/fmha/reference.py:forward"
  note "checked    on $gpu against reference.py"
  "$SPAK_BUILD/bin/spak-bench" "$out/fmha.cubin" --manifest="$out/fmha.json" \
    --shape=B=4,Hq=16,Hkv=16,M=4096,N=4096 | tee "$out/bench.json"
  note "timed      $out/bench.json"
else
  note "GPU        skipped: nvidia-smi shows none here"
fi

say "summary"
printf '%s\n' "${summary[@]}"
