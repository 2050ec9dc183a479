// Operands of products come by TMA, slots from request or default; 16-bit
// results go out through as many slabs as fit.
// RUN: spak-opt %S/Inputs/forward.mlir -assign-layouts -plan-staging \
// RUN:   -o %t.1.mlir 2>%t.remarks
// RUN: FileCheck %s --input-file %t.1.mlir
// RUN: FileCheck %s --input-file %t.remarks --check-prefix REMARK
// RUN: spak-opt %S/Inputs/matmul.mlir -assign-layouts -plan-staging 2>&1 \
// RUN:   | FileCheck %s --check-prefix MATMUL
// RUN: spak-opt %S/Inputs/chained.mlir -assign-layouts \
// RUN:   -plan-staging=default-slots=3 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix THREE

// What is staged already stays as it is.
// RUN: spak-opt %t.1.mlir -plan-staging | diff %t.1.mlir -

// A hand-edited number of slots is obeyed and counted.
// RUN: sed 's/slots = 2>} : !spak.view<B, Hkv/slots = 3>} : !spak.view<B, Hkv/' \
// RUN:   %t.1.mlir | not spak-opt -plan-staging 2>&1 \
// RUN:   | FileCheck %s --check-prefix EDITED

// CHECK: spak.load %Q{{.*}} {staging = #spak.staging<"tma", slots = 1>}
// CHECK: spak.load %K{{.*}} {staging = #spak.staging<"tma", slots = 2>}
// CHECK: spak.load %V{{.*}} {staging = #spak.staging<"tma", slots = 2>}
// CHECK: spak.store {{.*}}, %O{{.*}} {staging = #spak.staging<"tma", slots = 2>}
// CHECK: spak.store {{.*}}, %LSE{{.*}} {staging = #spak.staging<"direct", slots = 0>}

// REMARK: `Q` comes by TMA through 1 slots: loaded once a tile of the grid
// REMARK: `K` comes by TMA through 2 slots: default
// REMARK: `O` goes out by TMA through 2 of 2 slabs: shared memory left: 67504 bytes

// MATMUL: remark: `A` comes by TMA through 3 slots: request `slots_A`
// MATMUL: spak.load %bias{{.*}} {staging = #spak.staging<"direct", slots = 0>}
// MATMUL: spak.store {{.*}} {staging = #spak.staging<"tma", slots = 4>}

// THREE: spak.load %x{{.*}} slots = 1>
// THREE: spak.load %w1{{.*}} slots = 3>

// EDITED: error: 'spak.kernel' op needs 263280 bytes of shared memory; a block of sm_90a has 232448
// EDITED: 98352 bytes for K, a tile of n = 128 d = 128
