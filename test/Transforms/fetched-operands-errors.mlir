// Part of spakc. SPDX-License-Identifier: Apache-2.0
// An operand whose rows run along the contracted axis cannot be fetched.
// RUN: spak-opt %s -assign-layouts -verify-diagnostics
!kr = !spak.range<k=64>
!mr = !spak.range<m=64>
!nr = !spak.range<n=64>
!v = !spak.view<K=64, M : bf16>
!w = !spak.view<N, K=64 : bf16>
!o = !spak.view<M, N : f32>
!a = !spak.tile<k=64, m=64 : bf16>
!b = !spak.tile<n=64, k=64 : bf16>
!c = !spak.tile<m=64, n=64 : f32>
module attributes {spak.target = #spak.target<{arch = "sm_90a", smem_per_block = 232448, registers_per_sm = 65536, max_threads_per_block = 1024, wgmma = true, tma = true}>} {
  // expected-remark@+1 {{1 consumer groups}}
  spak.kernel @transposed(%A: !v {spak.name = "A", spak.kind = "in"}, %B: !w {spak.name = "B", spak.kind = "in"}, %C: !o {spak.name = "C", spak.kind = "out"}, %M: index {spak.name = "M", spak.kind = "dim"}, %N: index {spak.name = "N", spak.kind = "dim"})
      attributes {request = #spak.request<{operand_A = "registers"}>} {
    %nm = spak.tile_count %M by 64
    %nn = spak.tile_count %N by 64
    spak.grid (%m : !mr in %nm, %n : !nr in %nn) {
      %k = spak.all : !kr
      // expected-error@+1 {{request `operand_A` = "registers": the rows of this tile run along the contracted axis `k`; only a tile whose rows run across it can be fetched}}
      %a = spak.load %A[%k, %m] : !v[!kr, !mr] -> !a
      %b = spak.load %B[%n, %k] : !w[!nr, !kr] -> !b
      %c = spak.dot %a, %b over "k" : !a, !b -> !c
      spak.store %c, %C[%m, %n] : !c, !o[!mr, !nr]
    }
    spak.return
  }
}
