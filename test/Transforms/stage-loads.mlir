// Staged loads become rings; a slot is released where nothing reads it any
// more, and before what waits for its last product.
// RUN: spak-opt %S/Inputs/forward.mlir -assign-layouts -plan-staging -plan-overlap -stage-loads \
// RUN:   -o %t.1.mlir 2>/dev/null
// RUN: FileCheck %s --input-file %t.1.mlir
// RUN: spak-opt %S/Inputs/matmul.mlir -assign-layouts -plan-staging -plan-overlap -stage-loads 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix MATMUL
// RUN: spak-opt %S/Inputs/forward.mlir -assign-layouts -plan-staging -stage-loads 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix PLAIN

// Without staged loads nothing happens.
// RUN: spak-opt %t.1.mlir -stage-loads | diff %t.1.mlir -
// RUN: spak-opt %S/Inputs/forward.mlir -o %t.0.mlir
// RUN: spak-opt %t.0.mlir -stage-loads | diff %t.0.mlir -

// CHECK: %[[RQ:.*]] = spak.ring "Q" via "tma" : {{.*}}slots = 1>
// CHECK: %[[RK:.*]] = spak.ring "K" via "tma" : {{.*}}slots = 2>
// CHECK: %[[RV:.*]] = spak.ring "V" via "tma" : {{.*}}slots = 2>
// CHECK: spak.grid
// CHECK: %[[SQ:.*]] = spak.ring.acquire %[[RQ]]
// CHECK: spak.ring.fill %[[SQ]][0], %Q
// CHECK: spak.ring.commit %[[RQ]], %[[SQ]]
// CHECK: %[[Q:.*]]:2 = spak.ring.wait %[[RQ]]
// CHECK: spak.for
// CHECK: spak.ring.acquire %[[RK]] {spak.stage = #spak.stage<0, 0>}
// CHECK: spak.ring.fill {{.*}} {spak.stage = #spak.stage<0, 1>}
// CHECK: spak.ring.commit {{.*}} {spak.stage = #spak.stage<0, 2>}
// CHECK: spak.ring.acquire %[[RV]] {spak.stage = #spak.stage<1, 5>}
// CHECK: %[[K:.*]]:2 = spak.ring.wait %[[RK]] {spak.stage = #spak.stage<0, 3>}
// CHECK: spak.dot %[[Q]]#1, %[[K]]#1 {{.*}}spak.stage = #spak.stage<0, 4>
// CHECK: spak.ring.release %[[RK]], %[[K]]#0 {spak.stage = #spak.stage<0, 10>}
// CHECK: spak.mask {{.*}} {spak.stage = #spak.stage<0, 11>}
// CHECK: spak.softmax.rescale {{.*}} {spak.stage = #spak.stage<0, 15>}
// CHECK: %[[V:.*]]:2 = spak.ring.wait %[[RV]] {spak.stage = #spak.stage<1, 8>}
// CHECK: spak.dot {{.*}}, %[[V]]#1 {{.*}}spak.stage = #spak.stage<1, 9>
// CHECK: spak.ring.release %[[RV]], %[[V]]#0 {spak.stage = #spak.stage<1, 14>}
// CHECK: spak.ring.release %[[RQ]], %[[Q]]#0

// Both operands share a ring; its release is one iteration late.
// MATMUL: %[[R:.*]] = spak.ring "A_B" via "tma" : !spak.ring<(!{{[a-z_0-9]*}}, !{{[a-z_0-9]*}}), slots = 3>
// MATMUL: %[[S:.*]] = spak.ring.acquire %[[R]]
// MATMUL: spak.ring.fill %[[S]][0], %A
// MATMUL: spak.ring.fill %[[S]][1], %B
// MATMUL: spak.ring.commit %[[R]], %[[S]]
// MATMUL: %[[W:.*]]:3 = spak.ring.wait %[[R]]
// MATMUL: spak.dot %[[W]]#1, %[[W]]#2
// MATMUL: spak.ring.release %[[R]], %[[W]]#0 {spak.stage = #spak.stage<1, 6>}
// MATMUL-NOT: {{spak.ring.(acquire|wait|release)}}
// MATMUL: spak.load %bias

// Without stages the text itself has the order.
// PLAIN: spak.for
// PLAIN: spak.ring.commit
// PLAIN: spak.ring.commit
// PLAIN: %[[K:.*]]:2 = spak.ring.wait %[[RK:.*]] :
// PLAIN-NEXT: spak.dot
// PLAIN-NEXT: spak.ring.release %[[RK]], %[[K]]#0
// PLAIN-NEXT: spak.mask
// PLAIN: spak.convert_layout
// PLAIN-NEXT: %[[V:.*]]:2 = spak.ring.wait %[[RV:.*]] :
// PLAIN-NEXT: spak.dot
// PLAIN-NEXT: spak.ring.release %[[RV]], %[[V]]#0
// PLAIN-NEXT: spak.yield

// A release that the stages put beside the next wait needs a second slot.
// RUN: spak-opt %S/Inputs/matmul.mlir -assign-layouts -plan-staging -plan-overlap 2>/dev/null \
// RUN:   | sed 's/"tma", slots = 3/"tma", slots = 1/' | not spak-opt -stage-loads 2>&1 \
// RUN:   | FileCheck %s --check-prefix ONE
// ONE: error: 'spak.load' op is read in stage 0 and released in stage 1, which needs 2 slots, got 1
