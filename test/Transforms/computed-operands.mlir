// A computed operand in registers, or by way of shared memory.
// RUN: sed 's/%N: index {spak.name = "N", spak.kind = "dim"})/& attributes {request = #spak.request<{computed = "shared"}>}/' %S/Inputs/forward.mlir > %t.mlir
// RUN: spak-opt %t.mlir -assign-layouts -plan-staging -plan-roles -plan-overlap -o %t.1.mlir 2>%t.remarks
// RUN: FileCheck %s --input-file %t.1.mlir
// RUN: FileCheck %s --input-file %t.remarks --check-prefix REMARK
// REMARK: a computed operand passes through shared memory: request `computed`
// CHECK-DAG: #[[SLABS:.*]] = #spak.layout<off = [64:n, 128:m, 2:n*64], swizzle = [3, 4, 3]>
// CHECK-DAG: ![[P:.*]] = !spak.tile<m=128, n=128 : bf16, #[[SLABS]]>
// CHECK: %[[COPY:.*]] = spak.convert_layout %{{.*}} {buffer = 0 : i64, {{.*}}} : {{.*}} -> ![[P]]
// CHECK: spak.dot %[[COPY]], {{.*}} over "n" {instr = "wgmma.ss.m64n128k16"

// Each group writes its rows, makes them visible, and only then issues; a
// product that still reads the buffer is waited for.
// RUN: spak-opt %t.1.mlir -stage-loads -specialize-roles -software-pipeline -unswitch-masked-loops -check-staged \
// RUN:   -convert-spak-to-spak-cuda -canonicalize -cse -insert-sync -allocate-shared -check-cuda -o %t.2.mlir
// RUN: FileCheck %s --input-file %t.2.mlir --check-prefix DEVICE
// DEVICE: %[[BUFFER:.*]] = spak_cuda.shared "computed0"
// DEVICE: scf.for {{.*}} !spak_cuda.frag
// DEVICE: spak_cuda.wgmma.ss %[[BUFFER]]
// DEVICE: spak_cuda.wgmma.wait 0
// DEVICE: %[[BITS:.*]] = spak_cuda.pack
// DEVICE-NEXT: spak_cuda.stmatrix %[[BITS]] from 0, %[[BUFFER]][%{{.*}}] row %[[ROW:.*]] width 128
// DEVICE-NEXT: spak_cuda.stmatrix %[[BITS]] from 16, %[[BUFFER]][%{{.*}}] row %[[ROW]] width 128 {offset = 16384 : i64}
// DEVICE-NEXT: spak_cuda.fence_async
// DEVICE-NEXT: spak_cuda.bar.sync %{{.*}} threads 128
// DEVICE: scf.yield

// The checks see what is missing.
// RUN: sed '/spak_cuda.fence_async/d' %t.2.mlir | not spak-opt -check-cuda 2>&1 | FileCheck %s --check-prefix FENCE
// FENCE: PRODUCT-FENCE: expected fence_async, then a barrier between the writes of the operand and the product

// RUN: sed 's/computed = "shared"/computed = "memory"/' %t.mlir \
// RUN:   | not spak-opt -assign-layouts 2>&1 | FileCheck %s --check-prefix WORD
// WORD: error: 'spak.kernel' op request `computed`: expected "registers" or "shared", got "memory"

// It counts as shared memory.
// RUN: sed 's/computed = "shared"/computed = "shared", slots_K = 4 : i64/' %t.mlir \
// RUN:   | not spak-opt -assign-layouts -plan-staging 2>&1 | FileCheck %s --check-prefix BYTES
// BYTES: bytes of shared memory; a block of sm_90a has 232448
// BYTES: note: 32768 bytes for a computed operand, a tile of m = 128 n = 128
