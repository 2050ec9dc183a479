// Part of spakc. SPDX-License-Identifier: Apache-2.0
// The blocks of a cluster make the same steps: those of the block that needs
// most of them.

// DEFINE: %{decide} = spak-opt -assign-layouts -plan-staging -plan-roles -plan-overlap -plan-grid -plan-cluster
// RUN: sed 's/tma = true/tma = true, cluster = true/; s/spak.kind = "dim"}) {$/spak.kind = "dim"}) attributes {request = #spak.request<{cluster_m = 2 : i64}>} {/' %S/Inputs/forward.mlir > %t.mlir
// RUN: %{decide} %t.mlir -o %t.1.mlir 2>/dev/null
// RUN: spak-opt %t.1.mlir -join-cluster-bounds -o %t.2.mlir
// RUN: FileCheck %s --input-file %t.2.mlir
// RUN: spak-opt %t.2.mlir -join-cluster-bounds | diff %t.2.mlir -

// CHECK: %[[START:.*]] = spak.start %m
// CHECK: %[[LAST:.*]] = spak.cluster_start %m last of 2
// CHECK: %[[END:.*]] = affine.min #{{.*}}(%[[LAST]])[%M, %N]
// CHECK: %[[UPPER:.*]] = arith.maxsi %[[END]], %{{.*}}
// What is whole stays the block's own.
// CHECK: %[[WHOLE:.*]] = affine.min #{{.*}}(%[[START]])[%M, %N]
// CHECK: %[[FULL:.*]] = arith.maxsi %[[WHOLE]], %{{.*}}
// CHECK: spak.for %n{{.*}} = %{{.*}} to %[[UPPER]] full %{{.*}} to %[[FULL]]

// A bound that grows at the low end begins at the first block's.
// RUN: sed 's/%%done:2 = spak.for %%n : !nr = %%zero to %%end full/%%done:2 = spak.for %%n : !nr = %%full to %%end full/' %t.mlir \
// RUN:   | %{decide} 2>/dev/null | spak-opt -join-cluster-bounds | FileCheck %s --check-prefix LOW
// LOW: %[[FIRST:.*]] = spak.cluster_start %m of 2
// LOW: %[[MIN:.*]] = affine.min #{{.*}}(%[[FIRST]])[%M, %N]
// LOW: %[[LOWER:.*]] = arith.maxsi %[[MIN]], %{{.*}}
// LOW: spak.for %n{{.*}} = %[[LOWER]] to

// Neighbouring heads use the first one's head of keys, which the launch checks.
// RUN: sed 's/cluster_m = 2/cluster_h = 2/' %t.mlir | %{decide} 2>/dev/null | spak-opt -join-cluster-bounds | FileCheck %s --check-prefix HEADS
// HEADS: %[[GROUP:.*]] = arith.divui %Hq, %Hkv
// HEADS: %[[REST:.*]] = arith.remui %[[GROUP]], %c2
// HEADS: %[[WHOLE:.*]] = arith.cmpi eq, %[[REST]], %c0
// HEADS: spak.require %[[WHOLE]], "Hq / Hkv is a multiple of the 2 blocks of a cluster"
// HEADS: spak.grid
// HEADS: %[[FIRST:.*]] = spak.cluster_start %h of 2 : index
// HEADS: %[[HEAD:.*]] = arith.divui %[[FIRST]], %{{.*}}
// HEADS: spak.load %K[%b, %[[HEAD]], %n, %{{.*}}]
// HEADS: spak.load %V[%b, %[[HEAD]], %n, %{{.*}}]

// Nothing to do without a cluster.
// RUN: sed 's/cluster_m = 2/cluster_m = 1/' %t.mlir | %{decide} -o %t.3.mlir 2>/dev/null
// RUN: spak-opt %t.3.mlir -join-cluster-bounds | diff %t.3.mlir -

// The rings say who goes round them together, and the proof holds.
// RUN: spak-opt %t.2.mlir -stage-loads -specialize-roles -software-pipeline -unswitch-masked-loops -check-staged 2>/dev/null | FileCheck %s --check-prefix RINGS
// RINGS-DAG: spak.ring "Q" via "tma" :
// RINGS-DAG: spak.ring "K" via "tma" {cluster = 2 : i64} :
// RINGS-DAG: spak.ring "V" via "tma" {cluster = 2 : i64} :
// RINGS: spak.ring.fill %{{.*}}[0], %Q[%b, %h, %m, %{{.*}}] :
// RINGS: spak.ring.fill %{{.*}}[0], %K{{.*}} {multicast = 2 : i64}
// RINGS: spak.ring.fill %{{.*}}[0], %V{{.*}} {multicast = 2 : i64}

// With bounds that are not joined it does not.
// RUN: not spak-opt %t.1.mlir -stage-loads -specialize-roles -software-pipeline -unswitch-masked-loops -check-staged 2>&1 | FileCheck %s --check-prefix STUCK
// STUCK: error: deadlock: role `{{.*}} of block 1 waits for ever for
