// A row softmax between two products, staged and rotated, two groups in turn.
#acc_s  = #spak.layout<reg = [2:n, 2:m*8, 16:n*8], lane = [4:n*2, 8:m], warp = [4:m*16], group = [2:m*64]>
#acc_o  = #spak.layout<reg = [2:d, 2:m*8, 16:d*8], lane = [4:d*2, 8:m], warp = [4:m*16], group = [2:m*64]>
#a_p    = #spak.layout<reg = [2:n, 2:m*8, 2:n*8, 8:n*16], lane = [4:n*2, 8:m], warp = [4:m*16], group = [2:m*64]>
#row    = #spak.layout<reg = [2:m*8], lane = [4:rep, 8:m], warp = [4:m*16], group = [2:m*64]>
#row_p  = #spak.layout<reg = [2:m*8], lane = [4:partial, 8:m], warp = [4:m*16], group = [2:m*64]>
#sm_q   = #spak.layout<off = [64:d, 128:m, 2:d*64], swizzle = [3, 4, 3]>
#sm_kv  = #spak.layout<off = [64:d, 128:n, 2:d*64], swizzle = [3, 4, 3]>
#order = #spak.order<"persistent_static", ["h", "b", "m"], {m = "longest_first"}>
#inside = affine_map<(i, j)[M, N] -> (N - 1 - j)>
#causal = affine_map<(i, j)[M, N] -> (i - j + N - M)>
#end    = affine_map<(i)[M, N] -> ((i + 128 + N - M + 127) floordiv 128, (N + 127) floordiv 128)>
!qv = !spak.view<B, Hq, M, D=128 : bf16>
!kv = !spak.view<B, Hkv, N, D=128 : bf16>
!lv = !spak.view<B, Hq, M : f32>
!q  = !spak.tile<m=128, d=128 : bf16, #sm_q>
!k  = !spak.tile<n=128, d=128 : bf16, #sm_kv>
!s  = !spak.tile<m=128, n=128 : f32, #acc_s>
!p0 = !spak.tile<m=128, n=128 : bf16, #acc_s>
!p  = !spak.tile<m=128, n=128 : bf16, #a_p>
!o  = !spak.tile<m=128, d=128 : f32, #acc_o>
!or = !spak.tile<m=128, d=128 : bf16, #acc_o>
!r  = !spak.tile<m=128 : f32, #row>
!rs = !spak.rows<!spak.tile<m=128 : f32, #row_p>>
!mr = !spak.range<m=128>
!nr = !spak.range<n=128>
!dr = !spak.range<d=128>
!qring = !spak.ring<(!q), slots = 1>
!kring = !spak.ring<(!k), slots = 2>
!sq = !spak.slot<(!q)>
!sk = !spak.slot<(!k)>
spak.kernel @forward(%Q: !qv {spak.name = "Q", spak.kind = "in"}, %K: !kv {spak.name = "K", spak.kind = "in"},
    %V: !kv {spak.name = "V", spak.kind = "in"}, %scale: f32 {spak.name = "scale", spak.kind = "scalar", spak.default = 0.088 : f64},
    %O: !qv {spak.name = "O", spak.kind = "out"}, %LSE: !lv {spak.name = "LSE", spak.kind = "out"},
    %B: index {spak.name = "B", spak.kind = "dim"}, %Hq: index {spak.name = "Hq", spak.kind = "dim"},
    %Hkv: index {spak.name = "Hkv", spak.kind = "dim"}, %M: index {spak.name = "M", spak.kind = "dim"},
    %N: index {spak.name = "N", spak.kind = "dim"}) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %f0 = arith.constant 0.0 : f32
  %rem = arith.remui %Hq, %Hkv : index
  %ok = arith.cmpi eq, %rem, %zero : index
  spak.require %ok, "Hq % Hkv == 0"
  %nm = spak.tile_count %M by 128
  %rq = spak.ring "q" via "tma" : !qring
  %rk = spak.ring "k" via "tma" : !kring
  %rv = spak.ring "v" via "tma" : !kring
  spak.roles {
    spak.role @producer warps 4 registers 24 {
      spak.grid (%m : !mr in %nm, %h : index in %Hq, %b : index in %B) attributes {order = #order} {
        %ratio = arith.divui %Hq, %Hkv : index
        %hk = arith.divui %h, %ratio : index
        %d = spak.all : !dr
        %i0 = spak.start %m : !mr
        %end0 = affine.min #end(%i0)[%M, %N]
        %end = arith.maxsi %end0, %zero : index
        %nonempty = arith.cmpi sgt, %end, %zero : index
        %sq = spak.ring.acquire %rq : !qring -> !sq
        spak.ring.fill %sq[0], %Q[%b, %h, %m, %d] : !sq, !qv[index, index, !mr, !dr]
        spak.ring.commit %rq, %sq : !qring, !sq
        spak.for %n : !nr = %zero to %end attributes {direction = "reverse"} {
          %sk = spak.ring.acquire %rk : !kring -> !sk
          spak.ring.fill %sk[0], %K[%b, %hk, %n, %d] : !sk, !kv[index, index, !nr, !dr]
          spak.ring.commit %rk, %sk : !kring, !sk
          %sv = spak.ring.acquire %rv : !kring -> !sk
          spak.ring.fill %sv[0], %V[%b, %hk, %n, %d] : !sk, !kv[index, index, !nr, !dr]
          spak.ring.commit %rv, %sv : !kring, !sk
          spak.yield
        }
      }
    }
    spak.role @consumer warps 8 registers 240 turn ["qk"] {
      spak.grid (%m : !mr in %nm, %h : index in %Hq, %b : index in %B) attributes {order = #order} {
        %d = spak.all : !dr
        %i0 = spak.start %m : !mr
        %end0 = affine.min #end(%i0)[%M, %N]
        %end = arith.maxsi %end0, %zero : index
        %slq, %q = spak.ring.wait %rq : !qring -> !sq, !q
        %o0 = spak.splat %f0 : f32 -> !o
        %rows0 = spak.softmax.rows : !rs
        %nonempty = arith.cmpi sgt, %end, %zero : index
        %done:2 = scf.if %nonempty -> (!rs, !o) {
          %rest = arith.subi %end, %one : index
          %n0 = spak.tile_range %rest : !nr
          %slk0, %k0 = spak.ring.wait %rk : !kring -> !sk, !k
          %s00 = spak.dot %q, %k0 over "d" {instr = "wgmma.ss.m64n128k16"} : !q, !k -> !s
          spak.ring.release %rk, %slk0 : !kring, !sk
          %s01 = spak.mask %s00 where [#inside] (%m, %n0)[%M, %N] : (!mr, !nr) !s
          %s0 = spak.mask %s01 where [#causal] (%m, %n0)[%M, %N] : (!mr, !nr) !s
          %adv0, %corr0 = spak.softmax.advance %rows0, %s0 scale %scale first may_be_empty : !rs, !s -> !r
          %o1 = spak.softmax.rescale %o0 by %corr0 : !o, !r
          %rows1, %pp0 = spak.softmax.probs %adv0, %s0 scale %scale : !rs, !s -> !p0
          %p1 = spak.convert_layout %pp0 : !p0 -> !p
          %loop:3 = spak.for %n : !nr = %zero to %rest iter_args(%rows = %rows1, %o = %o1, %p = %p1) -> (!rs, !o, !p) attributes {direction = "reverse", unroll = 1} {
            spak.turn "take" "qk"
            %slk, %k = spak.ring.wait %rk : !kring -> !sk, !k
            %s = spak.dot %q, %k over "d" {instr = "wgmma.ss.m64n128k16"} : !q, !k -> !s
            spak.ring.release %rk, %slk : !kring, !sk
            %slv, %v = spak.ring.wait %rv : !kring -> !sk, !k
            %oa = spak.dot %p, %v acc %o over "n" {instr = "wgmma.rs.m64n128k16"} : !p, !k, !o -> !o
            spak.turn "pass" "qk"
            spak.ring.release %rv, %slv : !kring, !sk
            %adv, %corr = spak.softmax.advance %rows, %s scale %scale : !rs, !s -> !r
            %o2 = spak.softmax.rescale %oa by %corr : !o, !r
            %next, %pf = spak.softmax.probs %adv, %s scale %scale : !rs, !s -> !p0
            %pn = spak.convert_layout %pf : !p0 -> !p
            spak.yield %next, %o2, %pn : !rs, !o, !p
          }
          %slv, %v = spak.ring.wait %rv : !kring -> !sk, !k
          %o3 = spak.dot %loop#2, %v acc %loop#1 over "n" {instr = "wgmma.rs.m64n128k16"} : !p, !k, !o -> !o
          spak.ring.release %rv, %slv : !kring, !sk
          scf.yield %loop#0, %o3 : !rs, !o
        } else {
          scf.yield %rows0, %o0 : !rs, !o
        }
        spak.ring.release %rq, %slq : !qring, !sq
        %out, %lse = spak.softmax.finish %done#0, %done#1 scale %scale : !rs, !o -> !o, !r
        %ob = spak.convert %out : !o -> !or
        spak.store %ob, %O[%b, %h, %m, %d] {staging = #spak.staging<"tma", slots = 2>} : !or, !qv[index, index, !mr, !dr]
        spak.store %lse, %LSE[%b, %h, %m] : !r, !lv[index, index, !mr]
      }
    }
  }
  spak.return
}
