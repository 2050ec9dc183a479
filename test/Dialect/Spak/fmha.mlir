// Part of spakc. SPDX-License-Identifier: Apache-2.0
// What a front end writes for attention: nothing about a device in it but
// facts of the module. Round trip, also after canonicalize and CSE.
// RUN: spak-opt %s | spak-opt | FileCheck %s
// RUN: spak-opt %s --canonicalize --cse --loop-invariant-code-motion | spak-opt | FileCheck %s
// (1) FMHA forward, phase 0: what IRGen writes. Nothing about a GPU in it except module facts.
!qv = !spak.view<B, Hq, M, D=128 : bf16>
!kv = !spak.view<B, Hkv, N, D=128 : bf16>
!lv = !spak.view<B, Hq, M : f32>
!q  = !spak.tile<m=128, d=128 : bf16>
!k  = !spak.tile<n=128, d=128 : bf16>
!s  = !spak.tile<m=128, n=128 : f32>
!o  = !spak.tile<m=128, d=128 : f32>
!r  = !spak.tile<m=128 : f32>
!mr = !spak.range<m=128>
!nr = !spak.range<n=128>
!dr = !spak.range<d=128>
!st = !spak.softmax<rows m=128, width d=128>
#causal = affine_map<(i, j)[M, N] -> (i - j + N - M)>     // keep where >= 0
#inside = affine_map<(i, j)[M, N] -> (N - 1 - j)>         // tail of the last key tile: the same form
module attributes {spak.target = #spak.target<{arch = "sm_90a", smem_per_block = 232448, registers_per_sm = 65536, max_threads_per_block = 1024, tma = true, wgmma = true}>,
                   spak.facts = [#spak.fact<"tile" = "m=128 n=128 slots=2" from "h200.json#fmha_d128">]} {
  spak.kernel @forward(%Q: !qv, %K: !kv, %V: !kv, %scale: f32, %O: !qv, %LSE: !lv, %B: index, %Hq: index, %Hkv: index, %M: index, %N: index)
      attributes {point = {tile_m = 128, tile_n = 128, D = 128, causal = true}} {
    %zero = arith.constant 0 : index
    %rem = arith.remui %Hq, %Hkv : index
    %ok = arith.cmpi eq, %rem, %zero : index
    spak.require %ok, "Hq % Hkv == 0"
    %nm = spak.tile_count %M by 128
    spak.grid (%m : !mr in %nm, %h : index in %Hq, %b : index in %B) {
      %ratio = arith.divui %Hq, %Hkv : index
      %hk = arith.divui %h, %ratio : index
      %d = spak.all : !dr
      %q = spak.load %Q[%b, %h, %m, %d] : !qv[index, index, !mr, !dr] -> !q
      %init = spak.softmax.init : !st
      %nn = spak.tile_count %N by 128
      %state = spak.for %n : !nr = %zero to %nn iter_args(%st = %init) -> (!st) {
        %k = spak.load %K[%b, %hk, %n, %d] : !kv[index, index, !nr, !dr] -> !k
        %v = spak.load %V[%b, %hk, %n, %d] : !kv[index, index, !nr, !dr] -> !k
        %s0 = spak.dot %q, %k over "d" : !q, !k -> !s
        %c = spak.splat %scale : f32 -> !s
        %s1 = arith.mulf %s0, %c : !s
        %s2 = spak.mask %s1 where [#inside] (%m, %n)[%M, %N] : (!mr, !nr) !s
        %s3 = spak.mask %s2 where [#causal] (%m, %n)[%M, %N] : (!mr, !nr) !s
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
}

// CHECK-LABEL: spak.kernel @forward(
// CHECK-SAME: %[[Q:[^:]+]]: !spak.view<B, Hq, M, D=128 : bf16>
// CHECK-SAME: point = {D = 128 : i64, causal = true
// CHECK: spak.require %{{.+}}, "Hq % Hkv == 0"
// CHECK: spak.grid (%[[M:.+]]: !spak.range<m=128> in
// CHECK: spak.for %[[N:.+]]: !spak.range<n=128> = %{{.+}} to %{{.+}} iter_args(
// CHECK: spak.mask %{{.+}} where [#[[INSIDE:.+]]](%[[M]], %[[N]])
// CHECK: spak.softmax.update
// CHECK: spak.store
