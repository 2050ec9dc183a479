// Layouts spread from products; a computed operand is converted in registers.
// RUN: spak-opt %S/Inputs/forward.mlir -assign-layouts -o %t.1.mlir 2>%t.remarks
// RUN: FileCheck %s --input-file %t.1.mlir
// RUN: FileCheck %s --input-file %t.remarks --check-prefix REMARK
// RUN: spak-opt %S/Inputs/matmul.mlir -assign-layouts 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix MATMUL
// RUN: spak-opt %S/Inputs/chained.mlir -assign-layouts 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix CHAINED

// A kernel that has layouts is left alone.
// RUN: spak-opt %t.1.mlir -assign-layouts | diff %t.1.mlir -

// REMARK: remark: 2 consumer groups: rows of the products divided by the 64 of wgmma

// The sum of a row is spread over four lanes until the end.
// CHECK-DAG: #[[SUM:.*]] = #spak.layout<reg = [2:m*8], lane = [4:partial, 8:m], warp = [4:m*16], group = [2:m*64]>
// CHECK-DAG: #[[ROW:.*]] = #spak.layout<reg = [2:m*8], lane = [4:rep, 8:m], warp = [4:m*16], group = [2:m*64]>
// CHECK-DAG: #[[S:.*]] = #spak.layout<reg = [2:n, 2:m*8, 16:n*8], lane = [4:n*2, 8:m], warp = [4:m*16], group = [2:m*64]>
// CHECK-DAG: #[[O:.*]] = #spak.layout<reg = [2:d, 2:m*8, 16:d*8], lane = [4:d*2, 8:m], warp = [4:m*16], group = [2:m*64]>
// CHECK-DAG: #[[A:.*]] = #spak.layout<reg = [2:n, 2:m*8, 2:n*8, 8:n*16], lane = [4:n*2, 8:m], warp = [4:m*16], group = [2:m*64]>
// CHECK-DAG: #[[SQ:.*]] = #spak.layout<off = [64:d, 128:m, 2:d*64], swizzle = [3, 4, 3]>
// CHECK-DAG: #[[SK:.*]] = #spak.layout<off = [64:d, 128:n, 2:d*64], swizzle = [3, 4, 3]>
// CHECK-DAG: ![[TQ:.*]] = !spak.tile<m=128, d=128 : bf16, #[[SQ]]>
// CHECK-DAG: ![[TK:.*]] = !spak.tile<n=128, d=128 : bf16, #[[SK]]>
// CHECK-DAG: ![[TS:.*]] = !spak.tile<m=128, n=128 : f32, #[[S]]>
// CHECK-DAG: ![[TP:.*]] = !spak.tile<m=128, n=128 : bf16, #[[S]]>
// CHECK-DAG: ![[TA:.*]] = !spak.tile<m=128, n=128 : bf16, #[[A]]>
// CHECK-DAG: ![[TSUM:.*]] = !spak.tile<m=128 : f32, #[[SUM]]>
// CHECK-DAG: ![[TROW:.*]] = !spak.tile<m=128 : f32, #[[ROW]]>
// CHECK: spak.kernel @forward
// CHECK: spak.load %Q{{.*}} -> ![[TQ]]
// CHECK: spak.softmax.rows : {{.*}}<![[TSUM]]>
// CHECK: spak.load %K{{.*}} -> ![[TK]]
// CHECK: spak.dot {{.*}} over "d" {instr = "wgmma.ss.m64n128k16"} : ![[TQ]], ![[TK]] -> ![[TS]]
// CHECK: spak.softmax.advance {{.*}} -> ![[TROW]]
// CHECK: %[[P:.*]]:2 = spak.softmax.probs {{.*}} -> ![[TP]]
// CHECK: %[[PA:.*]] = spak.convert_layout %[[P]]#1 : ![[TP]] -> ![[TA]]
// CHECK: spak.dot %[[PA]], {{.*}} over "n" {instr = "wgmma.rs.m64n128k16"}

// A vector along columns: each thread holds those of its columns.
// MATMUL-DAG: #[[BIAS:.*]] = #spak.layout<reg = [2:n, 32:n*8], lane = [4:n*2, 8:rep], warp = [4:rep], group = [2:rep]>
// MATMUL-DAG: ![[TBIAS:.*]] = !spak.tile<n=256 : f32, #[[BIAS]]>
// MATMUL: spak.dot {{.*}} {instr = "wgmma.ss.m64n256k16"}
// MATMUL: spak.load %bias{{.*}} -> ![[TBIAS]]
// MATMUL: arith.constant dense<0.000000e+00> : !m_n_f32

// CHAINED: spak.dot {{.*}} {instr = "wgmma.ss.m64n64k16"}
// CHAINED: %[[H:.*]] = spak.convert_layout
// CHAINED: spak.dot %[[H]], {{.*}} over "f" {instr = "wgmma.rs.m64n128k16"}
