// Part of spakc. SPDX-License-Identifier: Apache-2.0
// What the conversion cannot do, it says; it never guesses.
// RUN: spak-opt %s --convert-spak-to-spak-cuda -split-input-file -verify-diagnostics

!t = !spak.tile<m=64 : f32, #spak.layout<lane = [32:m], warp = [2:m*32]>>
!v = !spak.view<M : f32>
!mr = !spak.range<m=64>
spak.kernel @no_dim(%X: !v {spak.name = "X", spak.kind = "in"}, %Y: !v {spak.name = "Y", spak.kind = "out"}, %n: index {spak.name = "L", spak.kind = "dim"}) {
  spak.grid (%m : !mr in %n) {
    // expected-error@+1 {{expected a dim called `M` among the arguments}}
    %x = spak.load %X[%m] : !v[!mr] -> !t
    spak.store %x, %Y[%m] : !t, !v[!mr]
  }
  spak.return
}

// -----
!t = !spak.tile<m=64 : f32>
!v = !spak.view<M : f32>
!mr = !spak.range<m=64>
spak.kernel @no_layout(%X: !v {spak.name = "X", spak.kind = "in"}, %Y: !v {spak.name = "Y", spak.kind = "out"}, %M: index {spak.name = "M", spak.kind = "dim"}) {
  spak.grid (%m : !mr in %M) {
    // expected-error@+1 {{expected a register layout, got '!spak.tile<m=64 : f32>'}}
    %x = spak.load %X[%m] : !v[!mr] -> !t
    spak.store %x, %Y[%m] : !t, !v[!mr]
  }
  spak.return
}

// -----
!t = !spak.tile<m=64 : f32, #spak.layout<lane = [32:m], warp = [2:m*32]>>
!u = !spak.tile<m=64 : f32, #spak.layout<reg = [2:m*32], lane = [32:m]>>
!v = !spak.view<M : f32>
!mr = !spak.range<m=64>
spak.kernel @moves(%X: !v {spak.name = "X", spak.kind = "in"}, %Y: !v {spak.name = "Y", spak.kind = "out"}, %M: index {spak.name = "M", spak.kind = "dim"}) {
  spak.grid (%m : !mr in %M) {
    %x = spak.load %X[%m] : !v[!mr] -> !t
    // expected-error@+1 {{expected the same registers or a sum over lanes}}
    %y = spak.convert_layout %x : !t -> !u
    spak.store %y, %Y[%m] : !u, !v[!mr]
  }
  spak.return
}

// -----
!t = !spak.tile<m=64 : f32, #spak.layout<lane = [32:m], warp = [2:m*32]>>
!v = !spak.view<M : f32>
!mr = !spak.range<m=64>
spak.kernel @adds(%X: !v {spak.name = "X", spak.kind = "in"}, %Y: !v {spak.name = "Y", spak.kind = "out"}, %M: index {spak.name = "M", spak.kind = "dim"}) {
  spak.grid (%m : !mr in %M) {
    %x = spak.load %X[%m] : !v[!mr] -> !t
    // expected-error@+1 {{`combine` is not supported yet}}
    spak.store %x, %Y[%m] combine "add" : !t, !v[!mr]
  }
  spak.return
}

// -----
#acc = #spak.layout<reg = [2:n, 2:m*8, 8:n*8], lane = [4:n*2, 8:m], warp = [4:m*16]>
#acc_b = #spak.layout<reg = [8:k, 4:n], lane = [16:n*4, 2:rep], warp = [4:rep]>
!a = !spak.tile<m=64, k=8 : bf16, #spak.layout<off = [8:k, 64:m]>>
!b = !spak.tile<n=64, k=8 : bf16, #acc_b>
!c = !spak.tile<m=64, n=64 : f32, #acc>
!bv = !spak.view<N, K : bf16>
!av = !spak.view<M, K : bf16>
!kr = !spak.range<k=8>
!nr = !spak.range<n=64>
!mr = !spak.range<m=64>
spak.kernel @b_in_registers(%A: !av {spak.name = "A", spak.kind = "in"}, %B: !bv {spak.name = "B", spak.kind = "in"}, %M: index {spak.name = "M", spak.kind = "dim"}, %N: index {spak.name = "N", spak.kind = "dim"}, %K: index {spak.name = "K", spak.kind = "dim"}, %m: !mr, %n: !nr, %k: !kr, %a: !a) {
  %one = arith.constant 1 : index
  spak.grid (%x : index in %one) {
    %zero = arith.constant 0 : index
    %nn = spak.tile_range %zero : !nr
    %kk = spak.tile_range %zero : !kr
    %b = spak.load %B[%nn, %kk] : !bv[!nr, !kr] -> !b
    // expected-error@+1 {{expected the operand without axis `m` in shared memory}}
    %c = spak.dot %a, %b over "k" : !a, !b -> !c
  }
  spak.return
}
