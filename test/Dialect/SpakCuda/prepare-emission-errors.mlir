// A copy of an accumulator cannot be printed.
// RUN: spak-opt %s -split-input-file --prepare-emission -verify-diagnostics

#desc = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!acc = !spak_cuda.frag<16xf32>
!tile = !spak_cuda.smem<1 x 8192 bytes of bf16>

spak_cuda.kernel @used_after_overwrite(%s: i32) attributes {threads = 128} {
  %a = spak_cuda.shared "a" at 0 : !tile
  // expected-note@+1 {{the fragment that is needed}}
  %x = spak_cuda.wgmma.ss %a[%s] desc #desc, %a[%s] desc #desc n 32 k 64 : !tile, !tile -> !acc
  // expected-error@+1 {{overwrites a fragment that is still needed: a copy of a fragment cannot be printed}}
  %y = spak_cuda.wgmma.ss %a[%s] desc #desc, %a[%s] desc #desc acc %x n 32 k 64 : !tile, !tile -> !acc
  // expected-note@+1 {{its later use}}
  %z = spak_cuda.pack %x : !acc -> !spak_cuda.frag<8xvector<2xbf16>>
  spak_cuda.return
}

// -----

!acc = !spak_cuda.frag<16xf32>

spak_cuda.kernel @used_in_the_next_round(%n: i32, %f: f32, %g: !spak_cuda.global<f32>, %o: i64) attributes {threads = 128} {
  %c0 = arith.constant 0 : i32
  // expected-note@+1 {{the fragment that is needed}}
  %x = spak_cuda.load_frag %g[%o] coords(%n) by [unit] strides(%o) limits(%n) : !spak_cuda.global<f32> -> !acc
  %c1 = arith.constant 1 : i32
  scf.for %j = %c0 to %n step %c1 : i32 {
    // expected-error@+2 {{overwrites a fragment that is still needed}}
    // expected-note@+1 {{its later use}}
    %y = spak_cuda.map of %x by [unit] coords [] in_place 0 {
    ^bb0(%e: f32):
      spak_cuda.yield %f : f32
    } : (!acc) -> !acc
  }
  spak_cuda.return
}
