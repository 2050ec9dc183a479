// Each role has its own copy of the grid, with equal loops.
// RUN: spak-opt %S/Inputs/forward.mlir -assign-layouts -plan-staging -plan-roles -plan-overlap \
// RUN:   -stage-loads -specialize-roles -o %t.1.mlir 2>/dev/null
// RUN: FileCheck %s --input-file %t.1.mlir

// Without roles nothing happens; neither does it a second time.
// RUN: spak-opt %t.1.mlir -specialize-roles | diff %t.1.mlir -
// RUN: spak-opt %S/Inputs/matmul.mlir -assign-layouts -plan-staging -stage-loads -o %t.0.mlir 2>/dev/null
// RUN: spak-opt %t.0.mlir -specialize-roles | diff %t.0.mlir -

// CHECK: spak.roles {
// CHECK-NEXT: spak.role @producer warps 4 registers 24 {
// CHECK: spak.grid
// CHECK-NOT: {{spak.dot|spak.ring.wait|spak.ring.release|spak.softmax|spak.stage|iter_args| full }}
// CHECK: spak.ring.fill {{.*}}, %Q
// CHECK-NOT: {{spak.dot|spak.ring.wait|spak.ring.release|spak.softmax|spak.stage|iter_args| full }}
// CHECK: %[[END:.*]] = arith.maxsi
// CHECK-NEXT: spak.for {{.*}} to %[[END]] attributes {direction = "reverse"} {
// CHECK-NOT: {{spak.dot|spak.ring.wait|spak.ring.release|spak.softmax|spak.stage}}
// CHECK: spak.ring.fill {{.*}}, %K
// CHECK: spak.ring.fill {{.*}}, %V

// CHECK: spak.role @consumer warps 8 registers 240 {
// CHECK-NOT: {{spak.ring.acquire|spak.ring.fill|spak.ring.commit|arith.divui}}
// CHECK: spak.for {{.*}} full {{.*}} iter_args
// CHECK-NOT: {{spak.ring.acquire|spak.ring.fill|spak.ring.commit}}
// CHECK: spak.store
// CHECK: spak.store

// With turns, one role's groups take and pass around their products, as often
// on each path.
// RUN: sed 's/"dim"}) {$/"dim"}) attributes {request = #spak.request<{overlap = "both"}>} {/' %S/Inputs/forward.mlir \
// RUN:   | spak-opt -assign-layouts -plan-staging -plan-roles -plan-overlap \
// RUN:     -stage-loads -specialize-roles -software-pipeline 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix TURN
// TURN: spak.role @consumer warps 8 registers 240 turn ["dots"] {
// TURN: scf.if
// TURN: spak.turn "take" "dots"
// TURN-NEXT: spak.dot {{.*}} over "d"
// TURN-NEXT: spak.turn "pass" "dots"
// TURN: spak.for
// TURN: spak.turn "take" "dots"
// TURN-NEXT: spak.dot {{.*}} over "d"
// TURN: spak.dot {{.*}} over "n"
// TURN-NEXT: spak.turn "pass" "dots"
// TURN-NOT: spak.turn
