// What a request, or the tiles, ask of shared memory that is not there.
// RUN: sed 's/slots_A = 3 : i64/slots_A = 4 : i64/;s/slots_B = 3 : i64/slots_B = 5 : i64, epilogue_slots = 4 : i64/' \
// RUN:   %S/Inputs/matmul.mlir | not spak-opt -assign-layouts -plan-staging 2>&1 \
// RUN:   | FileCheck %s --check-prefix TOO-MUCH
// TOO-MUCH: error: 'spak.kernel' op needs 296080 bytes of shared memory; a block of sm_90a has 232448
// TOO-MUCH: note: 65600 bytes for A, a tile of m = 128 k = 64
// TOO-MUCH: note: 163920 bytes for B, a tile of n = 256 k = 64
// TOO-MUCH: note: 65536 bytes for the epilogue of C, a tile of m = 128 n = 256

// RUN: sed 's/slots_A = 3 : i64/epilogue_slots = 5 : i64/' \
// RUN:   %S/Inputs/matmul.mlir | not spak-opt -assign-layouts -plan-staging 2>&1 \
// RUN:   | FileCheck %s --check-prefix SLABS
// SLABS: error: 'spak.store' op has 4 slabs; expected 0 to 4 slots, got 5 (request `epilogue_slots`)

// RUN: sed 's/slots_A = 3 : i64/slots_A = 0 : i64/' \
// RUN:   %S/Inputs/matmul.mlir | not spak-opt -assign-layouts -plan-staging 2>&1 \
// RUN:   | FileCheck %s --check-prefix NONE
// NONE: error: 'spak.load' op expected at least 1 slot for `A`, got 0 (request `slots_A`)

// RUN: sed 's/slots_A = 3 : i64/staging_A = "direct"/' \
// RUN:   %S/Inputs/matmul.mlir | not spak-opt -assign-layouts -plan-staging 2>&1 \
// RUN:   | FileCheck %s --check-prefix DIRECT
// DIRECT: error: 'spak.load' op request `staging_A` = direct: an operand of a product has to pass through shared memory

// RUN: sed 's/slots_A = 3 : i64/staging_bias = "tma"/' \
// RUN:   %S/Inputs/matmul.mlir | not spak-opt -assign-layouts -plan-staging 2>&1 \
// RUN:   | FileCheck %s --check-prefix VECTOR
// VECTOR: error: 'spak.load' op request `staging_bias` = "tma": only operands of products pass through shared memory

// RUN: sed 's/slots_A = 3 : i64/prefetch_A = 3 : i64/' \
// RUN:   %S/Inputs/matmul.mlir | not spak-opt -assign-layouts -plan-staging 2>&1 \
// RUN:   | FileCheck %s --check-prefix AHEAD
// AHEAD: error: 'spak.load' op request `prefetch_A` = 3 needs as many slots, got 2 (default)

// RUN: sed 's/slots_A = 3 : i64/slots_bias = 2 : i64/' \
// RUN:   %S/Inputs/matmul.mlir | not spak-opt -assign-layouts -plan-staging 2>&1 \
// RUN:   | FileCheck %s --check-prefix DIRECT-SLOTS
// DIRECT-SLOTS: error: 'spak.load' op request `slots_bias` = 2 : i64: only operands of products pass through shared memory

// RUN: sed 's/slots_A = 3 : i64/epilogue_slots = 2 : i64/;s/N : bf16>$/N : f32>/;s/n=256 : bf16>$/n=256 : f32>/;/spak.convert/d;s/store %o/store %u/;s/: !cb, !cv/: !c, !cv/' \
// RUN:   %S/Inputs/matmul.mlir | not spak-opt -assign-layouts -plan-staging 2>&1 \
// RUN:   | FileCheck %s --check-prefix WIDE
// WIDE: error: 'spak.kernel' op request `epilogue_slots`: no store of this kernel goes out by TMA; that takes 16-bit products whose columns are contiguous
