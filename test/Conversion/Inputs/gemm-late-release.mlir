// A product with an epilogue, staged: a slot is released one step late, so
// that one product is always in flight. Blocks stay and take tile after tile.
#acc = #spak.layout<reg = [2:n, 2:m*8, 16:n*8], lane = [4:n*2, 8:m], warp = [4:m*16], group = [2:m*64]>
#sm_a = #spak.layout<off = [64:k, 128:m], swizzle = [3, 4, 3]>
#sm_b = #spak.layout<off = [64:k, 128:n], swizzle = [3, 4, 3]>
#bias = #spak.layout<reg = [2:n, 16:n*8], lane = [4:n*2, 8:rep], warp = [4:rep], group = [2:rep]>
!av = !spak.view<M, K : bf16>
!bv = !spak.view<N, K : bf16>
!cv = !spak.view<M, N : bf16>
!nv = !spak.view<N : f32>
!a = !spak.tile<m=128, k=64 : bf16, #sm_a>
!b = !spak.tile<n=128, k=64 : bf16, #sm_b>
!c = !spak.tile<m=128, n=128 : f32, #acc>
!cb = !spak.tile<m=128, n=128 : bf16, #acc>
!bi = !spak.tile<n=128 : f32, #bias>
!mr = !spak.range<m=128>
!nr = !spak.range<n=128>
!kr = !spak.range<k=64>
!ring = !spak.ring<(!a, !b), slots = 4>
!slot = !spak.slot<(!a, !b)>
spak.kernel @matmul(%A: !av {spak.name = "A", spak.kind = "in"}, %B: !bv {spak.name = "B", spak.kind = "in"},
    %bias: !nv {spak.name = "bias", spak.kind = "in"}, %C: !cv {spak.name = "C", spak.kind = "out"},
    %M: index {spak.name = "M", spak.kind = "dim"}, %N: index {spak.name = "N", spak.kind = "dim"}, %K: index {spak.name = "K", spak.kind = "dim"}) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %f0 = arith.constant 0.0 : f32
  %nm = spak.tile_count %M by 128
  %nn = spak.tile_count %N by 128
  %nk = spak.tile_count %K by 64
  %ring = spak.ring "ab" via "tma" : !ring
  spak.roles {
    spak.role @producer warps 4 registers 40 {
      spak.grid (%m : !mr in %nm, %n : !nr in %nn) attributes {order = #spak.order<"persistent_static", ["m", "n"], {group_m = 16 : i64}>} {
        spak.for %k : !kr = %zero to %nk {
          %s = spak.ring.acquire %ring : !ring -> !slot
          spak.ring.fill %s[0], %A[%m, %k] : !slot, !av[!mr, !kr]
          spak.ring.fill %s[1], %B[%n, %k] : !slot, !bv[!nr, !kr]
          spak.ring.commit %ring, %s : !ring, !slot
          spak.yield
        }
      }
    }
    spak.role @consumer warps 8 registers 232 {
      spak.grid (%m : !mr in %nm, %n : !nr in %nn) attributes {order = #spak.order<"persistent_static", ["m", "n"], {group_m = 16 : i64}>} {
        %acc0 = spak.splat %f0 : f32 -> !c
        %some = arith.cmpi sgt, %nk, %zero : index
        %acc = scf.if %some -> (!c) {
          %s0, %a0, %b0 = spak.ring.wait %ring : !ring -> !slot, !a, !b
          %y0 = spak.dot %a0, %b0 acc %acc0 over "k" {instr = "wgmma.ss.m64n128k16"} : !a, !b, !c -> !c
          %loop:2 = spak.for %k : !kr = %one to %nk iter_args(%x = %y0, %held = %s0) -> (!c, !slot) {
            %s, %a, %b = spak.ring.wait %ring : !ring -> !slot, !a, !b
            %y = spak.dot %a, %b acc %x over "k" {instr = "wgmma.ss.m64n128k16"} : !a, !b, !c -> !c
            spak.ring.release %ring, %held : !ring, !slot
            spak.yield %y, %s : !c, !slot
          }
          spak.ring.release %ring, %loop#1 : !ring, !slot
          scf.yield %loop#0 : !c
        } else {
          scf.yield %acc0 : !c
        }
        %bi = spak.load %bias[%n] {staging = #spak.staging<"direct", slots = 0>} : !nv[!nr] -> !bi
        %bb = spak.broadcast %bi : !bi -> !c
        %t = arith.addf %acc, %bb : !c
        %z = arith.constant dense<0.0> : !c
        %u = arith.maximumf %t, %z : !c
        %o = spak.convert %u : !c -> !cb
        spak.store %o, %C[%m, %n] {staging = #spak.staging<"tma", slots = 2>} : !cb, !cv[!mr, !nr]
      }
    }
  }
  spak.return
}
