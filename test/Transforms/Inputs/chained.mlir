// Two chained products with arithmetic between, no softmax.
!xv = !spak.view<M, D=128 : bf16>
!wv = !spak.view<F, D=128 : bf16>
!x = !spak.tile<m=128, d=128 : bf16>
!w = !spak.tile<f=64, d=128 : bf16>
!w2 = !spak.tile<f=64, e=128 : bf16>
!h = !spak.tile<m=128, f=64 : f32>
!hb = !spak.tile<m=128, f=64 : bf16>
!o = !spak.tile<m=128, e=128 : f32>
!ob = !spak.tile<m=128, e=128 : bf16>
!mr = !spak.range<m=128>
!fr = !spak.range<f=64>
!dr = !spak.range<d=128>
!er = !spak.range<e=128>
module attributes {spak.target = #spak.target<{arch = "sm_90a", smem_per_block = 232448, registers_per_sm = 65536, max_threads_per_block = 1024, wgmma = true, tma = true}>} {
  spak.kernel @chained(%x: !xv {spak.name = "x", spak.kind = "in"}, %w1: !wv {spak.name = "w1", spak.kind = "in"}, %w2: !wv {spak.name = "w2", spak.kind = "in"}, %o: !xv {spak.name = "o", spak.kind = "out"}, %M: index {spak.name = "M", spak.kind = "dim"}, %F: index {spak.name = "F", spak.kind = "dim"}) {
    %zero = arith.constant 0 : index
    %f0 = arith.constant 0.0 : f32
    %nm = spak.tile_count %M by 128
    spak.grid (%m : !mr in %nm) {
      %d = spak.all : !dr
      %e = spak.all : !er
      %nf = spak.tile_count %F by 64
      %xs = spak.load %x[%m, %d] : !xv[!mr, !dr] -> !x
      %acc0 = spak.splat %f0 : f32 -> !o
      %acc = spak.for %f : !fr = %zero to %nf iter_args(%c = %acc0) -> (!o) {
        %a = spak.load %w1[%f, %d] : !wv[!fr, !dr] -> !w
        %b = spak.load %w2[%f, %e] : !wv[!fr, !er] -> !w2
        %h = spak.dot %xs, %a over "d" : !x, !w -> !h
        %half = arith.constant dense<0.5> : !h
        %one = arith.constant dense<1.0> : !h
        %root = arith.constant dense<0.70710678> : !h
        %h0 = arith.mulf %h, %root : !h
        %h1 = math.erf %h0 : !h
        %h2 = arith.addf %h1, %one : !h
        %h3 = arith.mulf %h, %half : !h
        %h4 = arith.mulf %h3, %h2 : !h
        %hb = spak.convert %h4 : !h -> !hb
        %y = spak.dot %hb, %b acc %c over "f" : !hb, !w2, !o -> !o
        spak.yield %y : !o
      }
      %ob = spak.convert %acc : !o -> !ob
      spak.store %ob, %o[%m, %e] : !ob, !xv[!mr, !er]
    }
    spak.return
  }
}
