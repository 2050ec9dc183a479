// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Which blocks form clusters, and what they fetch together.

// DEFINE: %{decide} = spak-opt -assign-layouts -plan-staging -plan-roles -plan-overlap -plan-grid -plan-cluster
// RUN: sed 's/tma = true/tma = true, cluster = true/; s/slots_A = 3 : i64/cluster_m = 2 : i64/' %S/Inputs/matmul.mlir > %t.m.mlir
// RUN: sed 's/tma = true/tma = true, cluster = true/; s/slots_A = 3 : i64/cluster_n = 2 : i64/' %S/Inputs/matmul.mlir > %t.n.mlir

// Along m the blocks need the same tiles of B, along n those of A.
// RUN: %{decide} %t.m.mlir -o %t.1.mlir 2>%t.remarks
// RUN: FileCheck %s --check-prefix M --input-file %t.1.mlir
// RUN: FileCheck %s --check-prefix REMARK --input-file %t.remarks
// RUN: %{decide} %t.n.mlir 2>/dev/null | FileCheck %s --check-prefix N
// M: order = #spak.order<"one_per_cta", ["m", "n"], {cluster_m = 2 : i64, group_m = 8 : i64}>
// M: spak.load %A{{.*}}staging = #spak.staging<"tma", slots = 2>
// M: spak.load %B{{.*}}staging = #spak.staging<"tma", slots = 3, multicast = 2>
// M: spak.load %bias{{.*}}staging = #spak.staging<"direct", slots = 0>
// REMARK: `B` is fetched once for 2 blocks: the same tile along `m`
// REMARK: clusters of 2 blocks along `m`: request `cluster_m`
// N: {cluster_n = 2 : i64, group_m = 8 : i64}
// N: spak.load %A{{.*}}slots = 2, multicast = 2>
// N: spak.load %B{{.*}}slots = 3>

// A cluster that is there stays; 1 asks for none.
// RUN: spak-opt %t.1.mlir -plan-cluster | diff %t.1.mlir -
// RUN: sed 's/cluster_m = 2/cluster_m = 1/' %t.m.mlir | %{decide} 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix ONE --implicit-check-not=multicast
// ONE: order = #spak.order<"one_per_cta", ["m", "n"], {group_m = 8 : i64}>

// The bound of the loop grows along m, and its masks cut the rest.
// RUN: sed 's/tma = true/tma = true, cluster = true/; s/spak.kind = "dim"}) {$/spak.kind = "dim"}) attributes {request = #spak.request<{cluster_m = 2 : i64}>} {/' %S/Inputs/forward.mlir > %t.f.mlir
// RUN: %{decide} %t.f.mlir -o %t.2.mlir 2>/dev/null
// RUN: FileCheck %s --check-prefix CAUSAL --input-file %t.2.mlir
// CAUSAL: {cluster_m = 2 : i64, m = "longest_first"}
// CAUSAL: spak.load %Q{{.*}}slots = 1>
// CAUSAL: spak.load %K{{.*}}multicast = 2>
// CAUSAL: spak.load %V{{.*}}multicast = 2>

// Heads that may share a head of keys, if the launch finds that they do.
// RUN: sed 's/cluster_m = 2/cluster_h = 2/' %t.f.mlir | %{decide} 2>/dev/null | FileCheck %s --check-prefix HEADS
// HEADS: {cluster_h = 2 : i64, m = "longest_first"}
// HEADS: spak.load %K[%b, {{.*}}multicast = 2>

// Refusals.
// RUN: sed 's/cluster_m = 2 : i64/cluster_m = 2 : i64, cluster_n = 2 : i64/' %t.m.mlir | not %{decide} 2>&1 | FileCheck %s --check-prefix TWICE
// TWICE: error: 'spak.grid' op blocks form clusters along one variable, got requests for `m` and `n`
// RUN: sed 's/cluster_m = 2/cluster_m = 0/' %t.m.mlir | not %{decide} 2>&1 | FileCheck %s --check-prefix NONE
// NONE: error: 'spak.grid' op expected a cluster of 1 block or more along `m`, got 0 (request `cluster_m`)
// RUN: sed 's/, cluster = true//' %t.m.mlir | not %{decide} 2>&1 | FileCheck %s --check-prefix TARGET
// TARGET: error: 'spak.grid' op sm_90a has no clusters of blocks (request `cluster_m`)
// RUN: sed 's/cluster_m = 2/cluster_b = 2/' %t.f.mlir | not %{decide} 2>&1 | FileCheck %s --check-prefix NOTHING
// NOTHING: error: 'spak.grid' op blocks that are neighbours along `b` have no tile in common that they could fetch together (request `cluster_b`)
// RUN: sed 's/cluster_m = 2/cluster_m = 3/' %t.m.mlir | not %{decide} 2>&1 | FileCheck %s --check-prefix THREE
// THREE: remark: `B` is fetched by each block: its tile does not divide into 3 equal parts
// THREE: error: 'spak.grid' op blocks that are neighbours along `m` have no tile in common

// Without masks nothing cuts the steps that only the other block needs, and a
// bound that goes up and down has no widest end.
// RUN: sed '/%%s1 = spak.mask/d; /%%s2 = spak.mask/d; s/%%s2/%%s0/g' %t.f.mlir | not %{decide} 2>&1 | FileCheck %s --check-prefix UNMASKED
// UNMASKED: error: 'spak.for' op has a bound that is another one in each block of a cluster along `m`, where the blocks must make the same steps (request `cluster_m`)
// UNMASKED: note: no mask in the loop cuts what lies beyond it
// RUN: sed 's/%%end = arith.maxsi %%end0, %%zero/%%end = arith.remui %%end0, %%M/' %t.f.mlir | not %{decide} 2>&1 | FileCheck %s --check-prefix UNEVEN
// UNEVEN: error: 'spak.for' op has a bound that is another one in each block
// UNEVEN: note: it does not simply grow or shrink along the variable
