// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Which loops split-masked-loops bounds, and which it leaves alone.
// RUN: spak-opt %s --split-masked-loops | FileCheck %s
// RUN: spak-opt %s --split-masked-loops > %t.once
// RUN: spak-opt %s --split-masked-loops --split-masked-loops | diff - %t.once
!s = !spak.tile<m=64, n=32 : f32>
!v = !spak.tile<n=32, d=64 : bf16>
!mr = !spak.range<m=64>
!nr = !spak.range<n=32>
!st = !spak.softmax<rows m=64, width d=64>
#causal = affine_map<(i, j)[M, N] -> (i - j + N - M)>
#inside = affine_map<(j)[N] -> (N - 1 - j)>
#square = affine_map<(i, j)[M, N] -> ((i - j) mod 7)>

// The tail's end is the loop's own: only the full range is new.
// CHECK: #[[WHOLE:.+]] = affine_map<(d0) -> (d0 floordiv 32)>
// CHECK-LABEL: spak.kernel @tail(
// CHECK: %[[TILES:.+]] = spak.tile_count %N by 32
// CHECK: %[[FULL:.+]] = affine.apply #[[WHOLE]](%N)
// CHECK: spak.for %n: {{.+}} = %[[ZERO:.+]] to %[[TILES]] full %[[ZERO]] to %[[FULL]] iter_args
spak.kernel @tail(%s: !s, %v: !v, %init: !st, %N: index) {
  %zero = arith.constant 0 : index
  %tiles = spak.tile_count %N by 32
  %r = spak.for %n : !nr = %zero to %tiles iter_args(%st = %init) -> (!st) {
    %t = spak.mask %s where [#inside] (%n)[%N] : (!nr) !s
    %next = spak.softmax.update %st, %t, %v over "n" : !st, !s, !v
    spak.yield %next : !st
  }
  spak.return
}

// Two masks: each may empty a tile, both must keep all of a full one.
// CHECK-LABEL: spak.kernel @causal(
// CHECK: %[[END:.+]] = affine.apply
// CHECK: %[[UPPER:.+]] = arith.minsi %{{.+}}, %[[END]]
// CHECK: %[[FULL:.+]] = affine.min
// CHECK: spak.for {{.+}} to %[[UPPER]] full %{{.+}} to %[[FULL]]
spak.kernel @causal(%s: !s, %v: !v, %init: !st, %m: !mr, %M: index, %N: index) {
  %zero = arith.constant 0 : index
  %tiles = spak.tile_count %N by 32
  %r = spak.for %n : !nr = %zero to %tiles iter_args(%st = %init) -> (!st) {
    %t = spak.mask %s where [#inside] (%n)[%N] : (!nr) !s
    %u = spak.mask %t where [#causal] (%m, %n)[%M, %N] : (!mr, !nr) !s
    %next = spak.softmax.update %st, %u, %v over "n" : !st, !s, !v
    spak.yield %next : !st
  }
  spak.return
}

// The sum of masked scores is not what it was where a tile is empty: the
// bounds stay, and the full range is known all the same.
// CHECK-LABEL: spak.kernel @summed(
// CHECK: %[[TILES:.+]] = spak.tile_count %N by 32
// CHECK: spak.for {{.+}} to %[[TILES]] full
spak.kernel @summed(%s: !s, %init: !s, %m: !mr, %M: index, %N: index) {
  %zero = arith.constant 0 : index
  %tiles = spak.tile_count %N by 32
  %r = spak.for %n : !nr = %zero to %tiles iter_args(%sum = %init) -> (!s) {
    %u = spak.mask %s where [#causal] (%m, %n)[%M, %N] : (!mr, !nr) !s
    %next = arith.addf %sum, %u : !s
    spak.yield %next : !s
  }
  spak.return
}

// exp2 of what is masked is 0, and so is a product with it: the accumulator
// keeps its value, no softmax op needed.
// CHECK-LABEL: spak.kernel @products(
// CHECK: %[[UPPER:.+]] = arith.minsi
// CHECK: spak.for {{.+}} to %[[UPPER]] full
spak.kernel @products(%s: !s, %v: !v, %init: !spak.tile<m=64, d=64 : f32>, %m: !mr, %M: index, %N: index) {
  %zero = arith.constant 0 : index
  %tiles = spak.tile_count %N by 32
  %r = spak.for %n : !nr = %zero to %tiles iter_args(%acc = %init) -> (!spak.tile<m=64, d=64 : f32>) {
    %u = spak.mask %s where [#causal] (%m, %n)[%M, %N] : (!mr, !nr) !s
    %e = math.exp2 %u : !s
    %p = spak.convert %e : !s -> !spak.tile<m=64, n=32 : bf16>
    %next = spak.dot %p, %v acc %acc over "n" : !spak.tile<m=64, n=32 : bf16>, !v, !spak.tile<m=64, d=64 : f32> -> !spak.tile<m=64, d=64 : f32>
    spak.yield %next : !spak.tile<m=64, d=64 : f32>
  }
  spak.return
}

// Does nothing: a mask that is not monotone, and a loop without masks.
// CHECK-LABEL: spak.kernel @unknown(
// CHECK: spak.for %n: !spak.range<n=32> = %{{.+}} to %{{[^ ]+}} iter_args
// CHECK: spak.for %n: !spak.range<n=32> = %{{.+}} to %{{[^ ]+}} {
spak.kernel @unknown(%s: !s, %v: !v, %init: !st, %m: !mr, %M: index, %N: index) {
  %zero = arith.constant 0 : index
  %tiles = spak.tile_count %N by 32
  %r = spak.for %n : !nr = %zero to %tiles iter_args(%st = %init) -> (!st) {
    %u = spak.mask %s where [#square] (%m, %n)[%M, %N] : (!mr, !nr) !s
    %next = spak.softmax.update %st, %u, %v over "n" : !st, !s, !v
    spak.yield %next : !st
  }
  spak.for %n : !nr = %zero to %tiles {
  }
  spak.return
}
