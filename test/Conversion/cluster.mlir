// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Blocks of a cluster fetch shares of a tile for each other: whole slabs, else
// rows; who frees a slot tells all of them; the grid is counted in clusters.
// DEFINE: %{mm} = spakc %src/examples/matmul/matmul.dsl -D tile_m=128 -D tile_n=128 -D stages=3 -D group_m=8
// RUN: %{mm} -D order=persistent_static -D cluster_m=2 --compile-to=cuda | FileCheck %s
// RUN: %{mm} -D order=one_per_cta -D cluster_m=4 --compile-to=cuda | FileCheck %s --check-prefix FOUR
// RUN: %{mm} -D order=one_per_cta -D cluster_n=2 --compile-to=cuda | FileCheck %s --check-prefix ALONG_N
// RUN: %{mm} -D cluster_m=1 --compile-to=cuda | FileCheck %s --check-prefix ALONE --implicit-check-not=cluster_sync --implicit-check-not=multicast

// CHECK-LABEL: spak_cuda.kernel @matmul_kernel(
// CHECK-SAME: cluster = 2 : i64
// CHECK-SAME: registers = 168 : i64
// Arrivals of 8 warps from each of two blocks.
// CHECK: spak_cuda.ring "A_B" full 1 empty 16 at {{[0-9]+}} {cluster = 2 : i64} : <3>
// CHECK-NOT: spak_cuda.syncthreads
// CHECK: spak_cuda.cluster_sync
// CHECK: spak_cuda.role @producer
// CHECK-DAG: %[[BLOCK:.*]] = spak_cuda.block
// CHECK-DAG: %[[RANK:.*]] = arith.remui %[[BLOCK]], %c2_i32
// CHECK-DAG: %[[CLUSTER:.*]] = arith.divui %[[BLOCK]], %c2_i32
// CHECK-DAG: %[[CLUSTERS:.*]] = arith.divui %{{.*}}, %c2_i32
// CHECK-DAG: %[[ROWS:.*]] = arith.muli %[[RANK]], %c64_i32
// CHECK-DAG: %[[BYTES:.*]] = arith.muli %[[RANK]], %c8192_i32
// CHECK: scf.for %{{.*}} = %[[CLUSTER]] to %{{.*}} step %[[CLUSTERS]]
// CHECK: %[[PAIR:.*]] = arith.muli %{{.*}}, %c2_i32
// CHECK: %[[M:.*]] = arith.addi %[[PAIR]], %[[RANK]]
// The bytes are those of the whole slot, whoever brings them.
// CHECK: spak_cuda.ring.expect %{{.*}} bytes 32768
// CHECK: spak_cuda.tma.load %{{.*}} into %{{.*}} signals %{{.*}} : <3 x 16384 bytes of bf16>
// CHECK: %[[ROW:.*]] = arith.addi %{{.*}}, %[[ROWS]]
// CHECK: spak_cuda.tma.load %{{.*}}[%{{.*}}, %[[ROW]]] into %{{.*}} at %[[BYTES]] signals %{{.*}} {multicast = 2 : i64}
// CHECK: spak_cuda.role @consumer
// CHECK-DAG: %[[LANE:.*]] = spak_cuda.lane
// CHECK-DAG: %[[FIRST:.*]] = arith.cmpi slt, %[[LANE]], %c2_i32
// CHECK-DAG: %[[TOLD:.*]] = arith.remui %[[LANE]], %c2_i32
// CHECK: spak_cuda.ring.release %{{.*}} when %[[FIRST]] to %[[TOLD]]
// CHECK: spak_cuda.cluster_sync
// CHECK-NEXT: spak_cuda.return
// CHECK-LABEL: spak_cuda.host @matmul(
// CHECK: "the grid has more than {{[0-9]+}} clusters"
// CHECK: %[[PAIRS:.*]] = spak_cuda.host.clusters @matmul_kernel
// CHECK: %[[GRID:.*]] = arith.minsi %{{.*}}, %[[PAIRS]]
// CHECK: arith.muli %[[GRID]], %c2
// CHECK: host.tensor_map {{.*}} box [64, 128]
// CHECK: host.tensor_map {{.*}} box [64, 64]

// FOUR: cluster = 4 : i64
// FOUR: ring "A_B" full 1 empty 32
// FOUR: multicast = 4
// FOUR: box [64, 128]
// FOUR: box [64, 32]

// Rows of A are shared.
// ALONG_N: tma.load {{.*}} at %{{.*}} {multicast = 2 : i64}
// ALONG_N: tma.load {{.*}} signals %{{[^{]*}} : <3 x 16384
// ALONG_N: box [64, 64]
// ALONG_N: box [64, 128]

// ALONE: spak_cuda.syncthreads

// A tile of two slabs is shared by slabs, and boxes stay whole.
// RUN: spakc %src/examples/fmha/fmha.dsl -D D=128 -D causal=false -D tile_m=128 -D tile_n=128 -D stages=2 -D cluster_m=2 --compile-to=cuda | FileCheck %s --check-prefix SLABS
// SLABS-DAG: arith.muli %{{.*}}, %c64_i32
// SLABS-DAG: arith.muli %{{.*}}, %c16384_i32
// A block brings one of two slabs of K and of V.
// SLABS-COUNT-2: tma.load {{.*}} into %{{.*}} at %{{.*}} {multicast = 2 : i64}
// SLABS-NOT: multicast
// SLABS: box [64, 128, 1, 1]
// SLABS: box [64, 128, 1, 1]
// SLABS: box [64, 128, 1, 1]
