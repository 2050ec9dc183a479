// Part of spakc. SPDX-License-Identifier: Apache-2.0
// A ring of two tiles, a product, an epilogue and a staged store.
// RUN: spak-opt %S/Inputs/gemm.mlir --convert-spak-to-spak-cuda --canonicalize --cse | FileCheck %s
// RUN: sed 's/@matmul/@zebra/' %S/Inputs/gemm.mlir | spak-opt --convert-spak-to-spak-cuda --canonicalize --cse > %t.zebra
// RUN: spak-opt %S/Inputs/gemm.mlir --convert-spak-to-spak-cuda --canonicalize --cse | sed 's/@matmul/@zebra/g' | diff - %t.zebra
// RUN: spak-opt %t.zebra --convert-spak-to-spak-cuda | diff - %t.zebra

// CHECK: #[[D:.*]] = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 0, transposed = false>
// CHECK: #[[COL:.*]] = #spak_cuda.pattern<[2:1, 16:8]>
// CHECK: #[[BROADCAST:.*]] = #spak_cuda.pattern<[2:1, 2:0, 16:2]>
// CHECK-LABEL: spak_cuda.kernel @matmul_kernel(
// CHECK-SAME: %[[TA:.*]]: !spak_cuda.tmap {spak.name = "A_map"}, %[[TB:.*]]: !spak_cuda.tmap {spak.name = "B_map"}, %[[TC:.*]]: !spak_cuda.tmap {spak.name = "C_map"}, %[[BIAS:.*]]: !spak_cuda.global<f32> {spak.name = "bias"}
// CHECK-SAME: threads = 384
// CHECK: %[[C:.*]] = spak_cuda.shared "C" : <4 x 8192 bytes of bf16>
// CHECK: %[[SA:.*]] = spak_cuda.shared "ab_0" : <4 x 16384 bytes of bf16>
// CHECK: %[[SB:.*]] = spak_cuda.shared "ab_1" : <4 x 16384 bytes of bf16>
// CHECK: %[[RING:.*]] = spak_cuda.ring "ab" full 1 empty 8 : <4>
// CHECK: spak_cuda.syncthreads

// CHECK: spak_cuda.role @producer warps 0 for 4 maxnreg 40 one_thread {
// CHECK: scf.for {{.*}} iter_args(%[[I:.*]] = %c0_i32)
// CHECK: spak_cuda.ring.acquire %[[RING]], %[[I]]
// CHECK: spak_cuda.ring.expect %[[RING]], %[[I]] bytes 32768
// CHECK: %[[SLOT:.*]] = arith.remui %[[I]], %c4_i32
// CHECK: spak_cuda.tma.load %[[TA]][{{.*}}] into %[[SA]][%[[SLOT]]] signals %[[RING]], %[[I]]
// CHECK: spak_cuda.tma.load %[[TB]][{{.*}}] into %[[SB]][%[[SLOT]]] signals %[[RING]], %[[I]]

// CHECK: spak_cuda.role @consumer warps 4 for 8 maxnreg 232 grow {
// CHECK: %[[Z:.*]] = spak_cuda.frag.fill {{.*}} -> <64xf32>
// CHECK: scf.for {{.*}} iter_args(%[[ACC:.*]] = %[[Z]], %[[J:.*]] = %c0_i32)
// CHECK: spak_cuda.ring.wait %[[RING]], %[[J]]
// CHECK: %[[Y:.*]] = spak_cuda.wgmma.ss %[[SA]][%[[S:.*]]] at %{{.*}} desc #[[D]], %[[SB]][%[[S]]] desc #[[D]] acc %[[ACC]] n 128 k 64
// CHECK: spak_cuda.ring.release %[[RING]], %[[J]] when
// CHECK: scf.yield %[[Y]]
// CHECK: unroll = 1
// CHECK: %[[B:.*]] = spak_cuda.load_frag %[[BIAS]]{{.*}} by [#[[COL]]]
// The whole epilogue is one map, and it takes the accumulator's registers.
// CHECK: %[[E:.*]] = spak_cuda.map of %{{.*}}, %[[B]] by [unit, #[[BROADCAST]]] coords [] in_place 0 {
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %[[W:.*]]: f32):
// CHECK-NEXT: %[[T:.*]] = arith.addf %[[X]], %[[W]]
// CHECK-NEXT: arith.maximumf %[[T]]
// CHECK-NEXT: spak_cuda.yield
// CHECK-NOT: spak_cuda.map
// CHECK: %[[P:.*]] = spak_cuda.pack %[[E]]
// CHECK: spak_cuda.stmatrix %[[P]] from 0, %[[C]][%[[S0:.*]]] width 128
// CHECK: spak_cuda.stmatrix %[[P]] from 16, %[[C]][%[[S1:.*]]] width 128
// CHECK: spak_cuda.fence_async
// CHECK: spak_cuda.bar.sync %{{.*}} threads 128
// CHECK: spak_cuda.tma.store %[[C]][%[[S0]]] to %[[TC]]
// CHECK: spak_cuda.tma.store %[[C]][%[[S1]]] to %[[TC]]
// CHECK: spak_cuda.tma.wait_all when

// CHECK-LABEL: spak_cuda.host @matmul(
// CHECK-SAME: spak.align = 16 : i64, spak.axes = ["M", "K"], spak.extents = ["M", "K"], spak.kind = "in", spak.name = "A"
// CHECK-SAME: spak.align = 4 : i64, spak.axes = ["N"], spak.extents = ["N"], spak.kind = "in", spak.name = "bias"
// CHECK: host.check %{{.*}}, 3, "`M` is negative"
// CHECK: host.check %{{.*}}, 1, "`A` is null"
// CHECK: host.check %{{.*}}, 2, "`A` is not aligned to 16 bytes"
// CHECK: host.check %{{.*}}, 4, "the stride of `A` along `M` is not a multiple of 16 bytes"
// CHECK: host.tensor_map %{{.*}} box [64, 128] swizzle 128
// CHECK: host.tensor_map %{{.*}} box [64, 128] swizzle 128
// CHECK: host.tensor_map %{{.*}} box [64, 64] swizzle 128
// CHECK: host.launch @matmul_kernel grid
