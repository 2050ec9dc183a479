// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Where fences, commits and waits go: one function per rule.
// RUN: spak-opt %s --insert-sync -split-input-file | FileCheck %s
// RUN: spak-opt %s --insert-sync --insert-sync -split-input-file | FileCheck %s

#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>

// A result is waited for where it is first used, with the younger group left
// in flight; the slot is given back there and not before.
// CHECK-LABEL: spak_cuda.kernel @counted
// CHECK: spak_cuda.ring.wait
// CHECK-NEXT: arith.remui
// CHECK-NEXT: spak_cuda.wgmma.fence
// CHECK-NEXT: %[[X:.*]] = spak_cuda.wgmma.ss
// CHECK-NEXT: spak_cuda.wgmma.commit
// CHECK: spak_cuda.wgmma.fence
// CHECK-NEXT: %[[Y:.*]] = spak_cuda.wgmma.ss
// CHECK-NEXT: spak_cuda.wgmma.commit
// CHECK-NEXT: %[[XW:.*]] = spak_cuda.wgmma.wait 1 of %[[X]] :
// CHECK-NEXT: spak_cuda.ring.release
// CHECK-NEXT: spak_cuda.pack %[[XW]]
// CHECK-NEXT: %[[YW:.*]] = spak_cuda.wgmma.wait 0 of %[[Y]] :
// CHECK-NEXT: spak_cuda.ring.release
// CHECK-NEXT: spak_cuda.pack %[[YW]]
spak_cuda.kernel @counted(%i: i32, %j: i32, %q: i1) attributes {threads = 128} {
  %a = spak_cuda.shared "a" : !b
  %r = spak_cuda.ring "r" full 1 empty 4 : !spak_cuda.ring<2>
  %c2 = arith.constant 2 : i32
  spak_cuda.ring.wait %r, %i : !spak_cuda.ring<2>
  %s = arith.remui %i, %c2 : i32
  %x = spak_cuda.wgmma.ss %a[%s] desc #k, %a[%s] desc #k n 64 k 64 : !b, !b -> !f
  spak_cuda.ring.release %r, %i when %q : !spak_cuda.ring<2>
  spak_cuda.ring.wait %r, %j : !spak_cuda.ring<2>
  %t = arith.remui %j, %c2 : i32
  %y = spak_cuda.wgmma.ss %a[%t] desc #k, %a[%t] desc #k n 64 k 64 : !b, !b -> !f
  spak_cuda.ring.release %r, %j when %q : !spak_cuda.ring<2>
  %u = spak_cuda.pack %x : !f -> !p
  %v = spak_cuda.pack %y : !f -> !p
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>

// A and accumulator that ordinary instructions wrote are pinned by the fence;
// the wait carries both.
// CHECK-LABEL: spak_cuda.kernel @pinned
// CHECK: spak_cuda.frag.fill
// CHECK: %[[Z:.*]] = spak_cuda.frag.fill
// CHECK: %[[P:.*]] = spak_cuda.pack
// CHECK: %[[F:.*]]:2 = spak_cuda.wgmma.fence of %[[P]], %[[Z]] :
// CHECK-NEXT: %[[Y:.*]] = spak_cuda.wgmma.rs %[[F]]#0, {{.*}} acc %[[F]]#1
// CHECK-NEXT: spak_cuda.wgmma.commit
// CHECK-NEXT: %[[W:.*]]:2 = spak_cuda.wgmma.wait 0 of %[[Y]], %[[F]]#0 :
// CHECK-NEXT: spak_cuda.pack %[[W]]#0
spak_cuda.kernel @pinned(%q: i1) attributes {threads = 128} {
  %a = spak_cuda.shared "a" : !b
  %c0 = arith.constant 0 : i32
  %f0 = arith.constant 0.0 : f32
  %g = spak_cuda.frag.fill %f0 : f32 -> !f
  %z = spak_cuda.frag.fill %f0 : f32 -> !f
  %p = spak_cuda.pack %g : !f -> !p
  %y = spak_cuda.wgmma.rs %p, %a[%c0] desc #k acc %z n 64 k 64 : !p, !b -> !f
  %v = spak_cuda.pack %y : !f -> !p
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>

// A slot given back one iteration late leaves one product in flight around
// the loop. The accumulator is pinned ahead of the loop and not inside.
// CHECK-LABEL: spak_cuda.kernel @around
// CHECK: %[[Z:.*]] = spak_cuda.frag.fill
// CHECK: %[[F:.*]] = spak_cuda.wgmma.fence of %[[Z]]
// CHECK: %[[L:.*]]:3 = scf.for {{.*}} iter_args(%[[X:.*]] = %[[F]],
// CHECK: spak_cuda.wgmma.fence
// CHECK-NEXT: %[[Y:.*]] = spak_cuda.wgmma.ss {{.*}} acc %[[X]]
// CHECK-NEXT: spak_cuda.wgmma.commit
// CHECK-NEXT: arith.addi
// CHECK-NEXT: spak_cuda.wgmma.wait 1
// CHECK-NEXT: spak_cuda.ring.release
// CHECK-NEXT: scf.yield %[[Y]]
// CHECK: %[[W:.*]] = spak_cuda.wgmma.wait 0 of %[[L]]#0
// CHECK-NEXT: spak_cuda.pack %[[W]]
spak_cuda.kernel @around(%n: i32, %q: i1) attributes {threads = 128} {
  %a = spak_cuda.shared "a" : !b
  %r = spak_cuda.ring "r" full 1 empty 4 : !spak_cuda.ring<2>
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %f0 = arith.constant 0.0 : f32
  %z = spak_cuda.frag.fill %f0 : f32 -> !f
  %l:3 = scf.for %k = %c1 to %n step %c1 iter_args(%x = %z, %held = %n, %i = %c1) -> (!f, i32, i32) : i32 {
    spak_cuda.ring.wait %r, %i : !spak_cuda.ring<2>
    %s = arith.remui %i, %c2 : i32
    %y = spak_cuda.wgmma.ss %a[%s] desc #k, %a[%s] desc #k acc %x n 64 k 64 : !b, !b -> !f
    spak_cuda.ring.release %r, %held when %q : !spak_cuda.ring<2>
    %i1 = arith.addi %i, %c1 : i32
    scf.yield %y, %i, %i1 : !f, i32, i32
  }
  %v = spak_cuda.pack %l#0 : !f -> !p
  spak_cuda.return
}

// -----
#k = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
!f = !spak_cuda.frag<32xf32>
!p = !spak_cuda.frag<16xvector<2xbf16>>
!b = !spak_cuda.smem<2 x 8192 bytes of bf16>

// The next iteration's A operand takes the registers of this one's: the
// product that reads them is waited for before they are written.
// CHECK-LABEL: spak_cuda.kernel @overwritten
// CHECK: scf.for
// CHECK: %[[Y:.*]] = spak_cuda.wgmma.rs
// CHECK-NEXT: spak_cuda.wgmma.commit
// CHECK-NEXT: %[[G:.*]] = spak_cuda.frag.fill
// CHECK-NEXT: spak_cuda.wgmma.wait 0 of %[[Y]]
// CHECK-NEXT: %[[N:.*]] = spak_cuda.pack %[[G]]
// CHECK-NEXT: scf.yield
spak_cuda.kernel @overwritten(%n: i32) attributes {threads = 128} {
  %a = spak_cuda.shared "a" : !b
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %f0 = arith.constant 0.0 : f32
  %z = spak_cuda.frag.fill %f0 : f32 -> !f
  %g = spak_cuda.frag.fill %f0 : f32 -> !f
  %p = spak_cuda.pack %g : !f -> !p
  %l:2 = scf.for %k = %c0 to %n step %c1 iter_args(%x = %z, %h = %p) -> (!f, !p) : i32 {
    %y = spak_cuda.wgmma.rs %h, %a[%c0] desc #k acc %x n 64 k 64 : !p, !b -> !f
    %next = spak_cuda.frag.fill %f0 : f32 -> !f
    %o = spak_cuda.pack %next : !f -> !p
    scf.yield %y, %o : !f, !p
  }
  spak_cuda.return
}

// -----
// No product, nothing to do.
// CHECK-LABEL: spak_cuda.kernel @nothing
// CHECK-NOT: wgmma
spak_cuda.kernel @nothing() attributes {threads = 128} {
  spak_cuda.syncthreads
  spak_cuda.return
}
