// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Folders and canonicalizations: ours, and upstream's on tiles.
// RUN: spak-opt %s --canonicalize | FileCheck %s
#l1 = #spak.layout<reg = [2:n, 2:m*8, 16:n*8], lane = [4:n*2, 8:m], warp = [4:m*16]>
!t = !spak.tile<m=64, n=128 : f32, #l1>
!u = !spak.tile<m=64, n=128 : f32>
!v = !spak.view<M, N : f32>
!m = !spak.range<m=64>
!n = !spak.range<n=128>

// Upstream arithmetic folds on tiles and keeps axes and layout.
// CHECK-LABEL: spak.kernel @upstream(
// CHECK: %[[THREE:.+]] = arith.constant dense<3.000000e+00> : !m_n_f32_regs
// CHECK-NOT: arith.addf
// CHECK: arith.cmpf ogt, %x, %[[THREE]]
spak.kernel @upstream(%v: !v, %r: !m, %q: !n, %x: !t) {
  %0 = arith.constant dense<1.0> : !t
  %1 = arith.constant dense<2.0> : !t
  %2 = arith.addf %0, %1 : !t
  %3 = arith.mulf %x, %0 : !t
  %c = arith.cmpf ogt, %3, %2 : !t
  %s = spak.select %c, %3, %2 : !spak.tile<m=64, n=128 : i1, #l1>, !t
  spak.store %s, %v[%r, %q] : !t, !v[!m, !n]
  spak.return
}

// CHECK-LABEL: spak.kernel @tiles(
// CHECK-DAG: %[[HALF:.+]] = arith.constant dense<5.000000e-01> : !spak.tile<m=64, n=128 : f32>
// CHECK-DAG: %[[EIGHTH:.+]] = arith.constant dense<1.250000e-01> : !spak.tile<m=64, n=128 : bf16>
// CHECK: spak.store %[[HALF]]
// CHECK: spak.store %x
// CHECK: spak.store %x
// CHECK: %[[ONCE:.+]] = spak.mask %x
// CHECK-NOT: spak.mask
// CHECK: spak.store %[[ONCE]]
// CHECK: %[[B:.+]] = spak.broadcast %y : !spak.tile<m=64 : f32> -> !spak.tile<m=64, n=128 : f32>
// CHECK: spak.store %[[B]]
// CHECK: spak.store %[[EIGHTH]]
spak.kernel @tiles(%v: !v, %w: !spak.view<M, N : bf16>, %m: !m, %n: !n, %x: !u, %y: !spak.tile<m=64 : f32>) {
  %f = arith.constant 0.5 : f32
  %row = spak.splat %f : f32 -> !spak.tile<m=64 : f32>
  %half = spak.broadcast %row : !spak.tile<m=64 : f32> -> !u
  spak.store %half, %v[%m, %n] : !u, !v[!m, !n]
  %true = arith.constant dense<true> : !spak.tile<m=64, n=128 : i1>
  %a = spak.select %true, %x, %half : !spak.tile<m=64, n=128 : i1>, !u
  spak.store %a, %v[%m, %n] : !u, !v[!m, !n]
  %all = spak.mask %x where [affine_map<(i) -> (i)>, affine_map<(i) -> (0)>] (%m)[] : (!m) !u
  spak.store %all, %v[%m, %n] : !u, !v[!m, !n]
  %once = spak.mask %x where [affine_map<(i) -> (i - 3)>] (%m)[] : (!m) !u
  %twice = spak.mask %once where [affine_map<(i) -> (i - 3)>] (%m)[] : (!m) !u
  spak.store %twice, %v[%m, %n] : !u, !v[!m, !n]
  %b0 = spak.broadcast %y : !spak.tile<m=64 : f32> -> !u
  %b = spak.convert %b0 : !u -> !u
  spak.store %b, %v[%m, %n] : !u, !v[!m, !n]
  %e = arith.constant dense<0.125> : !u
  %h = spak.convert %e : !u -> !spak.tile<m=64, n=128 : bf16>
  spak.store %h, %w[%m, %n] : !spak.tile<m=64, n=128 : bf16>, !spak.view<M, N : bf16>[!m, !n]
  spak.return
}

// What a loop carries without change, or for nobody, it does not carry.
// CHECK-LABEL: spak.kernel @carried(
// CHECK: %[[R:.+]] = spak.for %n: !spak.range<n=128> = %{{.+}} to %nn full %{{.+}} to %nn iter_args(%b = %x) -> (!spak.tile<m=64, n=128 : f32>) attributes {direction = "reverse"} {
// CHECK-NEXT: %[[S:.+]] = arith.addf %b, %x
// CHECK-NEXT: spak.yield %[[S]] :
// CHECK: spak.store %x
// CHECK: spak.store %[[R]]
spak.kernel @carried(%v: !v, %m: !m, %q: !n, %x: !u, %nn: index) {
  %zero = arith.constant 0 : index
  %r:3 = spak.for %n : !n = %zero to %nn full %zero to %nn iter_args(%a = %x, %b = %x, %c = %x) -> (!u, !u, !u) attributes {direction = "reverse"} {
    %s = arith.addf %b, %a : !u
    spak.yield %a, %s, %s : !u, !u, !u
  }
  spak.store %r#0, %v[%m, %q] : !u, !v[!m, !n]
  spak.store %r#1, %v[%m, %q] : !u, !v[!m, !n]
  spak.return
}

// CHECK-LABEL: spak.kernel @scalars(
// CHECK-DAG: %[[C0:.+]] = arith.constant 0 : index
// CHECK-DAG: %[[C3:.+]] = arith.constant 3 : index
// CHECK-DAG: %[[C256:.+]] = arith.constant 256 : index
// CHECK-NOT: spak.require
// CHECK: spak.for %n: !spak.range<n=128> = %[[C0]] to %[[C3]]
// CHECK: spak.load_scalar %l[%[[C256]]]
spak.kernel @scalars(%l: !spak.view<N : i32>, %o: !spak.view<N : i32>) {
  %c300 = arith.constant 300 : index
  %two = arith.constant 2 : index
  %true = arith.constant true
  spak.require %true, "always"
  %tiles = spak.tile_count %c300 by 128
  %all = spak.all : !n
  %first = spak.start %all : !n
  %third = spak.tile_range %two : !n
  %from = spak.start %third : !n
  spak.for %n : !n = %first to %tiles {
    %x = spak.load_scalar %l[%from] : !spak.view<N : i32> -> i32
    %t = spak.splat %x : i32 -> !spak.tile<n=128 : i32>
    spak.store %t, %o[%n] : !spak.tile<n=128 : i32>, !spak.view<N : i32>[!n]
  }
  spak.return
}
