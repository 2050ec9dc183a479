// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Scores that are proved to lie near 0 need no maximum and no rescaling; the
// type of the exponentials says how near.
// RUN: spak-opt %s --open-softmax -split-input-file | FileCheck %s
!q = !spak.tile<m=64, d=64 : bf16>
!k = !spak.tile<n=32, d=64 : bf16>
!s = !spak.tile<m=64, n=32 : f32>
!st = !spak.softmax<rows m=64, width d=64>
#causal = affine_map<(i, j) -> (i - j)>

// CHECK-LABEL: spak.kernel @bounded(
// CHECK: %[[ROWS:.+]] = spak.softmax.rows at 0.000000e+00
// CHECK: spak.for {{.+}} iter_args(%[[R:.+]] = %[[ROWS]], %[[ACC:.+]] = %
// CHECK: %[[M:.+]] = spak.mask
// CHECK-NEXT: %[[P:.+]]:2 = spak.softmax.probs %[[R]], %[[M]] scale %cap sums_rounded
// CHECK-NEXT: %[[NEXT:.+]] = spak.dot %[[P]]#1, %v acc %[[ACC]]
// CHECK-NEXT: spak.yield %[[P]]#0, %[[NEXT]]
// CHECK-NOT: spak.softmax.advance
spak.kernel @bounded(%q: !q, %k: !k, %v: !k, %cap: f32, %nn: index,
                     %m: !spak.range<m=64>, %O: !spak.view<M, D=64 : f32>) attributes {request = #spak.request<{maxima = "bounded"}>} {
  %zero = arith.constant 0 : index
  %f0 = arith.constant 0.0 : f32
  %f50 = arith.constant 50.0 : f32
  %positive = arith.cmpf ogt, %cap, %f0 : f32
  spak.require %positive, "cap > 0"
  %small = arith.cmpf ole, %cap, %f50 : f32
  spak.require %small, "cap <= 50"
  %d = spak.all : !spak.range<d=64>
  %init = spak.softmax.init : !st
  %r = spak.for %n : !spak.range<n=32> = %zero to %nn iter_args(%st = %init) -> (!st) {
    %x = spak.dot %q, %k over "d" : !q, !k -> !s
    %t = math.tanh %x : !s
    %y = spak.mask %t where [#causal](%m, %n)[] : (!spak.range<m=64>, !spak.range<n=32>) !s
    %c = spak.splat %cap : f32 -> !s
    %u = arith.mulf %y, %c : !s
    %next = spak.softmax.update %st, %u, %v over "n" : !st, !s, !k
    spak.yield %next : !st
  }
  %o = spak.softmax.output %r : !st -> !spak.tile<m=64, d=64 : f32>
  spak.store %o, %O[%m, %d] : !spak.tile<m=64, d=64 : f32>, !spak.view<M, D=64 : f32>[!spak.range<m=64>, !spak.range<d=64>]
  spak.return
}

// Not unless it is asked for: the largest weights would be rounded.
// CHECK-LABEL: spak.kernel @exact(
// CHECK-NOT: spak.softmax.rows at
// CHECK: spak.softmax.advance
spak.kernel @exact(%q: !q, %k: !k, %v: !k, %cap: f32, %nn: index,
                     %m: !spak.range<m=64>, %O: !spak.view<M, D=64 : f32>) {
  %zero = arith.constant 0 : index
  %f0 = arith.constant 0.0 : f32
  %f50 = arith.constant 50.0 : f32
  %positive = arith.cmpf ogt, %cap, %f0 : f32
  spak.require %positive, "cap > 0"
  %small = arith.cmpf ole, %cap, %f50 : f32
  spak.require %small, "cap <= 50"
  %d = spak.all : !spak.range<d=64>
  %init = spak.softmax.init : !st
  %r = spak.for %n : !spak.range<n=32> = %zero to %nn iter_args(%st = %init) -> (!st) {
    %x = spak.dot %q, %k over "d" : !q, !k -> !s
    %t = math.tanh %x : !s
    %y = spak.mask %t where [#causal](%m, %n)[] : (!spak.range<m=64>, !spak.range<n=32>) !s
    %c = spak.splat %cap : f32 -> !s
    %u = arith.mulf %y, %c : !s
    %next = spak.softmax.update %st, %u, %v over "n" : !st, !s, !k
    spak.yield %next : !st
  }
  %o = spak.softmax.output %r : !st -> !spak.tile<m=64, d=64 : f32>
  spak.store %o, %O[%m, %d] : !spak.tile<m=64, d=64 : f32>, !spak.view<M, D=64 : f32>[!spak.range<m=64>, !spak.range<d=64>]
  spak.return
}

// -----
!q = !spak.tile<m=64, d=64 : f16>
!k = !spak.tile<n=32, d=64 : f16>
!s = !spak.tile<m=64, n=32 : f32>
!st = !spak.softmax<rows m=64, width d=64>

// 2^72 is no number of f16.
// CHECK-LABEL: spak.kernel @narrow(
// CHECK: spak.softmax.rows :
// CHECK: spak.softmax.advance
spak.kernel @narrow(%q: !q, %k: !k, %v: !k, %nn: index,
                    %m: !spak.range<m=64>, %O: !spak.view<M, D=64 : f32>) attributes {request = #spak.request<{maxima = "bounded"}>} {
  %zero = arith.constant 0 : index
  %cap = arith.constant dense<50.0> : !s
  %d = spak.all : !spak.range<d=64>
  %init = spak.softmax.init : !st
  %r = spak.for %n : !spak.range<n=32> = %zero to %nn iter_args(%st = %init) -> (!st) {
    %x = spak.dot %q, %k over "d" : !q, !k -> !s
    %t = math.tanh %x : !s
    %u = arith.mulf %t, %cap : !s
    %next = spak.softmax.update %st, %u, %v over "n" : !st, !s, !k
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

// No requirement says how large the factor may be.
// CHECK-LABEL: spak.kernel @unbounded(
// CHECK: spak.softmax.rows :
// CHECK: spak.softmax.advance
spak.kernel @unbounded(%q: !q, %k: !k, %v: !k, %cap: f32, %nn: index,
                       %m: !spak.range<m=64>, %O: !spak.view<M, D=64 : f32>) attributes {request = #spak.request<{maxima = "bounded"}>} {
  %zero = arith.constant 0 : index
  %f0 = arith.constant 0.0 : f32
  %positive = arith.cmpf ogt, %cap, %f0 : f32
  spak.require %positive, "cap > 0"
  %d = spak.all : !spak.range<d=64>
  %init = spak.softmax.init : !st
  %r = spak.for %n : !spak.range<n=32> = %zero to %nn iter_args(%st = %init) -> (!st) {
    %x = spak.dot %q, %k over "d" : !q, !k -> !s
    %t = math.tanh %x : !s
    %c = spak.splat %cap : f32 -> !s
    %u = arith.mulf %t, %c : !s
    %next = spak.softmax.update %st, %u, %v over "n" : !st, !s, !k
    spak.yield %next : !st
  }
  %o = spak.softmax.output %r : !st -> !spak.tile<m=64, d=64 : f32>
  spak.store %o, %O[%m, %d] : !spak.tile<m=64, d=64 : f32>, !spak.view<M, D=64 : f32>[!spak.range<m=64>, !spak.range<d=64>]
  spak.return
}
