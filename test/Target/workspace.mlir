// A kernel that keeps counters in device memory: the struct's last field, its
// checks, its size from C and in the manifest, and a pointer that is neither
// const nor restrict.
// RUN: spak-opt %s --prepare-emission -o %t.mlir
// RUN: spak-translate --spak-cuda-to-cuda %t.mlir -o %t.cu && FileCheck %s --input-file=%t.cu
// RUN: spak-translate --spak-cuda-to-header %t.mlir | FileCheck %s --check-prefix=HEADER
// RUN: spak-translate --spak-cuda-to-manifest %t.mlir -o %t.json && FileCheck %s --check-prefix=JSON --input-file=%t.json
// RUN: %python %src/test/Runtime/validate.py %src/runtime/schema/manifest-1.json %t.json
// RUN: clang++-22 -x cuda --cuda-path=/usr/local/cuda --cuda-gpu-arch=sm_90a -fsyntax-only -std=c++17 -Wall -Werror -Wno-unknown-cuda-version %t.cu

// CHECK: k_kernel(int *workspace, const int64_t n) {

// CHECK: struct k_params {
// CHECK: int64_t N;
// CHECK-NEXT: // Device memory of k_workspace bytes, zero before the first launch that
// CHECK: void *workspace;
// CHECK-NEXT: };
// CHECK: int k_launch(
// CHECK: if (p->workspace == nullptr) {
// CHECK-NEXT: return spak::host_fail(1, "`workspace` is null", message);
// CHECK: if (!spak::host_aligned(p->workspace, 256)) {
// CHECK-NEXT: return spak::host_fail(2,
// CHECK-NOT: 640
// CHECK: const void *workspace_arg = p->workspace;
// CHECK: extern "C" int64_t k_workspace(const struct k_params *p) {
// CHECK-NEXT: const int64_t sms = spak::host_sms();
// CHECK-NEXT: return sms * 640 + p->N;
// CHECK-NEXT: }

// HEADER: int64_t N;
// HEADER-NEXT: // Device memory of k_workspace bytes, zero before the first launch that
// HEADER: void *workspace;

// JSON: "workspace": "sms * 640 + N",
// JSON: "kind": "workspace"
// JSON-NEXT: },
// JSON: "expr": "N",

spak_cuda.kernel @k_kernel(%workspace: !spak_cuda.global<i32> {spak.name = "workspace", spak.kind = "workspace"}, %n: i64 {spak.name = "n"}) attributes {threads = 128} {
  spak_cuda.return
}
spak_cuda.host @k(%n: i64 {spak.name = "N", spak.kind = "dim"}, %workspace: !spak_cuda.global<i32> {spak.name = "workspace", spak.kind = "workspace"}) {
  %there = spak_cuda.host.present %workspace : !spak_cuda.global<i32>
  spak_cuda.host.check %there, 1, "`workspace` is null"
  %aligned = spak_cuda.host.aligned %workspace to 256 : !spak_cuda.global<i32>
  spak_cuda.host.check %aligned, 2, "`workspace` is not aligned to 256 bytes"
  %each = arith.constant 640 : i64
  %sms = spak_cuda.host.sms
  %all = arith.muli %sms, %each : i64
  %bytes = arith.addi %all, %n : i64
  spak_cuda.host.workspace %bytes
  spak_cuda.host.launch @k_kernel grid %n(%workspace, %n) : !spak_cuda.global<i32>, i64
  spak_cuda.return
}
