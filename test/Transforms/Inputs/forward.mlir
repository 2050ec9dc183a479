// Two products with a softmax between, masks at the high end: what stands
// after open-softmax.
!qv = !spak.view<B, Hq, M, D=128 : bf16>
!kv = !spak.view<B, Hkv, N, D=128 : bf16>
!lv = !spak.view<B, Hq, M : f32>
!q  = !spak.tile<m=128, d=128 : bf16>
!k  = !spak.tile<n=128, d=128 : bf16>
!s  = !spak.tile<m=128, n=128 : f32>
!p  = !spak.tile<m=128, n=128 : bf16>
!o  = !spak.tile<m=128, d=128 : f32>
!r  = !spak.tile<m=128 : f32>
!rs = !spak.rows<!spak.tile<m=128 : f32>>
!mr = !spak.range<m=128>
!nr = !spak.range<n=128>
!dr = !spak.range<d=128>
#causal = affine_map<(i, j)[M, N] -> (i - j + N - M)>
#inside = affine_map<(i, j)[M, N] -> (N - 1 - j)>
#end    = affine_map<(i)[M, N] -> ((i + 128 + N - M + 127) floordiv 128, (N + 127) floordiv 128)>
#full   = affine_map<(i)[M, N] -> ((i + N - M + 1) floordiv 128, N floordiv 128)>
module attributes {spak.target = #spak.target<{arch = "sm_90a", smem_per_block = 232448, registers_per_sm = 65536, max_threads_per_block = 1024, wgmma = true, tma = true}>} {
  spak.kernel @forward(%Q: !qv {spak.name = "Q", spak.kind = "in"}, %K: !kv {spak.name = "K", spak.kind = "in"}, %V: !kv {spak.name = "V", spak.kind = "in"}, %scale: f32 {spak.name = "scale", spak.kind = "scalar"}, %O: !qv {spak.name = "O", spak.kind = "out"}, %LSE: !lv {spak.name = "LSE", spak.kind = "out"}, %B: index {spak.name = "B", spak.kind = "dim"}, %Hq: index {spak.name = "Hq", spak.kind = "dim"}, %Hkv: index {spak.name = "Hkv", spak.kind = "dim"}, %M: index {spak.name = "M", spak.kind = "dim"}, %N: index {spak.name = "N", spak.kind = "dim"}) {
    %zero = arith.constant 0 : index
    %f0 = arith.constant 0.0 : f32
    %nm = spak.tile_count %M by 128
    spak.grid (%m : !mr in %nm, %h : index in %Hq, %b : index in %B) {
      %ratio = arith.divui %Hq, %Hkv : index
      %hk = arith.divui %h, %ratio : index
      %d = spak.all : !dr
      %q = spak.load %Q[%b, %h, %m, %d] : !qv[index, index, !mr, !dr] -> !q
      %i0 = spak.start %m : !mr
      %end0 = affine.min #end(%i0)[%M, %N]
      %end = arith.maxsi %end0, %zero : index
      %full0 = affine.min #full(%i0)[%M, %N]
      %full = arith.maxsi %full0, %zero : index
      %rows0 = spak.softmax.rows : !rs
      %o0 = spak.splat %f0 : f32 -> !o
      %done:2 = spak.for %n : !nr = %zero to %end full %zero to %full iter_args(%rows = %rows0, %acc = %o0) -> (!rs, !o) {
        %k = spak.load %K[%b, %hk, %n, %d] : !kv[index, index, !nr, !dr] -> !k
        %v = spak.load %V[%b, %hk, %n, %d] : !kv[index, index, !nr, !dr] -> !k
        %s0 = spak.dot %q, %k over "d" : !q, !k -> !s
        %s1 = spak.mask %s0 where [#inside] (%m, %n) [%M, %N] : (!mr, !nr) !s
        %s2 = spak.mask %s1 where [#causal] (%m, %n) [%M, %N] : (!mr, !nr) !s
        %adv, %corr = spak.softmax.advance %rows, %s2 scale %scale may_be_empty : !rs, !s -> !r
        %acc1 = spak.softmax.rescale %acc by %corr : !o, !r
        %next, %pf = spak.softmax.probs %adv, %s2 scale %scale : !rs, !s -> !p
        %acc2 = spak.dot %pf, %v acc %acc1 over "n" : !p, !k, !o -> !o
        spak.yield %next, %acc2 : !rs, !o
      }
      %o, %lse = spak.softmax.finish %done#0, %done#1 scale %scale : !rs, !o -> !o, !r
      %ob = spak.convert %o : !o -> !q
      spak.store %ob, %O[%b, %h, %m, %d] : !q, !qv[index, index, !mr, !dr]
      spak.store %lse, %LSE[%b, %h, %m] : !r, !lv[index, index, !mr]
    }
    spak.return
  }
}
