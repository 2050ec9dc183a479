// Part of spakc. SPDX-License-Identifier: Apache-2.0
// The rotated loop of a softmax between two products: what comes out, in
// order, and where insert-sync puts the waits.
// RUN: spak-opt %S/Inputs/fmha-rotated.mlir --convert-spak-to-spak-cuda --canonicalize --cse > %t.mlir
// RUN: FileCheck %s < %t.mlir
// RUN: spak-opt %t.mlir --insert-sync | FileCheck %s --check-prefix=SYNC
// The program stays as small as it is readable: no register is a value.
// RUN: %python -c "import sys; t = open(sys.argv[1]).read(); n = sum(l.strip().startswith(('%%', 'spak_cuda.', 'scf.')) for l in t[:t.index('spak_cuda.host')].splitlines()); print(n); sys.exit(n > 300)" %t.mlir
// RUN: not grep frag.get %t.mlir

// CHECK-DAG: #[[V:.*]] = #spak_cuda.desc<lbo = 16384, sbo = 1024, swizzle = 128, kstep = 2048, ksteps_per_slab = 8, slab = 0, transposed = true>
// CHECK-DAG: #[[K:.*]] = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 16384, transposed = false>
// CHECK-DAG: #[[COL:.*]] = #spak_cuda.pattern<[2:1, 2:0, 16:8]>
// CHECK-DAG: #[[ROW:.*]] = #spak_cuda.pattern<[2:0, 2:1, 16:0]>
// CHECK-DAG: #[[STEP:.*]] = #spak_cuda.pattern<[2:8]>
// CHECK: spak_cuda.role @consumer
// The baton starts with group 0.
// CHECK: scf.if
// CHECK-NEXT: spak_cuda.bar.arrive
// The tile loop carries the three rings.
// CHECK: scf.for {{.*}} -> (i32, i32, i32)
// CHECK: spak_cuda.ring.wait
// CHECK: scf.if
// CHECK: spak_cuda.wgmma.ss {{.*}} #[[K]] n 128 k 128
// Both masks are one bound for each row, computed from the row's coordinate.
// CHECK: %[[LIMIT:.*]] = spak_cuda.map by [] coords [#[[STEP]]]
// CHECK: arith.minsi
// CHECK: () -> !spak_cuda.frag<2xi32>
// CHECK: spak_cuda.map of %[[LIMIT]], %{{.*}} by [#[[ROW]], unit] coords [#[[COL]]] in_place 1
// CHECK-NEXT: ^bb0(%[[L:.*]]: i32, %[[X:.*]]: f32, %[[C:.*]]: i32):
// CHECK-NEXT: %[[KEEP:.*]] = arith.cmpi sle, %[[C]], %[[L]]
// CHECK-NEXT: arith.select %[[KEEP]], %[[X]]
// CHECK: scf.for {{.*}} iter_args(%[[KI:.*]] = {{.*}}
// CHECK: spak_cuda.bar.sync %[[MINE:.*]] threads 256
// CHECK: spak_cuda.ring.wait
// CHECK: %[[S:.*]] = spak_cuda.wgmma.ss {{.*}} n 128 k 128
// CHECK: spak_cuda.ring.wait
// CHECK: %[[O:.*]] = spak_cuda.wgmma.rs {{.*}} #[[V]] acc
// CHECK: spak_cuda.bar.arrive %[[NEXT:.*]] threads 256
// CHECK: %[[M1:.*]] = spak_cuda.row_reduce "max" %[[S]] rows #[[ROW]] from
// CHECK: %[[M2:.*]] = spak_cuda.lane_reduce "max" %[[M1]] xor [1, 2]
// CHECK: %[[CORR:.*]] = spak_cuda.map of %{{.*}}, %[[M2]]
// CHECK: spak_cuda.map of %[[O]], %[[CORR]] by [unit, #[[ROW]]] coords [] in_place 0
// CHECK: %[[E:.*]] = spak_cuda.map of %[[S]], %{{.*}} by [unit, #[[ROW]]] coords [] in_place 0
// CHECK: spak_cuda.row_reduce "add" %[[E]] rows #[[ROW]] from
// CHECK: spak_cuda.pack %[[E]]
// CHECK: spak_cuda.store_frag

// SYNC: spak_cuda.role @consumer
// SYNC: scf.for
// SYNC: scf.for
// SYNC: spak_cuda.bar.sync
// SYNC: spak_cuda.wgmma.fence
// SYNC-NEXT: %[[S:.*]] = spak_cuda.wgmma.ss
// SYNC-NEXT: spak_cuda.wgmma.commit
// SYNC: %[[PIN:.*]]:2 = spak_cuda.wgmma.fence of
// SYNC-NEXT: %[[O:.*]] = spak_cuda.wgmma.rs %[[PIN]]#0, {{.*}} acc %[[PIN]]#1
// SYNC-NEXT: spak_cuda.wgmma.commit
// SYNC: spak_cuda.bar.arrive
// SYNC: %[[SW:.*]] = spak_cuda.wgmma.wait 1 of %[[S]] :
// SYNC-NEXT: spak_cuda.ring.release
// SYNC-NEXT: spak_cuda.row_reduce "max" %[[SW]]
// SYNC: spak_cuda.wgmma.wait 0 of %[[O]], %[[PIN]]#0 :
// SYNC-NEXT: spak_cuda.ring.release
// SYNC-NEXT: spak_cuda.map
