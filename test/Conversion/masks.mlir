// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Masks as bounds: the column axis with factor -1 and +1, both, a row
// condition, a union, and a predicate that has no column form.
// RUN: spak-opt %s --convert-spak-to-spak-cuda --canonicalize --cse -split-input-file | FileCheck %s

#acc = #spak.layout<reg = [2:n, 2:m*8, 8:n*8], lane = [4:n*2, 8:m], warp = [4:m*16]>
!s = !spak.tile<m=64, n=64 : f32, #acc>
!sv = !spak.view<M, N : f32>
!mr = !spak.range<m=64>
!nr = !spak.range<n=64>
#tail = affine_map<(i, j)[M, N] -> (N - 1 - j)>
#window = affine_map<(i, j)[M, N] -> (i - j + 4, j - i + 4)>
#thirds = affine_map<(i, j)[M, N] -> (i - 3 * j)>
#rows = affine_map<(i, j)[M, N] -> (M - 1 - i)>
#sink = affine_map<(i, j)[M, N] -> (3 - j)>
#blocks = affine_map<(i, j)[M, N] -> (i - 16 * (j floordiv 16))>

// A bound that no row changes is a scalar.
// CHECK-LABEL: spak_cuda.kernel @tail_kernel
// CHECK: arith.subi %{{.*}}, %c1_i32
// CHECK-NEXT: %[[LIMIT:.*]] = arith.subi
// CHECK-NEXT: spak_cuda.map of
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %[[C:.*]]: i32):
// CHECK-NEXT: arith.cmpi sle, %[[C]], %[[LIMIT]]
spak.kernel @tail(%S: !sv {spak.name = "S", spak.kind = "in"}, %T: !sv {spak.name = "T", spak.kind = "out"},
    %M: index {spak.name = "M", spak.kind = "dim"}, %N: index {spak.name = "N", spak.kind = "dim"}) {
  %nm = spak.tile_count %M by 64
  %nn = spak.tile_count %N by 64
  spak.grid (%m : !mr in %nm, %n : !nr in %nn) {
    %s = spak.load %S[%m, %n] {staging = #spak.staging<"direct", slots = 0>} : !sv[!mr, !nr] -> !s
    %t = spak.mask %s where [#tail] (%m, %n)[%M, %N] : (!mr, !nr) !s
    spak.store %t, %T[%m, %n] {staging = #spak.staging<"direct", slots = 0>} : !s, !sv[!mr, !nr]
  }
  spak.return
}

// Two sides, and one more bound that they share: each row makes a word with a
// bit for each of the thread's columns.
// CHECK-LABEL: spak_cuda.kernel @window_kernel
// CHECK: %[[WORD:.*]] = spak_cuda.map by []
// CHECK: arith.minsi
// CHECK: arith.shli
// CHECK: arith.shli
// CHECK: arith.xori
// CHECK: () -> !spak_cuda.frag<2xi32>
// CHECK: spak_cuda.map of %[[WORD]], %{{.*}} in_place 1
// CHECK: ^bb0(%[[W:.*]]: i32, %[[X:.*]]: f32, %[[B:.*]]: i32):
// CHECK-NEXT: %[[A:.*]] = arith.shrui %[[W]], %[[B]]
// CHECK-NEXT: %[[K:.*]] = arith.andi %[[A]], %c1_i32
// CHECK-NEXT: %[[C:.*]] = arith.cmpi ne, %[[K]], %c0_i32
// CHECK-NEXT: arith.select %[[C]], %[[X]]
spak.kernel @window(%S: !sv {spak.name = "S", spak.kind = "in"}, %T: !sv {spak.name = "T", spak.kind = "out"},
    %M: index {spak.name = "M", spak.kind = "dim"}, %N: index {spak.name = "N", spak.kind = "dim"}) {
  %nm = spak.tile_count %M by 64
  %nn = spak.tile_count %N by 64
  spak.grid (%m : !mr in %nm, %n : !nr in %nn) {
    %s = spak.load %S[%m, %n] {staging = #spak.staging<"direct", slots = 0>} : !sv[!mr, !nr] -> !s
    %t0 = spak.mask %s where [#window] (%m, %n)[%M, %N] : (!mr, !nr) !s
    %t = spak.mask %t0 where [#tail] (%m, %n)[%M, %N] : (!mr, !nr) !s
    spak.store %t, %T[%m, %n] {staging = #spak.staging<"direct", slots = 0>} : !s, !sv[!mr, !nr]
  }
  spak.return
}

// A factor of 3 divides once a row; a condition on the row alone keeps all of
// it or nothing.
// CHECK-LABEL: spak_cuda.kernel @thirds_kernel
// CHECK: spak_cuda.map by []
// CHECK: arith.cmpi sge
// CHECK: arith.select %{{.*}}, %c2147483647_i32, %c-1_i32
// CHECK: arith.divsi
// CHECK: arith.cmpi sle
// CHECK-NOT: arith.cmpi
// CHECK: spak_cuda.store_frag
spak.kernel @thirds(%S: !sv {spak.name = "S", spak.kind = "in"}, %T: !sv {spak.name = "T", spak.kind = "out"},
    %M: index {spak.name = "M", spak.kind = "dim"}, %N: index {spak.name = "N", spak.kind = "dim"}) {
  %nm = spak.tile_count %M by 64
  %nn = spak.tile_count %N by 64
  spak.grid (%m : !mr in %nm, %n : !nr in %nn) {
    %s = spak.load %S[%m, %n] {staging = #spak.staging<"direct", slots = 0>} : !sv[!mr, !nr] -> !s
    %t0 = spak.mask %s where [#thirds] (%m, %n)[%M, %N] : (!mr, !nr) !s
    %t = spak.mask %t0 where [#rows] (%m, %n)[%M, %N] : (!mr, !nr) !s
    spak.store %t, %T[%m, %n] {staging = #spak.staging<"direct", slots = 0>} : !s, !sv[!mr, !nr]
  }
  spak.return
}

// A union is an `or` of bounds; a predicate that divides the column is
// evaluated for each element.
// CHECK-LABEL: spak_cuda.kernel @union_kernel
// CHECK: arith.ori
// CHECK-LABEL: spak_cuda.kernel @blocks_kernel
// CHECK: spak_cuda.map
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %{{.*}}: i32, %{{.*}}: i32):
// CHECK: arith.shrsi
spak.kernel @union(%S: !sv {spak.name = "S", spak.kind = "in"}, %T: !sv {spak.name = "T", spak.kind = "out"},
    %M: index {spak.name = "M", spak.kind = "dim"}, %N: index {spak.name = "N", spak.kind = "dim"}) {
  %nm = spak.tile_count %M by 64
  %nn = spak.tile_count %N by 64
  spak.grid (%m : !mr in %nm, %n : !nr in %nn) {
    %s = spak.load %S[%m, %n] {staging = #spak.staging<"direct", slots = 0>} : !sv[!mr, !nr] -> !s
    %t = spak.mask %s where [#sink, #window] (%m, %n)[%M, %N] : (!mr, !nr) !s
    spak.store %t, %T[%m, %n] {staging = #spak.staging<"direct", slots = 0>} : !s, !sv[!mr, !nr]
  }
  spak.return
}
spak.kernel @blocks(%S: !sv {spak.name = "S", spak.kind = "in"}, %T: !sv {spak.name = "T", spak.kind = "out"},
    %M: index {spak.name = "M", spak.kind = "dim"}, %N: index {spak.name = "N", spak.kind = "dim"}) {
  %nm = spak.tile_count %M by 64
  %nn = spak.tile_count %N by 64
  spak.grid (%m : !mr in %nm, %n : !nr in %nn) {
    %s = spak.load %S[%m, %n] {staging = #spak.staging<"direct", slots = 0>} : !sv[!mr, !nr] -> !s
    %t = spak.mask %s where [#blocks] (%m, %n)[%M, %N] : (!mr, !nr) !s
    spak.store %t, %T[%m, %n] {staging = #spak.staging<"direct", slots = 0>} : !s, !sv[!mr, !nr]
  }
  spak.return
}

// -----

// 160 columns are 40 of a thread: two words of 20 bits for each row.
#acc = #spak.layout<reg = [2:n, 2:m*8, 20:n*8], lane = [4:n*2, 8:m], warp = [4:m*16]>
!s = !spak.tile<m=64, n=160 : f32, #acc>
!sv = !spak.view<M, N : f32>
!mr = !spak.range<m=64>
!nr = !spak.range<n=160>
#window = affine_map<(i, j)[M, N] -> (i - j + 4, j - i + 4)>
// CHECK-DAG: #[[ROW:.*]] = #spak_cuda.pattern<[2:8, 2:0]>
// CHECK-DAG: #[[NUMBER:.*]] = #spak_cuda.pattern<[2:0, 2:1]>
// CHECK-DAG: #[[PLACE:.*]] = #spak_cuda.pattern<[2:0, 2:1, 10:0, 2:2]>
// CHECK-DAG: #[[BIT:.*]] = #spak_cuda.pattern<[2:1, 2:0, 10:2, 2:0]>
// CHECK: spak_cuda.kernel @wide_kernel
// CHECK: %[[WORD:.*]] = spak_cuda.map by [] coords [#[[ROW]], #[[NUMBER]]]
// CHECK: () -> !spak_cuda.frag<4xi32>
// CHECK: spak_cuda.map of %[[WORD]], %{{.*}} by [#[[PLACE]], unit] coords [#[[BIT]]] in_place 1
spak.kernel @wide(%S: !sv {spak.name = "S", spak.kind = "in"}, %T: !sv {spak.name = "T", spak.kind = "out"},
    %M: index {spak.name = "M", spak.kind = "dim"}, %N: index {spak.name = "N", spak.kind = "dim"}) {
  %nm = spak.tile_count %M by 64
  %nn = spak.tile_count %N by 160
  spak.grid (%m : !mr in %nm, %n : !nr in %nn) {
    %s = spak.load %S[%m, %n] {staging = #spak.staging<"direct", slots = 0>} : !sv[!mr, !nr] -> !s
    %t = spak.mask %s where [#window] (%m, %n)[%M, %N] : (!mr, !nr) !s
    spak.store %t, %T[%m, %n] {staging = #spak.staging<"direct", slots = 0>} : !s, !sv[!mr, !nr]
  }
  spak.return
}
