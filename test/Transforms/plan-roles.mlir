// Registers come from the register file, or from requests.
// RUN: spak-opt %S/Inputs/forward.mlir -assign-layouts -plan-staging -plan-roles \
// RUN:   -o %t.1.mlir 2>%t.remarks
// RUN: FileCheck %s --input-file %t.1.mlir
// RUN: FileCheck %s --input-file %t.remarks --check-prefix REMARK
// RUN: sed 's/by 128/by 192/;s/m=128/m=192/g' %S/Inputs/chained.mlir \
// RUN:   | spak-opt -assign-layouts -plan-staging -plan-roles 2>&1 \
// RUN:   | FileCheck %s --check-prefix THREE
// RUN: sed 's/by 128/by 64/;s/m=128/m=64/g' %S/Inputs/two-states.mlir \
// RUN:   | spak-opt -assign-layouts -plan-staging -plan-roles 2>&1 \
// RUN:   | FileCheck %s --check-prefix ONE
// RUN: sed 's/slots_A = 3 : i64/registers_producer = 40 : i64, registers_consumer = 232 : i64/' \
// RUN:   %S/Inputs/matmul.mlir \
// RUN:   | spak-opt -assign-layouts -plan-staging -plan-roles 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix ASKED

// Roles that are there stay; without staged loads there are none.
// RUN: spak-opt %t.1.mlir -plan-roles | diff %t.1.mlir -
// RUN: spak-opt %S/Inputs/forward.mlir -plan-roles | FileCheck %s --check-prefix NONE

// CHECK: roles = #spak.roles<[<"producer", warps = 4, registers = 24>, <"consumer", warps = 8, registers = 240>]>
// REMARK: 1 producer warpgroup with 24 registers, 2 consumer warpgroups with 240: register file of 65536, 3 warpgroups
// THREE: 1 producer warpgroup with 32 registers, 3 consumer warpgroups with 160: register file of 65536, 4 warpgroups
// ONE: 1 producer warpgroup with 56 registers, 1 consumer warpgroups with 240: register file of 65536, 2 warpgroups
// ASKED: <"producer", warps = 4, registers = 40>, <"consumer", warps = 8, registers = 232>
// NONE-NOT: roles

// RUN: sed 's/slots_A = 3 : i64/registers_consumer = 248 : i64, registers_producer = 24 : i64/' \
// RUN:   %S/Inputs/matmul.mlir | not spak-opt -assign-layouts -plan-staging -plan-roles 2>&1 \
// RUN:   | FileCheck %s --check-prefix FILE
// FILE: error: 'spak.kernel' op asks for 66560 registers, 24 a producer thread and 248 a consumer thread; a launch of 384 threads on sm_90a has 64512, 168 a thread out of 65536

// RUN: sed 's/slots_A = 3 : i64/registers_consumer = 236 : i64/' \
// RUN:   %S/Inputs/matmul.mlir | not spak-opt -assign-layouts -plan-staging -plan-roles 2>&1 \
// RUN:   | FileCheck %s --check-prefix STEP
// STEP: error: 'spak.kernel' op asks for 236 registers a thread; expected a multiple of 8 from 24 to 256

// RUN: sed 's/slots_A = 3 : i64/registers_consumer = 96 : i64/' \
// RUN:   %S/Inputs/matmul.mlir | not spak-opt -assign-layouts -plan-staging -plan-roles 2>&1 \
// RUN:   | FileCheck %s --check-prefix TILES
// TILES: error: 'spak.for' op holds tiles of 128 registers a thread; a consumer has 96

// RUN: sed 's/slots_A = 3 : i64/registers_consumer = 152 : i64/' \
// RUN:   %S/Inputs/matmul.mlir | spak-opt -assign-layouts -plan-staging -plan-roles 2>&1 \
// RUN:   | FileCheck %s --check-prefix SPILL
// SPILL: warning: holds tiles of 128 registers a thread; with 30 for addresses that is more than the 152 of a consumer and may spill
