// One accumulating product, and a row vector added at the end.
!av = !spak.view<M, K : bf16>
!bv = !spak.view<N, K : bf16>
!cv = !spak.view<M, N : bf16>
!nv = !spak.view<N : f32>
!a = !spak.tile<m=128, k=64 : bf16>
!b = !spak.tile<n=256, k=64 : bf16>
!c = !spak.tile<m=128, n=256 : f32>
!cb = !spak.tile<m=128, n=256 : bf16>
!bi = !spak.tile<n=256 : f32>
!mr = !spak.range<m=128>
!nr = !spak.range<n=256>
!kr = !spak.range<k=64>
module attributes {spak.target = #spak.target<{arch = "sm_90a", smem_per_block = 232448, registers_per_sm = 65536, max_threads_per_block = 1024, wgmma = true, tma = true}>} {
  spak.kernel @matmul(%A: !av {spak.name = "A", spak.kind = "in"}, %B: !bv {spak.name = "B", spak.kind = "in"}, %bias: !nv {spak.name = "bias", spak.kind = "in"}, %C: !cv {spak.name = "C", spak.kind = "out"}, %M: index {spak.name = "M", spak.kind = "dim"}, %N: index {spak.name = "N", spak.kind = "dim"}, %K: index {spak.name = "K", spak.kind = "dim"})
      attributes {request = #spak.request<{slots_A = 3 : i64, slots_B = 3 : i64}>} {
    %zero = arith.constant 0 : index
    %f0 = arith.constant 0.0 : f32
    %nm = spak.tile_count %M by 128
    %nn = spak.tile_count %N by 256
    spak.grid (%m : !mr in %nm, %n : !nr in %nn) {
      %nk = spak.tile_count %K by 64
      %acc0 = spak.splat %f0 : f32 -> !c
      %acc = spak.for %k : !kr = %zero to %nk iter_args(%x = %acc0) -> (!c) {
        %a = spak.load %A[%m, %k] : !av[!mr, !kr] -> !a
        %b = spak.load %B[%n, %k] : !bv[!nr, !kr] -> !b
        %y = spak.dot %a, %b acc %x over "k" : !a, !b, !c -> !c
        spak.yield %y : !c
      }
      %bi = spak.load %bias[%n] : !nv[!nr] -> !bi
      %bb = spak.broadcast %bi : !bi -> !c
      %t = arith.addf %acc, %bb : !c
      %z = arith.constant dense<0.0> : !c
      %u = arith.maximumf %t, %z : !c
      %o = spak.convert %u : !c -> !cb
      spak.store %o, %C[%m, %n] : !cb, !cv[!mr, !nr]
    }
    spak.return
  }
}
