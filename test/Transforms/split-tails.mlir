// Tiles of the last round that are cut: bounds from the share, the sum joined,
// what follows done by the visit that comes last.
// RUN: sed 's/slots_A = 3 : i64/slots_A = 3 : i64, order = "persistent_static", tail = "split"/' %S/Inputs/matmul.mlir > %t.mlir
// RUN: spak-opt %t.mlir -plan-grid -run-loops-once -split-tails 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --input-file=%t.remarks --check-prefix=REMARK
// REMARK: the tiles of the last round are cut along their loop: request `tail`

// CHECK: %[[FROM:.+]] = arith.select
// CHECK: %[[TO:.+]] = arith.maxsi
// CHECK: spak.grid (%[[M:[a-z0-9]+]]: {{.*}} attributes {order = #spak.order<"persistent_static", ["m", "n"], {group_m = 8 : i64, tail = "split"}>}
// CHECK-NEXT: %[[LOW:[a-z0-9]+]], %[[HIGH:[a-z0-9]+]], %[[PART:[a-z0-9]+]] = spak.share %[[FROM]] to %[[TO]] of %[[M]]
// CHECK: %[[SUM:[a-z0-9]+]] = spak.for {{.*}} = %[[LOW]] to %[[HIGH]]
// CHECK: %[[ALL:[a-z0-9]+]], %[[LAST:[a-z0-9]+]] = spak.join %[[SUM]] part %[[PART]]
// CHECK-NEXT: scf.if %[[LAST]] {
// CHECK: spak.store
// CHECK-NEXT: }

// Nothing else changes a grid.
// RUN: spak-opt %S/Inputs/matmul.mlir -plan-grid 2>/dev/null -o %t.whole.mlir
// RUN: spak-opt %t.whole.mlir -run-loops-once -split-tails | diff %t.whole.mlir -

// RUN: sed 's/slots_A = 3 : i64/tail = "split"/' %S/Inputs/matmul.mlir | not spak-opt -plan-grid 2>&1 | FileCheck %s --check-prefix=ORDER
// ORDER: error: 'spak.grid' op request `tail` = split needs `order` = persistent_static, whose last round is known to all blocks, got one_per_cta
// RUN: sed 's/slots_A = 3 : i64/tail = "torn"/' %S/Inputs/matmul.mlir | not spak-opt -plan-grid 2>&1 | FileCheck %s --check-prefix=TEXT
// TEXT: error: 'spak.grid' op request `tail`: expected "whole" or "split", got "torn"
// RUN: not spakc %src/examples/fmha/fmha.dsl -D D=64 -D causal=true -D order=persistent_static -D tail=split -o %t.cu 2>&1 | FileCheck %s --check-prefix=SPACE
// SPACE: error: {{.*}}cut tiles have one length
// RUN: spakc %src/examples/fmha/fmha.dsl -D D=64 -D causal=true -D order=persistent_static --compile-to=opened -o %t.opened.mlir
// RUN: sed 's/tail = "whole"/tail = "split"/g' %t.opened.mlir | not spak-opt --spak-to-decided 2>&1 | FileCheck %s --check-prefix=LENGTH
// LENGTH: error: 'spak.for' op request `tail` = split needs as many steps in every tile, but a bound of this loop depends on `m`
// RUN: spakc %src/test/kernels/mlp.dsl -D order=persistent_static -D cluster_m=1 --compile-to=opened -o %t.mlp.mlir
// RUN: sed 's/order = "persistent_static"/order = "persistent_static", tail = "split"/g' %t.mlp.mlir | spak-opt --spak-to-decided --spak-to-scheduled 2>/dev/null | FileCheck %s --check-prefix=CHAINED
// CHAINED: spak.join
// RUN: spakc %src/examples/matmul/matmul.dsl -D order=persistent_static -D cluster_m=2 -D tail=whole --compile-to=opened -o %t.cluster.mlir
// RUN: sed 's/tail = "whole"/tail = "split"/g' %t.cluster.mlir | not spak-opt --spak-to-decided --spak-to-scheduled 2>&1 | FileCheck %s --check-prefix=CLUSTER
// CLUSTER: error: 'spak.grid' op request `tail` = split cuts tiles for blocks, not for clusters: it needs a cluster of 1
// RUN: spakc %src/test/kernels/two_softmax.dsl -D causal=false -D order=persistent_static --compile-to=opened -o %t.two.mlir
// RUN: sed 's/order = "persistent_static"/order = "persistent_static", tail = "split"/g' %t.two.mlir | not spak-opt --spak-to-decided --spak-to-scheduled 2>&1 | FileCheck %s --check-prefix=TWO
// TWO: error: {{.*}}request `tail` = split needs
