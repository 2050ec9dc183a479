// Part of spakc. SPDX-License-Identifier: Apache-2.0
// A loaded first operand in registers: fetched once where it is loaded, and its
// slot given back right behind that.
// RUN: sed 's/%N: index {spak.name = "N", spak.kind = "dim"})/& attributes {request = #spak.request<{operand_Q = "registers"}>}/' %S/Inputs/forward.mlir > %t.mlir
// RUN: spak-opt %t.mlir -assign-layouts -plan-staging -plan-roles -plan-overlap -o %t.1.mlir 2>%t.remarks
// RUN: FileCheck %s --input-file %t.1.mlir
// RUN: FileCheck %s --input-file %t.remarks --check-prefix REMARK
// REMARK: remark: products read this operand from registers: request `operand_Q`
// CHECK-DAG: #[[SLABS:.*]] = #spak.layout<off = [64:d, 128:m, 2:d*64], swizzle = [3, 4, 3]>
// CHECK-DAG: #[[REGS:.*]] = #spak.layout<reg = [2:d, 2:m*8, 2:d*8, 8:d*16], lane = [4:d*2, 8:m], warp = [4:m*16], group = [2:m*64]>
// CHECK-DAG: ![[Q:.*]] = !spak.tile<m=128, d=128 : bf16, #[[SLABS]]>
// CHECK-DAG: ![[A:.*]] = !spak.tile<m=128, d=128 : bf16, #[[REGS]]>
// CHECK: %[[LOADED:.*]] = spak.load %Q
// CHECK-NEXT: %[[FETCHED:.*]] = spak.convert_layout %[[LOADED]] : ![[Q]] -> ![[A]]
// CHECK: spak.for
// CHECK: spak.dot %[[FETCHED]], {{.*}} over "d" {instr = "wgmma.rs.m64n128k16"

// RUN: spak-opt %t.1.mlir -stage-loads -specialize-roles -software-pipeline -unswitch-masked-loops -check-staged -o %t.2.mlir
// RUN: FileCheck %s --input-file %t.2.mlir --check-prefix STAGED
// STAGED: spak.role @consumer
// STAGED: %[[SLOT:.*]]:2 = spak.ring.wait %[[RING:.*]] :
// STAGED-NEXT: %[[FETCHED:.*]] = spak.convert_layout %[[SLOT]]#1
// STAGED-NEXT: spak.ring.release %[[RING]], %[[SLOT]]#0
// STAGED: spak.dot %[[FETCHED]],
// STAGED: spak.for
// STAGED: spak.dot %[[FETCHED]],
// STAGED-NOT: spak.ring.release %[[RING]],

// Fenced once, behind the read; the products in loops fence their accumulators
// and scores only, and nothing waits for the registers.
// RUN: spak-opt %t.2.mlir -convert-spak-to-spak-cuda -canonicalize -cse -insert-sync -allocate-shared -check-cuda -o %t.3.mlir
// RUN: FileCheck %s --input-file %t.3.mlir --check-prefix DEVICE
// DEVICE: spak_cuda.role @consumer
// DEVICE: spak_cuda.ring.wait %[[RING:.*]], %{{.*}} :
// DEVICE: %[[READ:.*]] = spak_cuda.ldmatrix %{{.*}}[%{{.*}}] row %{{.*}} width 128 slab 16384 : {{.*}} -> <32xvector<2xbf16>>
// DEVICE-NEXT: %[[A:.*]] = spak_cuda.wgmma.fence of %[[READ]]
// DEVICE-NEXT: spak_cuda.ring.release %[[RING]],
// DEVICE: spak_cuda.wgmma.rs %[[A]],
// DEVICE: scf.for
// DEVICE-NOT: wgmma.fence of %[[A]]
// DEVICE: spak_cuda.wgmma.rs %

// Its registers count in every loop that reads them.
// RUN: sed 's/operand_Q = "registers"/operand_Q = "registers", registers_consumer = 168 : i64/' %t.mlir \
// RUN:   | spak-opt -assign-layouts -plan-staging -plan-roles -o /dev/null 2>&1 | FileCheck %s --check-prefix DEMAND
// DEMAND: warning: holds tiles of 166 registers a thread

// RUN: sed 's/operand_Q = "registers"/operand_Q = "memory"/' %t.mlir \
// RUN:   | not spak-opt -assign-layouts 2>&1 | FileCheck %s --check-prefix WORD
// WORD: error: 'spak.kernel' op request `operand_Q`: expected "registers" or "shared", got "memory"

// RUN: sed 's/operand_Q = "registers"/operand_K = "registers"/' %t.mlir \
// RUN:   | not spak-opt -assign-layouts 2>&1 | FileCheck %s --check-prefix SIDE
// SIDE: error: 'spak.kernel' op request `operand_K` = "registers": products read that tensor as the operand that wgmma takes from shared memory only; their other one gives the rows

// RUN: sed 's/operand_Q = "registers"/operand_W = "registers"/' %t.mlir \
// RUN:   | not spak-opt -assign-layouts 2>&1 | FileCheck %s --check-prefix NONE
// NONE: error: 'spak.kernel' op request `operand_W` = "registers": no product has a tile of that tensor as its operand

// RUN: sed 's/request<{/request<{operand_A = "registers", /' %S/Inputs/matmul.mlir \
// RUN:   | not spak-opt -assign-layouts 2>&1 | FileCheck %s --check-prefix LOOP
// LOOP: error: 'spak.load' op request `operand_A` = "registers": the tile changes in the loop; its registers would be written while products still read them. Only a tile that is loaded in front of the loops may lie there
