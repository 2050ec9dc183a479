// Part of spakc. SPDX-License-Identifier: Apache-2.0
// One breach for each rule of check-cuda.
// RUN: spak-opt %s --check-cuda -split-input-file -verify-diagnostics

#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @in_flight(%i: i32, %q: i1) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  spak_cuda.ring.wait %r, %i : !r
  %s = arith.remui %i, %c2 : i32
  spak_cuda.wgmma.fence
  %x = spak_cuda.wgmma.ss %a[%s] desc #k, %a[%s] desc #k n 64 k 64 : !b, !b -> !f
  spak_cuda.wgmma.commit
  // expected-error@+1 {{IN-FLIGHT-USE: uses registers of a product in flight}}
  %u = spak_cuda.pack %x : !f -> !p
  spak_cuda.wgmma.wait 0
  spak_cuda.ring.release %r, %i when %q : !r
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @carries_too_much(%i: i32, %q: i1) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  spak_cuda.ring.wait %r, %i : !r
  %s = arith.remui %i, %c2 : i32
  spak_cuda.wgmma.fence
  %x = spak_cuda.wgmma.ss %a[%s] desc #k, %a[%s] desc #k n 64 k 64 : !b, !b -> !f
  spak_cuda.wgmma.commit
  // expected-error@+1 {{IN-FLIGHT-USE: uses registers of a product in flight}}
  %w = spak_cuda.wgmma.wait 1 of %x : !f -> !f
  %u = spak_cuda.pack %w : !f -> !p
  spak_cuda.ring.release %r, %i when %q : !r
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @unfenced(%i: i32, %q: i1) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  spak_cuda.ring.wait %r, %i : !r
  %s = arith.remui %i, %c2 : i32
  // expected-error@+1 {{WGMMA-FENCE: no fence between the last ordinary write of registers and the product}}
  %x = spak_cuda.wgmma.ss %a[%s] desc #k, %a[%s] desc #k n 64 k 64 : !b, !b -> !f
  spak_cuda.wgmma.commit
  spak_cuda.wgmma.wait 0
  spak_cuda.ring.release %r, %i when %q : !r
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @unpinned(%i: i32, %q: i1) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  spak_cuda.ring.wait %r, %i : !r
  %s = arith.remui %i, %c2 : i32
  %z = spak_cuda.frag.fill %f0 : f32 -> !f
  spak_cuda.wgmma.fence
  // expected-error@+1 {{WGMMA-FENCE: registers written by ordinary instructions are not part of the fence}}
  %x = spak_cuda.wgmma.ss %a[%s] desc #k, %a[%s] desc #k acc %z n 64 k 64 : !b, !b -> !f
  spak_cuda.wgmma.commit
  spak_cuda.wgmma.wait 0
  spak_cuda.ring.release %r, %i when %q : !r
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @uncommitted(%i: i32, %q: i1) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  spak_cuda.ring.wait %r, %i : !r
  %s = arith.remui %i, %c2 : i32
  spak_cuda.wgmma.fence
  %x = spak_cuda.wgmma.ss %a[%s] desc #k, %a[%s] desc #k n 64 k 64 : !b, !b -> !f
  // expected-error@+1 {{WGMMA-COMMIT: a product before it is not committed}}
  spak_cuda.wgmma.wait 0
  spak_cuda.ring.release %r, %i when %q : !r
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @not_waited(%i: i32, %j: i32, %q: i1) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  spak_cuda.ring.wait %r, %j : !r
  %s = arith.remui %i, %c2 : i32
  spak_cuda.wgmma.fence
  // expected-error@+1 {{RING-WAIT: reads a slot of ring "r" that it has not waited for}}
  %x = spak_cuda.wgmma.ss %a[%s] desc #k, %a[%s] desc #k n 64 k 64 : !b, !b -> !f
  spak_cuda.wgmma.commit
  spak_cuda.wgmma.wait 0
  spak_cuda.ring.release %r, %j when %q : !r
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @released_early(%i: i32, %q: i1) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  spak_cuda.ring.wait %r, %i : !r
  %s = arith.remui %i, %c2 : i32
  spak_cuda.wgmma.fence
  %x = spak_cuda.wgmma.ss %a[%s] desc #k, %a[%s] desc #k n 64 k 64 : !b, !b -> !f
  spak_cuda.wgmma.commit
  // expected-error@+1 {{RING-RELEASE: gives back a slot that a product in flight still reads}}
  spak_cuda.ring.release %r, %i when %q : !r
  spak_cuda.wgmma.wait 0
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @read_late(%i: i32, %q: i1) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  spak_cuda.ring.wait %r, %i : !r
  %s = arith.remui %i, %c2 : i32
  spak_cuda.ring.release %r, %i when %q : !r
  spak_cuda.wgmma.fence
  // expected-error@+1 {{RING-RELEASE: reads a slot of ring "r" after its release}}
  %x = spak_cuda.wgmma.ss %a[%s] desc #k, %a[%s] desc #k n 64 k 64 : !b, !b -> !f
  spak_cuda.wgmma.commit
  spak_cuda.wgmma.wait 0
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @kept(%i: i32) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  // expected-error@+1 {{RING-RELEASE: waits for a slot that is never released}}
  spak_cuda.ring.wait %r, %i : !r
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @bytes(%t: !spak_cuda.tmap, %i: i32) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  spak_cuda.ring.acquire %r, %i : !r
  // expected-error@+1 {{RING-BYTES: announces 4096 bytes, the loads of the slot bring 8192}}
  spak_cuda.ring.expect %r, %i bytes 4096 : !r
  spak_cuda.tma.load %t[%c0, %c0] into %a[%c0] signals %r, %i : !b, !r
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @not_acquired(%t: !spak_cuda.tmap, %i: i32) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  spak_cuda.ring.expect %r, %i bytes 8192 : !r
  // expected-error@+1 {{RING-ACQUIRE: fills a slot that it has not acquired}}
  spak_cuda.tma.load %t[%c0, %c0] into %a[%c0] signals %r, %i : !b, !r
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @no_store_fence(%t: !spak_cuda.tmap, %q: i1) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  %g = spak_cuda.frag.fill %f0 : f32 -> !f
  %p = spak_cuda.pack %g : !f -> !p
  spak_cuda.stmatrix %p from 0, %a[%c0] width 128 : !p, !b
  spak_cuda.bar.sync %c1 threads 128
  // expected-error@+1 {{STORE-FENCE: expected fence_async, then a barrier between the writes of the buffer and its store}}
  spak_cuda.tma.store %a[%c0] to %t[%c0, %c0] when %q : !b
  spak_cuda.tma.wait_all when %q
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @reused(%t: !spak_cuda.tmap, %q: i1, %n: i32) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  %g = spak_cuda.frag.fill %f0 : f32 -> !f
  %p = spak_cuda.pack %g : !f -> !p
  scf.for %k = %c0 to %n step %c1 : i32 {
    // expected-error@+1 {{STORE-REUSE: overwrites a slab that a store may still read}}
    spak_cuda.stmatrix %p from 0, %a[%c0] width 128 : !p, !b
    spak_cuda.fence_async
    spak_cuda.bar.sync %c1 threads 128
    spak_cuda.tma.store %a[%c0] to %t[%c0, %c0] when %q : !b
  }
  spak_cuda.tma.wait_all when %q
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
// expected-error@+1 {{STORE-DRAIN: ends while a store may still read shared memory}}
spak_cuda.kernel @not_drained(%t: !spak_cuda.tmap, %q: i1) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  %g = spak_cuda.frag.fill %f0 : f32 -> !f
  %p = spak_cuda.pack %g : !f -> !p
  spak_cuda.stmatrix %p from 0, %a[%c0] width 128 : !p, !b
  spak_cuda.fence_async
  spak_cuda.bar.sync %c1 threads 128
  spak_cuda.tma.store %a[%c0] to %t[%c0, %c0] when %q : !b
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @two_counts() attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  spak_cuda.bar.sync %c1 threads 128
  // expected-error@+1 {{BAR-ID-COUNT: barrier 1 is used with 128 and with 256 threads}}
  spak_cuda.bar.sync %c1 threads 256
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @id_zero() attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  // expected-error@+1 {{BAR-ID-COUNT: expected an id from 1 to 15, got 0}}
  spak_cuda.bar.sync %c0 threads 128
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @overlap() attributes {threads = 128, smem_bytes = 32768} {
  %a = spak_cuda.shared "a" at 0 : !b
  // expected-error@+1 {{SMEM-SIZE: bytes 1024 to 17408 overlap those at 0}}
  %c = spak_cuda.shared "c" at 1024 : !b
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @past_the_end() attributes {threads = 128, smem_bytes = 16000} {
  // expected-error@+1 {{SMEM-SIZE: ends at byte 16384, past the kernel's shared memory}}
  %a = spak_cuda.shared "a" at 0 : !b
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @divergent(%n: i32) attributes {threads = 128, smem_bytes = 0} {
  %lane = spak_cuda.lane
  %c0 = arith.constant 0 : i32
  %first = arith.cmpi eq, %lane, %c0 : i32
  // expected-error@+1 {{UNIFORM-IF: its control may differ between the lanes of a warp}}
  scf.if %first {
    spak_cuda.fence_async
  }
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @alone() attributes {threads = 128, smem_bytes = 0} {
  %c1 = arith.constant 1 : i32
  spak_cuda.roles {
    spak_cuda.role @one warps 0 for 4 one_thread {
      // expected-error@+1 {{ONE-THREAD-NO-SYNC: needs a whole warp, its role runs on one thread}}
      spak_cuda.bar.sync %c1 threads 128
    }
  }
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @never_started(%n: i32) attributes {threads = 256, smem_bytes = 0} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  spak_cuda.roles {
    spak_cuda.role @two warps 0 for 8 {
      %g = spak_cuda.group_in_role
      %mine = arith.addi %c1, %g : i32
      scf.for %k = %c0 to %n step %c1 : i32 {
        spak_cuda.bar.sync %mine threads 256
        // expected-error@+1 {{BAR-TURN: a turn is taken, passed or started without its counterpart}}
        spak_cuda.bar.arrive %mine threads 256
      }
    }
  }
  spak_cuda.return
}

// -----
spak_cuda.kernel @more_than_there_is() attributes {threads = 384, registers = 168} {
  spak_cuda.roles {
    spak_cuda.role @producer warps 0 for 4 maxnreg 32 { }
    // expected-error@+1 {{REGISTER-POOL: the roles ask for 65536 registers, the block has 64512 at launch: 168 for each of 384 threads}}
    spak_cuda.role @consumer warps 4 for 8 maxnreg 240 grow { }
  }
  spak_cuda.return
}

// -----
!r = !spak_cuda.ring<2>
spak_cuda.kernel @another_cluster() attributes {threads = 128, smem_bytes = 32, cluster = 2} {
  // expected-error@+1 {{CLUSTER: its ring is that of 4 blocks, the kernel's clusters have 2}}
  %r = spak_cuda.ring "r" full 1 empty 16 at 0 {cluster = 4 : i64} : !r
  spak_cuda.return
}

// -----
!r = !spak_cuda.ring<2>
spak_cuda.kernel @uneven() attributes {threads = 128, smem_bytes = 32, cluster = 2} {
  // expected-error@+1 {{CLUSTER: expected as many arrivals from each of 2 blocks, got 7 in all}}
  %r = spak_cuda.ring "r" full 1 empty 7 at 0 {cluster = 2 : i64} : !r
  spak_cuda.return
}

// -----
!r = !spak_cuda.ring<2>
spak_cuda.kernel @tells_nobody(%i: i32, %q: i1) attributes {threads = 128, smem_bytes = 32, cluster = 2} {
  %r = spak_cuda.ring "r" full 1 empty 8 at 0 {cluster = 2 : i64} : !r
  spak_cuda.cluster_sync
  spak_cuda.ring.wait %r, %i : !r
  // expected-error@+1 {{CLUSTER: does not tell the other blocks that fill the slot}}
  spak_cuda.ring.release %r, %i when %q : !r
  spak_cuda.cluster_sync
  spak_cuda.return
}

// -----
!r = !spak_cuda.ring<2>
spak_cuda.kernel @tells_strangers(%i: i32, %q: i1) attributes {threads = 128, smem_bytes = 32, cluster = 2} {
  %r = spak_cuda.ring "r" full 1 empty 4 at 0 : !r
  spak_cuda.ring.wait %r, %i : !r
  // expected-error@+1 {{CLUSTER: hands a slot of this block to others}}
  spak_cuda.ring.release %r, %i when %q to %i : !r
  spak_cuda.return
}

// -----
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @fills_unasked(%map: !spak_cuda.tmap, %i: i32) attributes {threads = 128, smem_bytes = 16416, cluster = 2} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c2 = arith.constant 2 : i32
  %s = arith.remui %i, %c2 : i32
  spak_cuda.ring.acquire %r, %i : !r
  spak_cuda.ring.expect %r, %i bytes 8192 : !r
  // expected-error@+1 {{CLUSTER: fills slots of 2 blocks, which only this block frees}}
  spak_cuda.tma.load %map[%i, %i] into %a[%s] signals %r, %i {multicast = 2 : i64} : !b, !r
  spak_cuda.return
}

// -----
!r = !spak_cuda.ring<2>
// expected-error@+1 {{CLUSTER: expected the blocks to meet after their barriers are set up and before they end}}
spak_cuda.kernel @ends_early() attributes {threads = 128, smem_bytes = 32, cluster = 2} {
  %r = spak_cuda.ring "r" full 1 empty 8 at 0 {cluster = 2 : i64} : !r
  spak_cuda.cluster_sync
  spak_cuda.return
}

// -----
spak_cuda.kernel @some_wait() attributes {threads = 128, cluster = 2} {
  spak_cuda.roles {
    spak_cuda.role @all warps 0 for 4 {
      // expected-error@+1 {{CLUSTER: not all threads come here}}
      spak_cuda.cluster_sync
    }
  }
  spak_cuda.return
}

// -----
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<1 x 8192 bytes of bf16>
!r = !spak_cuda.ring<1>
spak_cuda.kernel @read_unfenced(%i: i32, %q: i1) attributes {threads = 128, smem_bytes = 8208} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 8192 : !r
  %c0 = arith.constant 0 : i32
  spak_cuda.ring.wait %r, %i : !r
  // expected-error@+1 {{WGMMA-FENCE: what it reads is not fenced before products use it}}
  %p = spak_cuda.ldmatrix %a[%c0] width 128 slab 8192 : !b -> !p
  spak_cuda.ring.release %r, %i when %q : !r
  %x = spak_cuda.wgmma.wait 0 of %p : !p -> !p
  spak_cuda.return
}

// -----
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<1 x 8192 bytes of bf16>
!r = !spak_cuda.ring<1>
spak_cuda.kernel @read_too_late(%i: i32, %q: i1) attributes {threads = 128, smem_bytes = 8208} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 8192 : !r
  %c0 = arith.constant 0 : i32
  spak_cuda.ring.wait %r, %i : !r
  spak_cuda.ring.release %r, %i when %q : !r
  // expected-error@+1 {{RING-RELEASE: reads a slot of ring "r" after its release}}
  %p = spak_cuda.ldmatrix %a[%c0] width 128 slab 8192 : !b -> !p
  %x = spak_cuda.wgmma.fence of %p : !p -> !p
  spak_cuda.return
}

// -----
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<1 x 8192 bytes of bf16>
!r = !spak_cuda.ring<1>
spak_cuda.kernel @read_unawaited(%i: i32, %q: i1) attributes {threads = 128, smem_bytes = 8208} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 8192 : !r
  %c0 = arith.constant 0 : i32
  // expected-error@+1 {{RING-WAIT: reads a slot of ring "r" that it has not waited for}}
  %p = spak_cuda.ldmatrix %a[%c0] width 128 slab 8192 : !b -> !p
  %x = spak_cuda.wgmma.fence of %p : !p -> !p
  spak_cuda.return
}

// -----
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>
!r = !spak_cuda.ring<2>
spak_cuda.kernel @read_of_another_slot(%i: i32, %q: i1) attributes {threads = 128, smem_bytes = 16416} {
  %a = spak_cuda.shared "a" at 0 : !b
  %r = spak_cuda.ring "r" full 1 empty 4 at 16384 : !r
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %next = arith.addi %i, %c1 : i32
  %slot = arith.remui %i, %c2 : i32
  spak_cuda.ring.wait %r, %i : !r
  spak_cuda.ring.release %r, %i when %q : !r
  spak_cuda.ring.wait %r, %next : !r
  // expected-error@+1 {{RING-RELEASE: reads a slot of ring "r" after its release}}
  %p = spak_cuda.ldmatrix %a[%slot] width 128 slab 8192 : !b -> !p
  %x = spak_cuda.wgmma.fence of %p : !p -> !p
  spak_cuda.ring.release %r, %next when %q : !r
  spak_cuda.return
}
