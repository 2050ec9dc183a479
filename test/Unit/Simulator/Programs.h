// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Tile programs in the phases of a compilation, written by hand: $tm and $tn
// are the tile sizes, elements are bf16, heads are 16 wide.
#ifndef SPAK_TEST_UNIT_SIMULATOR_PROGRAMS_H
#define SPAK_TEST_UNIT_SIMULATOR_PROGRAMS_H

namespace spak::sim {

inline constexpr char kAttentionTypes[] = R"(
!qv = !spak.view<B, Hq, M, D=16 : bf16>
!kv = !spak.view<B, Hkv, N, D=16 : bf16>
!lv = !spak.view<B, Hq, M : f32>
!q  = !spak.tile<m=$tm, d=16 : bf16>
!k  = !spak.tile<n=$tn, d=16 : bf16>
!s  = !spak.tile<m=$tm, n=$tn : f32>
!p  = !spak.tile<m=$tm, n=$tn : bf16>
!o  = !spak.tile<m=$tm, d=16 : f32>
!r  = !spak.tile<m=$tm : f32>
!rs = !spak.rows<!r>
!mr = !spak.range<m=$tm>
!nr = !spak.range<n=$tn>
!dr = !spak.range<d=16>
!st = !spak.softmax<rows m=$tm, width d=16>
#causal = affine_map<(i, j)[M, N] -> (i - j + N - M)>
#inside = affine_map<(i, j)[M, N] -> (N - 1 - j)>
#end  = affine_map<(i)[M, N] -> ((i + $tm + N - M + $tn - 1) floordiv $tn, (N + $tn - 1) floordiv $tn)>
#full = affine_map<(i)[M, N] -> ((i + N - M + 1) floordiv $tn, N floordiv $tn)>
)";

inline constexpr char kAttentionHead[] = R"(
spak.kernel @forward(
    %Q: !qv {spak.name = "Q", spak.kind = "in"},
    %K: !kv {spak.name = "K", spak.kind = "in"},
    %V: !kv {spak.name = "V", spak.kind = "in"},
    %scale: f32 {spak.name = "scale", spak.kind = "scalar", spak.default = 2.500000e-01 : f64},
    %O: !qv {spak.name = "O", spak.kind = "out"},
    %LSE: !lv {spak.name = "LSE", spak.kind = "out"},
    %B: index {spak.name = "B", spak.kind = "dim"},
    %Hq: index {spak.name = "Hq", spak.kind = "dim"},
    %Hkv: index {spak.name = "Hkv", spak.kind = "dim"},
    %M: index {spak.name = "M", spak.kind = "dim"},
    %N: index {spak.name = "N", spak.kind = "dim"}) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %f0 = arith.constant 0.0 : f32
  %rem = arith.remui %Hq, %Hkv : index
  %ok = arith.cmpi eq, %rem, %zero : index
  spak.require %ok, "Hq % Hkv == 0"
  %nm = spak.tile_count %M by $tm
)";

/// As IRGen writes it.
inline constexpr char kClosed[] = R"(
  spak.grid (%m : !mr in %nm, %h : index in %Hq, %b : index in %B) {
    %ratio = arith.divui %Hq, %Hkv : index
    %hk = arith.divui %h, %ratio : index
    %d = spak.all : !dr
    %q = spak.load %Q[%b, %h, %m, %d] : !qv[index, index, !mr, !dr] -> !q
    %init = spak.softmax.init : !st
    %nn = spak.tile_count %N by $tn
    %state = spak.for %n : !nr = %zero to %nn iter_args(%st = %init) -> (!st) {
      %k = spak.load %K[%b, %hk, %n, %d] : !kv[index, index, !nr, !dr] -> !k
      %v = spak.load %V[%b, %hk, %n, %d] : !kv[index, index, !nr, !dr] -> !k
      %s0 = spak.dot %q, %k over "d" : !q, !k -> !s
      %c = spak.splat %scale : f32 -> !s
      %s1 = arith.mulf %s0, %c : !s
      %s2 = spak.mask %s1 where [#causal] (%m, %n)[%M, %N] : (!mr, !nr) !s
      %s3 = spak.mask %s2 where [#inside] (%m, %n)[%M, %N] : (!mr, !nr) !s
      %next = spak.softmax.update %st, %s3, %v over "n" : !st, !s, !k
      spak.yield %next : !st
    }
    %o = spak.softmax.output %state : !st -> !o
    %lse = spak.softmax.lse %state : !st -> !r
    %ob = spak.convert %o : !o -> !q
    spak.store %ob, %O[%b, %h, %m, %d] : !q, !qv[index, index, !mr, !dr]
    spak.store %lse, %LSE[%b, %h, %m] : !r, !lv[index, index, !mr]
  }
  spak.return
}
)";

/// Bounds tightened, a full range, softmax opened.
inline constexpr char kOpened[] = R"(
  spak.grid (%m : !mr in %nm, %h : index in %Hq, %b : index in %B) {
    %ratio = arith.divui %Hq, %Hkv : index
    %hk = arith.divui %h, %ratio : index
    %d = spak.all : !dr
    %q = spak.load %Q[%b, %h, %m, %d] : !qv[index, index, !mr, !dr] -> !q
    %i0 = spak.start %m : !mr
    %end0 = affine.min #end(%i0)[%M, %N]
    %end = arith.maxsi %end0, %zero : index
    %full = affine.min #full(%i0)[%M, %N]
    %rows0 = spak.softmax.rows : !rs
    %o0 = spak.splat %f0 : f32 -> !o
    %done:2 = spak.for %n : !nr = %zero to %end full %zero to %full
        iter_args(%rows = %rows0, %acc = %o0) -> (!rs, !o) attributes {direction = "$direction"} {
      %k = spak.load %K[%b, %hk, %n, %d] : !kv[index, index, !nr, !dr] -> !k
      %v = spak.load %V[%b, %hk, %n, %d] : !kv[index, index, !nr, !dr] -> !k
      %s0 = spak.dot %q, %k over "d" : !q, !k -> !s
      %s1 = spak.mask %s0 where [#inside] (%m, %n)[%M, %N] : (!mr, !nr) !s
      %s2 = spak.mask %s1 where [#causal] (%m, %n)[%M, %N] : (!mr, !nr) !s
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
)";

/// Rings, roles, and the loop rotated by one under a test that there are
/// tiles; in reverse.
inline constexpr char kStaged[] = R"(
  %rq = spak.ring "q" via "tma" : !spak.ring<(!q), slots = 1>
  %rk = spak.ring "k" via "tma" : !spak.ring<(!k), slots = $slots>
  %rv = spak.ring "v" via "tma" : !spak.ring<(!k), slots = $slots>
  spak.roles {
    spak.role @producer warps 4 registers 24 {
      spak.grid (%m : !mr in %nm, %h : index in %Hq, %b : index in %B)
          attributes {order = #spak.order<"$schedule", ["h", "b", "m"], {m = "longest_first"}>} {
        %ratio = arith.divui %Hq, %Hkv : index
        %hk = arith.divui %h, %ratio : index
        %d = spak.all : !dr
        %i0 = spak.start %m : !mr
        %end0 = affine.min #end(%i0)[%M, %N]
        %end = arith.maxsi %end0, %zero : index
        %sq = spak.ring.acquire %rq : !spak.ring<(!q), slots = 1> -> !spak.slot<(!q)>
        spak.ring.fill %sq[0], %Q[%b, %h, %m, %d] : !spak.slot<(!q)>, !qv[index, index, !mr, !dr]
        spak.ring.commit %rq, %sq : !spak.ring<(!q), slots = 1>, !spak.slot<(!q)>
        spak.for %n : !nr = %zero to %end attributes {direction = "reverse"} {
          %sk = spak.ring.acquire %rk : !spak.ring<(!k), slots = $slots> -> !spak.slot<(!k)>
          spak.ring.fill %sk[0], %K[%b, %hk, %n, %d] : !spak.slot<(!k)>, !kv[index, index, !nr, !dr]
          spak.ring.commit %rk, %sk : !spak.ring<(!k), slots = $slots>, !spak.slot<(!k)>
          %sv = spak.ring.acquire %rv : !spak.ring<(!k), slots = $slots> -> !spak.slot<(!k)>
          spak.ring.fill %sv[0], %V[%b, %hk, %n, %d] : !spak.slot<(!k)>, !kv[index, index, !nr, !dr]
          spak.ring.commit %rv, %sv : !spak.ring<(!k), slots = $slots>, !spak.slot<(!k)>
        }
      }
    }
    spak.role @consumer warps 8 registers 240 turn ["qk"] {
      spak.grid (%m : !mr in %nm, %h : index in %Hq, %b : index in %B)
          attributes {order = #spak.order<"$schedule", ["h", "b", "m"], {m = "longest_first"}>} {
        %d = spak.all : !dr
        %i0 = spak.start %m : !mr
        %end0 = affine.min #end(%i0)[%M, %N]
        %end = arith.maxsi %end0, %zero : index
        %full = affine.min #full(%i0)[%M, %N]
        %slq, %q = spak.ring.wait %rq : !spak.ring<(!q), slots = 1> -> !spak.slot<(!q)>, !q
        %rows0 = spak.softmax.rows : !rs
        %o0 = spak.splat %f0 : f32 -> !o
        %some = arith.cmpi slt, %zero, %end : index
        %done:2 = scf.if %some -> (!rs, !o) {
          %last = arith.subi %end, %one : index
          %nl = spak.tile_range %last : !nr
          %slk0, %k0 = spak.ring.wait %rk : !spak.ring<(!k), slots = $slots> -> !spak.slot<(!k)>, !k
          %s0 = spak.dot %q, %k0 over "d" : !q, !k -> !s
          spak.ring.release %rk, %slk0 : !spak.ring<(!k), slots = $slots>, !spak.slot<(!k)>
          %s1 = spak.mask %s0 where [#inside] (%m, %nl)[%M, %N] : (!mr, !nr) !s
          %s2 = spak.mask %s1 where [#causal] (%m, %nl)[%M, %N] : (!mr, !nr) !s
          %adv0, %corr0 = spak.softmax.advance %rows0, %s2 scale %scale first may_be_empty : !rs, !s -> !r
          %rows1, %p1 = spak.softmax.probs %adv0, %s2 scale %scale : !rs, !s -> !p
          %loop:3 = spak.for %n : !nr = %zero to %last full %zero to %full
              iter_args(%rows = %rows1, %o = %o0, %p = %p1) -> (!rs, !o, !p) attributes {direction = "reverse"} {
            spak.turn "take" "qk"
            %slk, %k = spak.ring.wait %rk : !spak.ring<(!k), slots = $slots> -> !spak.slot<(!k)>, !k
            %t0 = spak.dot %q, %k over "d" : !q, !k -> !s
            %slv, %v = spak.ring.wait %rv : !spak.ring<(!k), slots = $slots> -> !spak.slot<(!k)>, !k
            %o1 = spak.dot %p, %v acc %o over "n" : !p, !k, !o -> !o
            spak.turn "pass" "qk"
            spak.ring.release %rk, %slk : !spak.ring<(!k), slots = $slots>, !spak.slot<(!k)>
            %t1 = spak.mask %t0 where [#inside] (%m, %n)[%M, %N] : (!mr, !nr) !s
            %t2 = spak.mask %t1 where [#causal] (%m, %n)[%M, %N] : (!mr, !nr) !s
            %adv, %corr = spak.softmax.advance %rows, %t2 scale %scale may_be_empty : !rs, !s -> !r
            spak.ring.release %rv, %slv : !spak.ring<(!k), slots = $slots>, !spak.slot<(!k)>
            %o2 = spak.softmax.rescale %o1 by %corr : !o, !r
            %next, %pn = spak.softmax.probs %adv, %t2 scale %scale : !rs, !s -> !p
            spak.yield %next, %o2, %pn : !rs, !o, !p
          }
          %sll, %vl = spak.ring.wait %rv : !spak.ring<(!k), slots = $slots> -> !spak.slot<(!k)>, !k
          %o3 = spak.dot %loop#2, %vl acc %loop#1 over "n" : !p, !k, !o -> !o
          spak.ring.release %rv, %sll : !spak.ring<(!k), slots = $slots>, !spak.slot<(!k)>
          scf.yield %loop#0, %o3 : !rs, !o
        } else {
          scf.yield %rows0, %o0 : !rs, !o
        }
        spak.ring.release %rq, %slq : !spak.ring<(!q), slots = 1>, !spak.slot<(!q)>
        %out, %lse = spak.softmax.finish %done#0, %done#1 scale %scale : !rs, !o -> !o, !r
        %ob = spak.convert %out : !o -> !q
        spak.store %ob, %O[%b, %h, %m, %d] : !q, !qv[index, index, !mr, !dr]
        spak.store %lse, %LSE[%b, %h, %m] : !r, !lv[index, index, !mr]
      }
    }
  }
  spak.return
}
)";

/// A product with an epilogue, A and B in one ring; no mask anywhere: loads
/// past the end are zero, and relu(0 + bias) is cut off by the store.
inline constexpr char kProduct[] = R"(
!av = !spak.view<M, K : bf16>
!bv = !spak.view<N, K : bf16>
!nv = !spak.view<N : f32>
!cv = !spak.view<M, N : bf16>
!a = !spak.tile<m=$tm, k=16 : bf16>
!b = !spak.tile<n=$tn, k=16 : bf16>
!c = !spak.tile<m=$tm, n=$tn : f32>
!cb = !spak.tile<m=$tm, n=$tn : bf16>
!bi = !spak.tile<n=$tn : f32>
!mr = !spak.range<m=$tm>
!nr = !spak.range<n=$tn>
!kr = !spak.range<k=16>
!ring = !spak.ring<(!a, !b), slots = $slots>
!slot = !spak.slot<(!a, !b)>
spak.kernel @matmul(
    %A: !av {spak.name = "A", spak.kind = "in"},
    %Bt: !bv {spak.name = "B", spak.kind = "in"},
    %bias: !nv {spak.name = "bias", spak.kind = "in"},
    %C: !cv {spak.name = "C", spak.kind = "out"},
    %M: index {spak.name = "M", spak.kind = "dim"},
    %N: index {spak.name = "N", spak.kind = "dim"},
    %K: index {spak.name = "K", spak.kind = "dim"}) {
  %zero = arith.constant 0 : index
  %f0 = arith.constant 0.0 : f32
  %nm = spak.tile_count %M by $tm
  %nn = spak.tile_count %N by $tn
  %nk = spak.tile_count %K by 16
  %ring = spak.ring "ab" via "tma" : !ring
  spak.roles {
    spak.role @producer warps 4 registers 40 {
      spak.grid (%m : !mr in %nm, %n : !nr in %nn)
          attributes {order = #spak.order<"$schedule", ["m", "n"], {group_m = 2}>} {
        spak.for %k : !kr = %zero to %nk {
          %s = spak.ring.acquire %ring : !ring -> !slot
          spak.ring.fill %s[0], %A[%m, %k] : !slot, !av[!mr, !kr]
          spak.ring.fill %s[1], %Bt[%n, %k] : !slot, !bv[!nr, !kr]
          spak.ring.commit %ring, %s : !ring, !slot
        }
      }
    }
    spak.role @consumer warps 8 registers 232 {
      spak.grid (%m : !mr in %nm, %n : !nr in %nn)
          attributes {order = #spak.order<"$schedule", ["m", "n"], {group_m = 2}>} {
        %acc0 = spak.splat %f0 : f32 -> !c
        %acc = spak.for %k : !kr = %zero to %nk iter_args(%x = %acc0) -> (!c) {
          %s, %a, %b = spak.ring.wait %ring : !ring -> !slot, !a, !b
          %y = spak.dot %a, %b acc %x over "k" : !a, !b, !c -> !c
          spak.ring.release %ring, %s : !ring, !slot
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
    }
  }
  spak.return
}
)";

} // namespace spak::sim

#endif // SPAK_TEST_UNIT_SIMULATOR_PROGRAMS_H
