// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Scores become a positive number times a sum of products and ramps.
// RUN: spak-opt %s --form-scores -split-input-file | FileCheck %s
// RUN: spak-opt %s --form-scores -split-input-file > %t.once
// RUN: spak-opt %t.once --form-scores -split-input-file | diff - %t.once
!q = !spak.tile<m=64, d=64 : bf16>
!k = !spak.tile<n=32, d=64 : bf16>
!s = !spak.tile<m=64, n=32 : f32>
!i = !spak.tile<m=64, n=32 : i32>
!st = !spak.softmax<rows m=64, width d=64>
#causal = affine_map<(i, j) -> (i - j)>

// The factor of unknown sign stays a product; the positive one goes outside.
// CHECK-LABEL: spak.kernel @signs(
// CHECK: %[[X:.+]] = spak.dot
// CHECK-NEXT: %[[C:.+]] = spak.splat %c
// CHECK-NEXT: %[[XC:.+]] = arith.mulf %[[X]], %[[C]]
// CHECK-NEXT: %[[M:.+]] = spak.mask %[[XC]]
// CHECK-NEXT: %[[A:.+]] = spak.splat %a
// CHECK-NEXT: %[[S:.+]] = arith.mulf %[[M]], %[[A]]
// CHECK-NEXT: spak.softmax.update %{{.+}}, %[[S]], %v
spak.kernel @signs(%q: !q, %k: !k, %v: !k, %a: f32, %c: f32, %nn: index,
                   %m: !spak.range<m=64>, %O: !spak.view<M, D=64 : f32>) {
  %zero = arith.constant 0 : index
  %f0 = arith.constant 0.0 : f32
  %positive = arith.cmpf ogt, %a, %f0 : f32
  spak.require %positive, "a > 0"
  %d = spak.all : !spak.range<d=64>
  %init = spak.softmax.init : !st
  %r = spak.for %n : !spak.range<n=32> = %zero to %nn iter_args(%st = %init) -> (!st) {
    %x = spak.dot %q, %k over "d" : !q, !k -> !s
    %as = spak.splat %a : f32 -> !s
    %cs = spak.splat %c : f32 -> !s
    %t = arith.mulf %x, %as : !s
    %u = arith.mulf %t, %cs : !s
    %y = spak.mask %u where [#causal](%m, %n)[] : (!spak.range<m=64>, !spak.range<n=32>) !s
    %next = spak.softmax.update %st, %y, %v over "n" : !st, !s, !k
    spak.yield %next : !st
  }
  %o = spak.softmax.output %r : !st -> !spak.tile<m=64, d=64 : f32>
  spak.store %o, %O[%m, %d] : !spak.tile<m=64, d=64 : f32>, !spak.view<M, D=64 : f32>[!spak.range<m=64>, !spak.range<d=64>]
  spak.return
}

// -----
!q = !spak.tile<m=64, d=64 : bf16>
!k = !spak.tile<n=32, d=64 : bf16>
!s = !spak.tile<m=64, n=32 : f32>
!i = !spak.tile<m=64, n=32 : i32>
!st = !spak.softmax<rows m=64, width d=64>
#causal = affine_map<(i, j) -> (i - j)>

// x * a - b * (2 n - m + M) under a mask: a ramp by -b / a around the mask.
// CHECK-DAG: #[[ALONG:.+]] = affine_map<(d0, d1)[s0] -> (d0 * 2 - d1 + s0)>
// CHECK-LABEL: spak.kernel @ramp(
// CHECK: %[[ONE:.+]] = arith.constant -1.000000e+00 : f32
// CHECK: %[[NB:.+]] = arith.mulf %[[ONE]], %b : f32
// CHECK: %[[BY:.+]] = arith.divf %[[NB]], %a : f32
// CHECK: spak.for %n
// CHECK: %[[X:.+]] = spak.dot
// CHECK: %[[M:.+]] = spak.mask %[[X]]
// CHECK-NEXT: %[[R:.+]] = spak.ramp %[[M]] by %[[BY]] along #[[ALONG]](%n, %m) [%M]
// CHECK-NEXT: %[[A:.+]] = spak.splat %a
// CHECK-NEXT: %[[S:.+]] = arith.mulf %[[R]], %[[A]]
// CHECK-NEXT: spak.softmax.update %{{.+}}, %[[S]], %v
// CHECK-NOT: arith.addf
spak.kernel @ramp(%q: !q, %k: !k, %v: !k, %a: f32, %b: f32, %nn: index,
                  %M: index, %m: !spak.range<m=64>,
                  %O: !spak.view<M, D=64 : f32>) {
  %zero = arith.constant 0 : index
  %f0 = arith.constant 0.0 : f32
  %positive = arith.cmpf ogt, %a, %f0 : f32
  spak.require %positive, "a > 0"
  %d = spak.all : !spak.range<d=64>
  %init = spak.softmax.init : !st
  %two = arith.constant dense<2> : !i
  %rows = arith.index_cast %M : index to i32
  %r = spak.for %n : !spak.range<n=32> = %zero to %nn iter_args(%st = %init) -> (!st) {
    %x = spak.dot %q, %k over "d" : !q, !k -> !s
    %as = spak.splat %a : f32 -> !s
    %t = arith.mulf %x, %as : !s
    %in = spak.index %n : !spak.range<n=32> -> !spak.tile<n=32 : i32>
    %im = spak.index %m : !spak.range<m=64> -> !spak.tile<m=64 : i32>
    %bn = spak.broadcast %in : !spak.tile<n=32 : i32> -> !i
    %bm = spak.broadcast %im : !spak.tile<m=64 : i32> -> !i
    %n2 = arith.muli %bn, %two : !i
    %diff = arith.subi %n2, %bm : !i
    %sM = spak.splat %rows : i32 -> !i
    %all = arith.addi %diff, %sM : !i
    %f = spak.convert %all : !i -> !s
    %bs = spak.splat %b : f32 -> !s
    %term = arith.mulf %bs, %f : !s
    %u = arith.subf %t, %term : !s
    %y = spak.mask %u where [#causal](%m, %n)[] : (!spak.range<m=64>, !spak.range<n=32>) !s
    %next = spak.softmax.update %st, %y, %v over "n" : !st, !s, !k
    spak.yield %next : !st
  }
  %o = spak.softmax.output %r : !st -> !spak.tile<m=64, d=64 : f32>
  spak.store %o, %O[%m, %d] : !spak.tile<m=64, d=64 : f32>, !spak.view<M, D=64 : f32>[!spak.range<m=64>, !spak.range<d=64>]
  spak.return
}

// -----
!q = !spak.tile<m=64, d=64 : bf16>
!k = !spak.tile<n=32, d=64 : bf16>
!s = !spak.tile<m=64, n=32 : f32>
!i = !spak.tile<m=64, n=32 : i32>
!st = !spak.softmax<rows m=64, width d=64>
#causal = affine_map<(i, j) -> (i - j)>

// What the new scores do not need is read twice on its way: each of it goes once.
// CHECK-DAG: #[[ALONG:.+]] = affine_map<(d0, d1)[s0] -> ((d0 * 2 - d1 + s0) * 3)>
// CHECK-LABEL: spak.kernel @thrice(
// CHECK: %[[ONE:.+]] = arith.constant -1.000000e+00 : f32
// CHECK: %[[NB:.+]] = arith.mulf %[[ONE]], %b : f32
// CHECK: %[[BY:.+]] = arith.divf %[[NB]], %a : f32
// CHECK: spak.for %n
// CHECK: %[[X:.+]] = spak.dot
// CHECK: %[[M:.+]] = spak.mask %[[X]]
// CHECK-NEXT: %[[R:.+]] = spak.ramp %[[M]] by %[[BY]] along #[[ALONG]](%n, %m) [%M]
// CHECK-NEXT: %[[A:.+]] = spak.splat %a
// CHECK-NEXT: %[[S:.+]] = arith.mulf %[[R]], %[[A]]
// CHECK-NEXT: spak.softmax.update %{{.+}}, %[[S]], %v
// CHECK-NOT: arith.addf
spak.kernel @thrice(%q: !q, %k: !k, %v: !k, %a: f32, %b: f32, %nn: index,
                  %M: index, %m: !spak.range<m=64>,
                  %O: !spak.view<M, D=64 : f32>) {
  %zero = arith.constant 0 : index
  %f0 = arith.constant 0.0 : f32
  %positive = arith.cmpf ogt, %a, %f0 : f32
  spak.require %positive, "a > 0"
  %d = spak.all : !spak.range<d=64>
  %init = spak.softmax.init : !st
  %two = arith.constant dense<2> : !i
  %rows = arith.index_cast %M : index to i32
  %r = spak.for %n : !spak.range<n=32> = %zero to %nn iter_args(%st = %init) -> (!st) {
    %x = spak.dot %q, %k over "d" : !q, !k -> !s
    %as = spak.splat %a : f32 -> !s
    %t = arith.mulf %x, %as : !s
    %in = spak.index %n : !spak.range<n=32> -> !spak.tile<n=32 : i32>
    %im = spak.index %m : !spak.range<m=64> -> !spak.tile<m=64 : i32>
    %bn = spak.broadcast %in : !spak.tile<n=32 : i32> -> !i
    %bm = spak.broadcast %im : !spak.tile<m=64 : i32> -> !i
    %n2 = arith.muli %bn, %two : !i
    %diff = arith.subi %n2, %bm : !i
    %sM = spak.splat %rows : i32 -> !i
    %all = arith.addi %diff, %sM : !i
    %twice = arith.muli %all, %two : !i
    %sum = arith.addi %all, %twice : !i
    %f = spak.convert %sum : !i -> !s
    %bs = spak.splat %b : f32 -> !s
    %term = arith.mulf %bs, %f : !s
    %u = arith.subf %t, %term : !s
    %y = spak.mask %u where [#causal](%m, %n)[] : (!spak.range<m=64>, !spak.range<n=32>) !s
    %next = spak.softmax.update %st, %y, %v over "n" : !st, !s, !k
    spak.yield %next : !st
  }
  %o = spak.softmax.output %r : !st -> !spak.tile<m=64, d=64 : f32>
  spak.store %o, %O[%m, %d] : !spak.tile<m=64, d=64 : f32>, !spak.view<M, D=64 : f32>[!spak.range<m=64>, !spak.range<d=64>]
  spak.return
}

// -----
!q = !spak.tile<m=64, d=64 : bf16>
!k = !spak.tile<n=32, d=64 : bf16>
!s = !spak.tile<m=64, n=32 : f32>
!st = !spak.softmax<rows m=64, width d=64>

// What changes within the loop is no factor of all scores; a product of two
// indices is not affine.
// CHECK-LABEL: spak.kernel @neither(
// CHECK: %[[X:.+]] = spak.dot
// CHECK-NOT: spak.ramp
// CHECK: %[[U:.+]] = arith.addf
// CHECK-NEXT: spak.softmax.update %{{.+}}, %[[U]], %v
spak.kernel @neither(%q: !q, %k: !k, %v: !k, %A: !spak.view<N : f32>,
                     %nn: index, %m: !spak.range<m=64>,
                     %O: !spak.view<M, D=64 : f32>) {
  %zero = arith.constant 0 : index
  %d = spak.all : !spak.range<d=64>
  %init = spak.softmax.init : !st
  %r = spak.for %n : !spak.range<n=32> = %zero to %nn iter_args(%st = %init) -> (!st) {
    %x = spak.dot %q, %k over "d" : !q, !k -> !s
    %a = spak.load_scalar %A[%zero] : !spak.view<N : f32> -> f32
    %as = spak.splat %a : f32 -> !s
    %in = spak.index %n : !spak.range<n=32> -> !spak.tile<n=32 : i32>
    %bn = spak.broadcast %in : !spak.tile<n=32 : i32> -> !spak.tile<m=64, n=32 : i32>
    %sq = arith.muli %bn, %bn : !spak.tile<m=64, n=32 : i32>
    %f = spak.convert %sq : !spak.tile<m=64, n=32 : i32> -> !s
    %t = arith.mulf %x, %as : !s
    %u = arith.addf %t, %f : !s
    %next = spak.softmax.update %st, %u, %v over "n" : !st, !s, !k
    spak.yield %next : !st
  }
  %o = spak.softmax.output %r : !st -> !spak.tile<m=64, d=64 : f32>
  spak.store %o, %O[%m, %d] : !spak.tile<m=64, d=64 : f32>, !spak.view<M, D=64 : f32>[!spak.range<m=64>, !spak.range<d=64>]
  spak.return
}
