// Two chained products with arithmetic between them, staged and rotated: the
// second product of one step runs under the arithmetic of the next.
#acc_s  = #spak.layout<reg = [2:f, 2:m*8, 16:f*8], lane = [4:f*2, 8:m], warp = [4:m*16], group = [2:m*64]>
#acc_o  = #spak.layout<reg = [2:e, 2:m*8, 16:e*8], lane = [4:e*2, 8:m], warp = [4:m*16], group = [2:m*64]>
#a_p    = #spak.layout<reg = [2:f, 2:m*8, 2:f*8, 8:f*16], lane = [4:f*2, 8:m], warp = [4:m*16], group = [2:m*64]>
#sm_x   = #spak.layout<off = [64:d, 128:m, 2:d*64], swizzle = [3, 4, 3]>
#sm_1   = #spak.layout<off = [64:d, 128:f, 2:d*64], swizzle = [3, 4, 3]>
#sm_2   = #spak.layout<off = [64:f, 128:e, 2:f*64], swizzle = [3, 4, 3]>
#order = #spak.order<"one_per_cta", ["m"], {}>
!xv = !spak.view<M, D=128 : bf16>
!v1 = !spak.view<F, D=128 : bf16>
!v2 = !spak.view<E=128, F : bf16>
!ov = !spak.view<M, E=128 : bf16>
!x  = !spak.tile<m=128, d=128 : bf16, #sm_x>
!w1 = !spak.tile<f=128, d=128 : bf16, #sm_1>
!w2 = !spak.tile<e=128, f=128 : bf16, #sm_2>
!s  = !spak.tile<m=128, f=128 : f32, #acc_s>
!p0 = !spak.tile<m=128, f=128 : bf16, #acc_s>
!p  = !spak.tile<m=128, f=128 : bf16, #a_p>
!o  = !spak.tile<m=128, e=128 : f32, #acc_o>
!or = !spak.tile<m=128, e=128 : bf16, #acc_o>
!mr = !spak.range<m=128>
!fr = !spak.range<f=128>
!dr = !spak.range<d=128>
!er = !spak.range<e=128>
!rx = !spak.ring<(!x), slots = 1>
!r1 = !spak.ring<(!w1), slots = 2>
!r2 = !spak.ring<(!w2), slots = 2>
!sx = !spak.slot<(!x)>
!s1 = !spak.slot<(!w1)>
!s2 = !spak.slot<(!w2)>
spak.kernel @mlp(%X: !xv {spak.name = "X", spak.kind = "in"}, %W1: !v1 {spak.name = "W1", spak.kind = "in"},
    %W2: !v2 {spak.name = "W2", spak.kind = "in"}, %O: !ov {spak.name = "O", spak.kind = "out"},
    %M: index {spak.name = "M", spak.kind = "dim"}, %F: index {spak.name = "F", spak.kind = "dim"}) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %f0 = arith.constant 0.0 : f32
  %nm = spak.tile_count %M by 128
  %nf = spak.tile_count %F by 128
  %rx = spak.ring "x" via "tma" : !rx
  %r1 = spak.ring "w1" via "tma" : !r1
  %r2 = spak.ring "w2" via "tma" : !r2
  spak.roles {
    spak.role @producer warps 4 registers 24 {
      spak.grid (%m : !mr in %nm) attributes {order = #order} {
        %d = spak.all : !dr
        %e = spak.all : !er
        %sx = spak.ring.acquire %rx : !rx -> !sx
        spak.ring.fill %sx[0], %X[%m, %d] : !sx, !xv[!mr, !dr]
        spak.ring.commit %rx, %sx : !rx, !sx
        spak.for %f : !fr = %zero to %nf {
          %a = spak.ring.acquire %r1 : !r1 -> !s1
          spak.ring.fill %a[0], %W1[%f, %d] : !s1, !v1[!fr, !dr]
          spak.ring.commit %r1, %a : !r1, !s1
          %b = spak.ring.acquire %r2 : !r2 -> !s2
          spak.ring.fill %b[0], %W2[%e, %f] : !s2, !v2[!er, !fr]
          spak.ring.commit %r2, %b : !r2, !s2
          spak.yield
        }
      }
    }
    spak.role @consumer warps 8 registers 240 {
      spak.grid (%m : !mr in %nm) attributes {order = #order} {
        %e = spak.all : !er
        %slx, %x = spak.ring.wait %rx : !rx -> !sx, !x
        %o0 = spak.splat %f0 : f32 -> !o
        %half = arith.constant dense<0.5> : !s
        %root = arith.constant dense<0.7071067811865476> : !s
        %ones = arith.constant dense<1.0> : !s
        %some = arith.cmpi sgt, %nf, %zero : index
        %done = scf.if %some -> (!o) {
          %sl0, %k0 = spak.ring.wait %r1 : !r1 -> !s1, !w1
          %t0 = spak.dot %x, %k0 over "d" {instr = "wgmma.ss.m64n128k16"} : !x, !w1 -> !s
          spak.ring.release %r1, %sl0 : !r1, !s1
          %u0 = arith.mulf %t0, %root : !s
          %g0 = math.erf %u0 : !s
          %h0 = arith.addf %g0, %ones : !s
          %i0 = arith.mulf %t0, %half : !s
          %j0 = arith.mulf %i0, %h0 : !s
          %q0 = spak.convert %j0 : !s -> !p0
          %p0 = spak.convert_layout %q0 : !p0 -> !p
          %loop:2 = spak.for %f : !fr = %one to %nf iter_args(%acc = %o0, %p = %p0) -> (!o, !p) {
            %sl1, %k = spak.ring.wait %r1 : !r1 -> !s1, !w1
            %t = spak.dot %x, %k over "d" {instr = "wgmma.ss.m64n128k16"} : !x, !w1 -> !s
            spak.ring.release %r1, %sl1 : !r1, !s1
            %sl2, %v = spak.ring.wait %r2 : !r2 -> !s2, !w2
            %acc1 = spak.dot %p, %v acc %acc over "f" {instr = "wgmma.rs.m64n128k16"} : !p, !w2, !o -> !o
            spak.ring.release %r2, %sl2 : !r2, !s2
            %u = arith.mulf %t, %root : !s
            %g = math.erf %u : !s
            %h = arith.addf %g, %ones : !s
            %i = arith.mulf %t, %half : !s
            %j = arith.mulf %i, %h : !s
            %qb = spak.convert %j : !s -> !p0
            %pn = spak.convert_layout %qb : !p0 -> !p
            spak.yield %acc1, %pn : !o, !p
          }
          %sl2, %v = spak.ring.wait %r2 : !r2 -> !s2, !w2
          %last = spak.dot %loop#1, %v acc %loop#0 over "f" {instr = "wgmma.rs.m64n128k16"} : !p, !w2, !o -> !o
          spak.ring.release %r2, %sl2 : !r2, !s2
          scf.yield %last : !o
        } else {
          scf.yield %o0 : !o
        }
        spak.ring.release %rx, %slx : !rx, !sx
        %ob = spak.convert %done : !o -> !or
        spak.store %ob, %O[%m, %e] {staging = #spak.staging<"tma", slots = 1>} : !or, !ov[!mr, !er]
      }
    }
  }
  spak.return
}
