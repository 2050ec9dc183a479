// Two online-softmax states in one loop.
!qv = !spak.view<B, H, M, D=64 : bf16>
!kv = !spak.view<B, H, N, D=64 : bf16>
!q  = !spak.tile<m=128, d=64 : bf16>
!k  = !spak.tile<n=64, d=64 : bf16>
!s  = !spak.tile<m=128, n=64 : f32>
!p  = !spak.tile<m=128, n=64 : bf16>
!o  = !spak.tile<m=128, d=64 : f32>
!r  = !spak.tile<m=128 : f32>
!rs = !spak.rows<!spak.tile<m=128 : f32>>
!mr = !spak.range<m=128>
!nr = !spak.range<n=64>
!dr = !spak.range<d=64>
#inside = affine_map<(i, j)[M, N] -> (N - 1 - j)>
#end    = affine_map<()[N] -> ((N + 63) floordiv 64)>
#full   = affine_map<()[N] -> (N floordiv 64)>
module attributes {spak.target = #spak.target<{arch = "sm_90a", smem_per_block = 232448, registers_per_sm = 65536, max_threads_per_block = 1024, wgmma = true, tma = true}>} {
  spak.kernel @two(%Q1: !qv {spak.name = "Q1", spak.kind = "in"}, %Q2: !qv {spak.name = "Q2", spak.kind = "in"}, %K1: !kv {spak.name = "K1", spak.kind = "in"}, %K2: !kv {spak.name = "K2", spak.kind = "in"}, %V1: !kv {spak.name = "V1", spak.kind = "in"}, %V2: !kv {spak.name = "V2", spak.kind = "in"}, %scale: f32 {spak.name = "scale", spak.kind = "scalar"}, %weight: f32 {spak.name = "weight", spak.kind = "scalar"}, %O: !qv {spak.name = "O", spak.kind = "out"}, %B: index {spak.name = "B", spak.kind = "dim"}, %H: index {spak.name = "H", spak.kind = "dim"}, %M: index {spak.name = "M", spak.kind = "dim"}, %N: index {spak.name = "N", spak.kind = "dim"}) {
    %zero = arith.constant 0 : index
    %f0 = arith.constant 0.0 : f32
    %nm = spak.tile_count %M by 128
    spak.grid (%m : !mr in %nm, %h : index in %H, %b : index in %B) {
      %d = spak.all : !dr
      %q1 = spak.load %Q1[%b, %h, %m, %d] : !qv[index, index, !mr, !dr] -> !q
      %q2 = spak.load %Q2[%b, %h, %m, %d] : !qv[index, index, !mr, !dr] -> !q
      %end = affine.apply #end()[%N]
      %full = affine.apply #full()[%N]
      %rows0 = spak.softmax.rows : !rs
      %o0 = spak.splat %f0 : f32 -> !o
      %done:4 = spak.for %n : !nr = %zero to %end full %zero to %full iter_args(%r1 = %rows0, %a1 = %o0, %r2 = %rows0, %a2 = %o0) -> (!rs, !o, !rs, !o) {
        %k1 = spak.load %K1[%b, %h, %n, %d] : !kv[index, index, !nr, !dr] -> !k
        %s1 = spak.dot %q1, %k1 over "d" : !q, !k -> !s
        %k2 = spak.load %K2[%b, %h, %n, %d] : !kv[index, index, !nr, !dr] -> !k
        %s2 = spak.dot %q2, %k2 over "d" : !q, !k -> !s
        %t1 = spak.mask %s1 where [#inside] (%m, %n) [%M, %N] : (!mr, !nr) !s
        %t2 = spak.mask %s2 where [#inside] (%m, %n) [%M, %N] : (!mr, !nr) !s
        %v1 = spak.load %V1[%b, %h, %n, %d] : !kv[index, index, !nr, !dr] -> !k
        %adv1, %corr1 = spak.softmax.advance %r1, %t1 scale %scale may_be_empty : !rs, !s -> !r
        %b1 = spak.softmax.rescale %a1 by %corr1 : !o, !r
        %next1, %p1 = spak.softmax.probs %adv1, %t1 scale %scale : !rs, !s -> !p
        %c1 = spak.dot %p1, %v1 acc %b1 over "n" : !p, !k, !o -> !o
        %v2 = spak.load %V2[%b, %h, %n, %d] : !kv[index, index, !nr, !dr] -> !k
        %adv2, %corr2 = spak.softmax.advance %r2, %t2 scale %scale may_be_empty : !rs, !s -> !r
        %b2 = spak.softmax.rescale %a2 by %corr2 : !o, !r
        %next2, %p2 = spak.softmax.probs %adv2, %t2 scale %scale : !rs, !s -> !p
        %c2 = spak.dot %p2, %v2 acc %b2 over "n" : !p, !k, !o -> !o
        spak.yield %next1, %c1, %next2, %c2 : !rs, !o, !rs, !o
      }
      %x1, %l1 = spak.softmax.finish %done#0, %done#1 scale %scale : !rs, !o -> !o, !r
      %x2, %l2 = spak.softmax.finish %done#2, %done#3 scale %scale : !rs, !o -> !o, !r
      %w = spak.splat %weight : f32 -> !o
      %y2 = arith.mulf %x2, %w : !o
      %y = arith.subf %x1, %y2 : !o
      %ob = spak.convert %y : !o -> !q
      spak.store %ob, %O[%b, %h, %m, %d] : !q, !qv[index, index, !mr, !dr]
    }
    spak.return
  }
}
