// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Closed online softmax becomes advance, rescale, probs, dot and finish.
// RUN: spak-opt %s --open-softmax | FileCheck %s
// RUN: spak-opt %s --open-softmax > %t.once
// RUN: spak-opt %t.once --open-softmax | diff - %t.once
!q = !spak.tile<m=64, d=64 : bf16>
!k = !spak.tile<n=32, d=64 : bf16>
!s = !spak.tile<m=64, n=32 : f32>
!o = !spak.tile<m=64, d=64 : f32>
!r = !spak.tile<m=64 : f32>
!mr = !spak.range<m=64>
!nr = !spak.range<n=32>
!st = !spak.softmax<rows m=64, width d=64>
#causal = affine_map<(i, j) -> (i - j)>

// A multiplier that is required to be positive goes into the pieces.
// CHECK-LABEL: spak.kernel @folded(
// CHECK: %[[ROWS:.+]] = spak.softmax.rows
// CHECK: %[[ZERO:.+]] = arith.constant dense<0.000000e+00>
// CHECK: %[[R:.+]]:2 = spak.for {{.+}} iter_args(%[[STATE:.+]] = %[[ROWS]], %[[ACC:.+]] = %[[ZERO]])
// CHECK-NEXT: %[[S:.+]] = spak.dot
// CHECK-NEXT: %[[T:.+]] = spak.mask %[[S]]
// CHECK-NEXT: %[[ADV:.+]]:2 = spak.softmax.advance %[[STATE]], %[[T]] scale %scale may_be_empty
// CHECK-NEXT: %[[SCALED:.+]] = spak.softmax.rescale %[[ACC]] by %[[ADV]]#1
// CHECK-NEXT: %[[P:.+]]:2 = spak.softmax.probs %[[ADV]]#0, %[[T]] scale %scale {{.+}} -> !spak.tile<m=64, n=32 : bf16>
// CHECK-NEXT: %[[NEXT:.+]] = spak.dot %[[P]]#1, %v acc %[[SCALED]] over "n"
// CHECK-NEXT: spak.yield %[[P]]#0, %[[NEXT]]
// CHECK: %[[OUT:.+]]:2 = spak.softmax.finish %[[R]]#0, %[[R]]#1 scale %scale
// CHECK-NEXT: spak.store %[[OUT]]#0
// CHECK-NEXT: spak.store %[[OUT]]#1
// CHECK-NOT: arith.mulf
spak.kernel @folded(%q: !q, %k: !k, %v: !k, %scale: f32, %m: !mr, %nn: index,
                    %O: !spak.view<M, D=64 : f32>, %L: !spak.view<M : f32>) {
  %zero = arith.constant 0 : index
  %f0 = arith.constant 0.0 : f32
  %positive = arith.cmpf ogt, %scale, %f0 : f32
  spak.require %positive, "scale > 0"
  %d = spak.all : !spak.range<d=64>
  %init = spak.softmax.init : !st
  %r = spak.for %n : !nr = %zero to %nn iter_args(%st = %init) -> (!st) {
    %s = spak.dot %q, %k over "d" : !q, !k -> !s
    %c = spak.splat %scale : f32 -> !s
    %t = arith.mulf %s, %c : !s
    %u = spak.mask %t where [#causal] (%m, %n)[] : (!mr, !nr) !s
    %next = spak.softmax.update %st, %u, %v over "n" : !st, !s, !k
    spak.yield %next : !st
  }
  %o = spak.softmax.output %r : !st -> !o
  %lse = spak.softmax.lse %r : !st -> !r
  spak.store %o, %O[%m, %d] : !o, !spak.view<M, D=64 : f32>[!mr, !spak.range<d=64>]
  spak.store %lse, %L[%m] : !r, !spak.view<M : f32>[!mr]
  spak.return
}

// Not proved positive: the product stays; no mask: no row is empty.
// CHECK-LABEL: spak.kernel @kept(
// CHECK: %[[ONE:.+]] = arith.constant 1.000000e+00 : f32
// CHECK: %[[S:.+]] = arith.mulf
// CHECK: spak.softmax.advance %{{.+}}, %[[S]] scale %[[ONE]] :
spak.kernel @kept(%q: !q, %k: !k, %v: !k, %scale: f32) {
  %init = spak.softmax.init : !st
  %s = spak.dot %q, %k over "d" : !q, !k -> !s
  %c = spak.splat %scale : f32 -> !s
  %t = arith.mulf %s, %c : !s
  %next = spak.softmax.update %init, %t, %v over "n" : !st, !s, !k
  %o = spak.softmax.output %next : !st -> !o
  spak.return
}

// A positive constant folds. Two states with two scales: each its own; one
// state with two scales: none.
// CHECK-LABEL: spak.kernel @several(
// CHECK-DAG: %[[EIGHTH:.+]] = arith.constant 1.250000e-01 : f32
// CHECK-DAG: %[[ONE:.+]] = arith.constant 1.000000e+00 : f32
// CHECK: spak.softmax.advance %{{.+}}, %{{.+}} scale %[[EIGHTH]]
// CHECK: arith.mulf
// CHECK: spak.softmax.advance %{{.+}}, %{{.+}} scale %[[ONE]]
// CHECK: spak.softmax.advance %{{.+}}, %{{.+}} scale %[[ONE]]
spak.kernel @several(%q: !q, %k: !k, %v: !k) {
  %a = spak.softmax.init : !st
  %b = spak.softmax.init : !st
  %s = spak.dot %q, %k over "d" : !q, !k -> !s
  %c = arith.constant dense<0.125> : !s
  %t = arith.mulf %s, %c : !s
  %a1 = spak.softmax.update %a, %t, %v over "n" : !st, !s, !k
  %oa = spak.softmax.output %a1 : !st -> !o
  %u = arith.mulf %s, %c : !s
  %b1 = spak.softmax.update %b, %u, %v over "n" : !st, !s, !k
  %b2 = spak.softmax.update %b1, %s, %v over "n" : !st, !s, !k
  %ob = spak.softmax.output %b2 : !st -> !o
  spak.return
}
