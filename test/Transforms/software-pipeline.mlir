// Stage 1 of an iteration runs beside stage 0 of the next.
// RUN: spak-opt %S/Inputs/forward.mlir -assign-layouts -plan-staging -plan-roles -plan-overlap \
// RUN:   -stage-loads -specialize-roles -software-pipeline -o %t.1.mlir 2>/dev/null
// RUN: FileCheck %s --input-file %t.1.mlir
// RUN: spak-opt %S/Inputs/matmul.mlir -assign-layouts -plan-staging -plan-roles -plan-overlap \
// RUN:   -stage-loads -specialize-roles -software-pipeline 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix MATMUL
// RUN: spak-opt %S/Inputs/chained.mlir -assign-layouts -plan-staging -plan-roles -plan-overlap \
// RUN:   -stage-loads -specialize-roles -software-pipeline 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix CHAINED
// RUN: spak-opt %S/Inputs/two-states.mlir -assign-layouts -plan-staging -plan-roles -plan-overlap \
// RUN:   -stage-loads -specialize-roles -software-pipeline 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix TWO

// Without stages nothing happens.
// RUN: spak-opt %t.1.mlir -software-pipeline | diff %t.1.mlir -

// CHECK: spak.role @consumer
// CHECK: %[[Q:.*]]:2 = spak.ring.wait %[[RQ:.*]] :
// CHECK: %[[SOME:.*]] = arith.cmpi slt, %[[LO:.*]], %[[HI:.*]] : index
// CHECK: scf.if %[[SOME]]

// The first tile is the last one of the axis; nothing has been seen yet.
// CHECK: %[[LAST:.*]] = arith.subi %[[HI]], %{{.*}}
// CHECK-NEXT: spak.tile_range %[[LAST]]
// CHECK: spak.dot {{.*}} over "d"
// CHECK: spak.mask
// CHECK: spak.softmax.advance {{.*}} first may_be_empty
// CHECK-NOT: spak.softmax.rescale
// CHECK: spak.softmax.probs
// CHECK: %[[P0:.*]] = spak.convert_layout

// CHECK: %[[LOOP:.*]]:3 = spak.for {{.*}} = %[[LO]] to %{{.*}} full %[[LO]] to {{.*}} iter_args(%[[P:.*]] = %[[P0]], %[[O:.*]] = %{{.*}}, %[[R:.*]] = {{.*}}direction = "reverse"
// CHECK: %[[K:.*]]:2 = spak.ring.wait
// CHECK-NEXT: %[[S:.*]] = spak.dot %[[Q]]#1, %[[K]]#1 over "d"
// CHECK-NEXT: %[[V:.*]]:2 = spak.ring.wait
// CHECK-NEXT: %[[O1:.*]] = spak.dot %[[P]], %[[V]]#1 acc %[[O]] over "n"
// CHECK-NEXT: spak.ring.release {{.*}}, %[[K]]#0
// CHECK: %[[A:.*]]:2 = spak.softmax.advance %[[R]]
// CHECK-NEXT: spak.ring.release {{.*}}, %[[V]]#0
// CHECK-NEXT: spak.softmax.rescale %[[O1]] by %[[A]]#1
// CHECK-NOT: spak.stage

// The slot that only stage 0 reads is given back before the epilogue.
// CHECK: spak.ring.release %[[RQ]], %[[Q]]#0
// CHECK-NEXT: %[[VL:.*]]:2 = spak.ring.wait
// CHECK-NEXT: spak.dot %[[LOOP]]#0, %[[VL]]#1 acc %[[LOOP]]#1 over "n"
// CHECK-NEXT: spak.ring.release {{.*}}, %[[VL]]#0
// CHECK: } else {
// CHECK-NEXT: spak.ring.release %[[RQ]], %[[Q]]#0
// CHECK-NEXT: scf.yield

// MATMUL: spak.role @consumer
// MATMUL: scf.if
// MATMUL: %[[W0:.*]]:3 = spak.ring.wait
// MATMUL-NEXT: %[[D0:.*]] = spak.dot
// MATMUL: %[[LOOP:.*]]:2 = spak.for {{.*}} iter_args(%[[ACC:.*]] = %[[D0]], %[[OLD:.*]] = %[[W0]]#0)
// MATMUL-NEXT: %[[W:.*]]:3 = spak.ring.wait
// MATMUL-NEXT: %[[D:.*]] = spak.dot {{.*}} acc %[[ACC]]
// MATMUL-NEXT: spak.ring.release {{.*}}, %[[OLD]]
// MATMUL-NEXT: spak.yield %[[D]], %[[W]]#0
// MATMUL: spak.ring.release {{.*}}, %[[LOOP]]#1
// MATMUL-NEXT: scf.yield %[[LOOP]]#0

// CHAINED: spak.role @consumer
// CHAINED: spak.for {{.*}} iter_args(%[[H:.*]] = {{.*}}, %[[O:.*]] =
// CHAINED: spak.dot {{.*}} over "d"
// CHAINED: %[[W:.*]]:2 = spak.ring.wait
// CHAINED-NEXT: spak.dot %[[H]], %[[W]]#1 acc %[[O]] over "f"
// CHAINED: math.erf

// TWO: spak.role @consumer
// TWO: spak.for
// TWO: spak.dot {{.*}} over "d"
// TWO: spak.dot {{.*}} over "d"
// TWO: spak.dot {{.*}} over "n"
// TWO: spak.dot {{.*}} over "n"
// TWO: spak.softmax.advance
// TWO: spak.softmax.advance

// Stages that break a def-use are refused.
// RUN: spak-opt %S/Inputs/matmul.mlir -assign-layouts -plan-staging -plan-overlap 2>/dev/null \
// RUN:   | sed 's/spak.stage = #spak.stage<0, 0>/spak.stage = #spak.stage<1, 0>/' \
// RUN:   | not spak-opt -software-pipeline 2>&1 | FileCheck %s --check-prefix BROKEN
// BROKEN: error: 'spak.dot' op with stage 0 and order 2 needs a value of its iteration, of stage 1 and order 0, which comes later
// RUN: spak-opt %S/Inputs/matmul.mlir -assign-layouts -plan-staging -plan-overlap 2>/dev/null \
// RUN:   | sed 's/spak.stage = #spak.stage<0, 0>/spak.stage = #spak.stage<2, 0>/' \
// RUN:   | not spak-opt -software-pipeline 2>&1 | FileCheck %s --check-prefix TWO-LATE
// TWO-LATE: error: 'spak.load' op expected stage 0 or 1, got 2
// RUN: spak-opt %S/Inputs/matmul.mlir -assign-layouts -plan-staging -plan-overlap 2>/dev/null \
// RUN:   | sed 's/spak.stage = #spak.stage<0, 0>, //' \
// RUN:   | not spak-opt -software-pipeline 2>&1 | FileCheck %s --check-prefix MISSING
// MISSING: error: 'spak.load' op has no stage, while others of its loop have one
