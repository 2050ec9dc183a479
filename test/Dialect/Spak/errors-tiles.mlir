// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Rules of memory, compute and softmax ops, each under its label.
// RUN: spak-opt %s -split-input-file -verify-diagnostics
!v = !spak.view<M, N : f32>
!m = !spak.range<m=64>
!n = !spak.range<n=8>
!t = !spak.tile<m=64, n=8 : f32>
// LOAD-RANK
spak.kernel @rank(%v: !v, %m: !m) {
  // expected-error @+1 {{expected one range or index per axis of '!spak.view<M, N : f32>', got 1}}
  %x = spak.load %v[%m] : !v[!m] -> !spak.tile<m=64 : f32>
  spak.return
}
// LOAD-AXES
spak.kernel @axes(%v: !v, %m: !m, %n: !n) {
  // expected-error @+1 {{expected the axes of the tile to be the ranges '!spak.range<n=8>', '!spak.range<m=64>', got '!spak.tile<m=64, n=8 : f32>'}}
  %x = spak.load %v[%n, %m] : !v[!n, !m] -> !t
  spak.return
}
// LOAD-AXES
spak.kernel @element(%v: !v, %m: !m, %n: !n) {
  // expected-error @+1 {{expected elements of type 'f32' as in the view, got 'bf16'}}
  %x = spak.load %v[%m, %n] : !v[!m, !n] -> !spak.tile<m=64, n=8 : bf16>
  spak.return
}
// LOAD-ELEMENT
spak.kernel @scalar(%v: !v, %i: index) {
  // expected-error @+1 {{expected an element of type 'f32' as in the view, got 'i32'}}
  %x = spak.load_scalar %v[%i, %i] : !v -> i32
  spak.return
}
// STORE-RANK, STORE-AXES
spak.kernel @store(%v: !v, %m: !m, %n: !n, %t: !t) {
  // expected-error @+1 {{expected one range or index per axis}}
  spak.store %t, %v[%m] : !t, !v[!m]
  spak.return
}
spak.kernel @store_axes(%v: !v, %m: !m, %n: !n, %t: !t) {
  // expected-error @+1 {{expected the axes of the tile to be the ranges}}
  spak.store %t, %v[%n, %m] : !t, !v[!n, !m]
  spak.return
}
// -----
// STORE-DISJOINT
!t = !spak.tile<m=64 : f32>
!v = !spak.view<M : f32>
!m = !spak.range<m=64>
spak.kernel @overlap(%v: !v, %t: !t, %nm: index, %H: index) {
  spak.grid (%m : !m in %nm, %h : index in %H) {
    // expected-error @+1 {{writes the same elements for each value of grid variable 1: no index comes from it, and nothing combines}}
    spak.store %t, %v[%m] : !t, !v[!m]
    spak.store %t, %v[%m] combine "add" : !t, !v[!m]
  }
  spak.return
}
// -----
spak.kernel @count(%n: index) {
  // TILE-COUNT-SIZE
  // expected-error @+1 {{expected a positive size, got 0}}
  %x = spak.tile_count %n by 0
  spak.return
}
// -----
!v = !spak.view<H, M, D=64 : bf16>
// PACK-AXES
spak.kernel @axes(%q: !v) {
  // expected-error @+1 {{expected two of the 3 axes of the view}}
  %p = spak.pack_axes %q 1 with 1 by 8 : !v -> !spak.view<H, P, D=64 : bf16>
  spak.return
}
// PACK-AXES
spak.kernel @size(%q: !v) {
  // expected-error @+1 {{expected groups of 2 elements or more, got 1}}
  %p = spak.pack_axes %q 1 with 0 by 1 : !v -> !spak.view<H, P, D=64 : bf16>
  spak.return
}
// PACK-VIEW
spak.kernel @view(%q: !v) {
  // expected-error @+1 {{expected a view that differs in axis 1 alone, with 8 times its elements}}
  %p = spak.pack_axes %q 1 with 0 by 8 : !v -> !spak.view<G, P, D=64 : bf16>
  spak.return
}
// PACK-VIEW
spak.kernel @static(%q: !spak.view<H, M=16 : f32>) {
  // expected-error @+1 {{expected a view that differs in axis 1 alone, with 8 times its elements}}
  %p = spak.pack_axes %q 1 with 0 by 8 : !spak.view<H, M=16 : f32> -> !spak.view<H, P=64 : f32>
  spak.return
}
// PACK-VIEW
spak.kernel @twice(%q: !v) {
  %p = spak.pack_axes %q 1 with 0 by 8 : !v -> !spak.view<H, P, D=64 : bf16>
  // expected-error @+1 {{expected a view that is an argument of the kernel}}
  %r = spak.pack_axes %p 1 with 0 by 8 : !spak.view<H, P, D=64 : bf16> -> !spak.view<H, R, D=64 : bf16>
  spak.return
}
// -----
!q = !spak.tile<m=64, d=64 : bf16>
!k = !spak.tile<n=8, d=64 : bf16>
!s = !spak.tile<m=64, n=8 : f32>
// DOT-OVER
spak.kernel @over(%q: !q, %k: !k) {
  // expected-error @+1 {{expected both operands to have axis `n` with one size}}
  %s = spak.dot %q, %k over "n" : !q, !k -> !s
  spak.return
}
// DOT-OVER
spak.kernel @sizes(%q: !q, %k: !spak.tile<n=8, d=32 : bf16>) {
  // expected-error @+1 {{expected both operands to have axis `d` with one size}}
  %s = spak.dot %q, %k over "d" : !q, !spak.tile<n=8, d=32 : bf16> -> !s
  spak.return
}
// DOT-FREE-AXES
spak.kernel @shared(%q: !q, %k: !spak.tile<m=64, d=64, n=8 : bf16>) {
  // expected-error @+1 {{has axis `m` in both operands, which only the contracted axis can be}}
  %s = spak.dot %q, %k over "d" : !q, !spak.tile<m=64, d=64, n=8 : bf16> -> !s
  spak.return
}
// DOT-FREE-AXES
spak.kernel @lost(%q: !q, %k: !k) {
  // expected-error @+1 {{expected the result to have axis `n` of size 8}}
  %s = spak.dot %q, %k over "d" : !q, !k -> !spak.tile<m=64 : f32>
  spak.return
}
// DOT-FREE-AXES
spak.kernel @more(%q: !q, %k: !k) {
  // expected-error @+1 {{expected the result to have the 2 axes that are not contracted}}
  %s = spak.dot %q, %k over "d" : !q, !k -> !spak.tile<m=64, n=8, d=64 : f32>
  spak.return
}
// DOT-NEEDED
spak.kernel @blocks(%q: !q, %k: !k, %bits: index) {
  // expected-error @+1 {{expected one part, and blocks of a multiple of 16 that divide axis `n` of size 8, got blocks of 16}}
  %s = spak.dot %q, %k needed %bits along "n" by 16 over "d" : !q, !k -> !s
  spak.return
}
// NEEDED-DIMS
spak.kernel @needed_dims(%n: !spak.range<n=8>) {
  // expected-error @+1 {{expected maps of 1 dimensions and 0 symbols, got affine_map<(d0, d1) -> (d0 - d1)>}}
  %s = spak.needed where [affine_map<(i, j) -> (i - j)>] (%n)[] rows "m" columns "n" by 8 blocks [1, 1] : (!spak.range<n=8>)
  spak.return
}
// NEEDED-BLOCKS
spak.kernel @needed_blocks(%n: !spak.range<n=8>) {
  // expected-error @+1 {{expected the numbers of blocks along rows and columns, at most 32 in all, got 8, 8}}
  %s = spak.needed where [affine_map<(i) -> (i)>] (%n)[] rows "m" columns "n" by 1 blocks [8, 8] : (!spak.range<n=8>)
  spak.return
}
// DOT-ACC-TYPE
spak.kernel @acc(%q: !q, %k: !k, %o: !spak.tile<m=64, n=8 : bf16>) {
  // expected-error @+1 {{expected acc to have the type of the result}}
  %s = spak.dot %q, %k acc %o over "d" : !q, !k, !spak.tile<m=64, n=8 : bf16> -> !s
  spak.return
}
// DOT-INSTR-LAYOUT
spak.kernel @instr(%q: !q, %k: !k) {
  // expected-error @+1 {{expected operand a of `wgmma.ss.m64n8k16` in shared memory}}
  %s = spak.dot %q, %k over "d" {instr = "wgmma.ss.m64n8k16"} : !q, !k -> !s
  spak.return
}
// REDUCE-DROPS-ONE
spak.kernel @reduce(%s: !s) {
  // expected-error @+1 {{result must drop exactly axis `n`}}
  %r = spak.reduce "add" %s over "n" : !s -> !s
  spak.return
}
spak.kernel @reduce_axis(%s: !s) {
  // expected-error @+1 {{expected the source to have axis `d`}}
  %t = spak.reduce "add" %s over "d" : !s -> !s
  spak.return
}
// -----
!s = !spak.tile<m=64, n=8 : f32>
// BROADCAST-KEEPS
spak.kernel @broadcast(%x: !spak.tile<m=64 : f32>) {
  // expected-error @+1 {{expected the result to keep axes, sizes and elements of '!spak.tile<m=64 : f32>'}}
  %0 = spak.broadcast %x : !spak.tile<m=64 : f32> -> !spak.tile<a=64, n=8 : f32>
  spak.return
}
// SPLAT-ELEMENT
spak.kernel @splat(%x: f32) {
  // expected-error @+1 {{expected elements of type 'f32'}}
  %0 = spak.splat %x : f32 -> !spak.tile<m=64 : bf16>
  spak.return
}
// INDEX-AXIS
spak.kernel @index(%n: !spak.range<n=8>) {
  // expected-error @+1 {{expected a tile of integers with the axis of '!spak.range<n=8>'}}
  %0 = spak.index %n : !spak.range<n=8> -> !spak.tile<m=8 : i32>
  spak.return
}
// MASK-DIMS
spak.kernel @dims(%s: !s, %n: !spak.range<n=8>, %N: index) {
  // expected-error @+1 {{expected maps of 1 ranges and 1 integers}}
  %0 = spak.mask %s where [affine_map<(i, j)[N] -> (N - j)>] (%n)[%N] : (!spak.range<n=8>) !s
  spak.return
}
spak.kernel @empty(%s: !s, %n: !spak.range<n=8>, %N: index) {
  // expected-error @+1 {{keeps nothing: expected one map or more}}
  %1 = spak.mask %s where [] (%n)[%N] : (!spak.range<n=8>) !s
  spak.return
}
// MASK-DIMS
spak.kernel @axis(%s: !s, %d: !spak.range<d=8>) {
  // expected-error @+1 {{expected the tile to have the axis of '!spak.range<d=8>'}}
  %0 = spak.mask %s where [affine_map<(i) -> (i)>] (%d)[] : (!spak.range<d=8>) !s
  spak.return
}
// MASK-FLOAT
spak.kernel @float(%s: !spak.tile<n=8 : i32>, %n: !spak.range<n=8>) {
  // expected-error @+1 {{expected elements that can be -inf}}
  %0 = spak.mask %s where [affine_map<(i) -> (i)>] (%n)[] : (!spak.range<n=8>) !spak.tile<n=8 : i32>
  spak.return
}
// SELECT-CONDITION
spak.kernel @select(%c: !spak.tile<m=64 : i1>, %s: !s) {
  // expected-error @+1 {{expected a condition of type '!spak.tile<m=64, n=8 : i1>'}}
  %0 = spak.select %c, %s, %s : !spak.tile<m=64 : i1>, !s
  spak.return
}
// CONVERT-ELEMENT-ONLY
spak.kernel @convert(%s: !s) {
  // expected-error @+1 {{changes more than the element type}}
  %0 = spak.convert %s : !s -> !spak.tile<m=64 : bf16>
  spak.return
}
// ROUNDED-TYPES
spak.kernel @rounded(%s: !s) {
  // expected-error @+1 {{expected a tile of f32 that is rounded to bf16 or f16, got}}
  %0 = spak.rounded "gelu" %s for f32 : !s
  spak.return
}
// CONVERT-LAYOUT-ONLY
spak.kernel @layout(%s: !s) {
  // expected-error @+1 {{expected two layouts}}
  %0 = spak.convert_layout %s : !s -> !s
  spak.return
}
// -----
// CONVERT-LAYOUT-ONLY
#l = #spak.layout<reg = [2:m], lane = [32:m*2]>
spak.kernel @layout(%s: !spak.tile<m=64 : f32, #l>) {
  // expected-error @+1 {{changes more than the layout}}
  %0 = spak.convert_layout %s : !spak.tile<m=64 : f32, #l> -> !spak.tile<m=64 : bf16, #l>
  spak.return
}
// -----
!st = !spak.softmax<rows m=64, width d=64>
!s = !spak.tile<m=64, n=8 : f32>
!v = !spak.tile<n=8, d=64 : bf16>
!rows = !spak.rows<!spak.tile<m=64 : f32>>
!r = !spak.tile<m=64 : f32>
// SOFTMAX-AXES
spak.kernel @scores(%st: !st, %s: !spak.tile<n=8 : f32>, %v: !v) {
  // expected-error @+1 {{expected scores with rows of}}
  %0 = spak.softmax.update %st, %s, %v over "n" : !st, !spak.tile<n=8 : f32>, !v
  spak.return
}
// SOFTMAX-AXES
spak.kernel @values(%st: !st, %s: !s, %v: !spak.tile<n=16, d=64 : bf16>) {
  // expected-error @+1 {{expected values with axis `n` of size 8 and width of}}
  %0 = spak.softmax.update %st, %s, %v over "n" : !st, !s, !spak.tile<n=16, d=64 : bf16>
  spak.return
}
// SOFTMAX-AXES
spak.kernel @output(%st: !st) {
  // expected-error @+1 {{expected rows and width of '!spak.softmax<rows m=64, width d=64>' in f32}}
  %0 = spak.softmax.output %st : !st -> !spak.tile<m=64, d=64 : bf16>
  spak.return
}
spak.kernel @lse(%st: !st) {
  // expected-error @+1 {{expected rows of '!spak.softmax<rows m=64, width d=64>' in f32}}
  %1 = spak.softmax.lse %st : !st -> !spak.tile<d=64 : f32>
  spak.return
}
// SOFTMAX-AXES
spak.kernel @advance(%rows: !rows, %s: !spak.tile<n=8, d=64 : f32>, %c: f32) {
  // expected-error @+1 {{expected rows with one of the two axes of '!spak.tile<n=8, d=64 : f32>'}}
  %0, %1 = spak.softmax.advance %rows, %s scale %c : !rows, !spak.tile<n=8, d=64 : f32> -> !r
  spak.return
}
// SOFTMAX-AXES
spak.kernel @probs(%rows: !rows, %s: !s, %c: f32) {
  // expected-error @+1 {{expected p with axes and layout of}}
  %0, %1 = spak.softmax.probs %rows, %s scale %c : !rows, !s -> !spak.tile<n=8, m=64 : bf16>
  spak.return
}
// SOFTMAX-AXES
spak.kernel @rescale(%o: !spak.tile<n=8, d=64 : f32>, %r: !r) {
  // expected-error @+1 {{expected rows with one of the two axes}}
  %0 = spak.softmax.rescale %o by %r : !spak.tile<n=8, d=64 : f32>, !r
  spak.return
}
// SOFTMAX-AXES
spak.kernel @finish(%rows: !rows, %o: !spak.tile<m=64, d=64 : f32>, %c: f32) {
  // expected-error @+1 {{expected results of type}}
  %0, %1 = spak.softmax.finish %rows, %o scale %c : !rows, !spak.tile<m=64, d=64 : f32> -> !spak.tile<m=64, d=64 : bf16>, !r
  spak.return
}
// -----
// ROWS-LAYOUT
#acc = #spak.layout<reg = [2:n, 2:m*8], lane = [4:n*2, 8:m], warp = [4:m*16]>
#good = #spak.layout<reg = [2:m*8], lane = [4:partial, 8:m], warp = [4:m*16]>
#wrong = #spak.layout<reg = [2:m*8], lane = [8:m, 4:rep], warp = [4:m*16]>
!s = !spak.tile<m=64, n=8 : f32, #acc>
!rows = !spak.rows<!spak.tile<m=64 : f32, #good>>
!r = !spak.tile<m=64 : f32, #wrong>
spak.kernel @layout(%rows: !rows, %s: !s, %c: f32) {
  // expected-error @+1 {{expected rows in the threads that hold those rows of the scores: <reg = [2:m*8], lane = [4:rep, 8:m], warp = [4:m*16]>}}
  %0, %1 = spak.softmax.advance %rows, %s scale %c : !rows, !s -> !r
  spak.return
}
// -----
!s = !spak.tile<m=64, n=8 : f32>
#good = #spak.layout<reg = [2:m*8], lane = [4:partial, 8:m], warp = [4:m*16]>
!rows = !spak.rows<!spak.tile<m=64 : f32, #good>>
spak.kernel @half(%rows: !rows, %s: !s, %c: f32) {
  // expected-error @+1 {{expected a layout on both or none of}}
  %0, %1 = spak.softmax.advance %rows, %s scale %c : !rows, !s -> !spak.tile<m=64 : f32, #good>
  spak.return
}
