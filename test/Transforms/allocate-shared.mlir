// Part of spakc. SPDX-License-Identifier: Apache-2.0
// RUN: spak-opt %s --allocate-shared -split-input-file -verify-diagnostics | FileCheck %s
// RUN: spak-opt %s --allocate-shared --allocate-shared -split-input-file -verify-diagnostics | FileCheck %s

// Buffers at their alignment, then 16 bytes for each slot of a ring; ids from
// 1 on.
// CHECK-LABEL: spak_cuda.kernel @offsets
// CHECK-SAME: smem_bytes = 4144
// CHECK: spak_cuda.shared "small" at 0
// CHECK: spak_cuda.shared "tile" at 1024
// CHECK: spak_cuda.ring "one" full 1 empty 8 at 4096
// CHECK: spak_cuda.ring "two" full 1 empty 8 at 4112
// CHECK: spak_cuda.bar.sync %c1_i32 threads 256
// CHECK: spak_cuda.bar.sync %c3_i32 threads 128
spak_cuda.kernel @offsets() attributes {threads = 384} {
  %a = spak_cuda.shared "small" {align = 16 : i64} : !spak_cuda.smem<1 x 48 bytes of f32>
  %b = spak_cuda.shared "tile" : !spak_cuda.smem<3 x 1024 bytes of bf16>
  %r = spak_cuda.ring "one" full 1 empty 8 : !spak_cuda.ring<1>
  %s = spak_cuda.ring "two" full 1 empty 8 : !spak_cuda.ring<2>
  %x = spak_cuda.barrier_ids "turn" ids 2
  %y = spak_cuda.barrier_ids "store" ids 2
  spak_cuda.bar.sync %x threads 256
  spak_cuda.bar.sync %y threads 128
  spak_cuda.return
}

// -----
// CHECK-LABEL: spak_cuda.kernel @nothing
// CHECK-SAME: smem_bytes = 0
spak_cuda.kernel @nothing() attributes {threads = 128} {
  spak_cuda.return
}

// -----
spak_cuda.kernel @ids() attributes {threads = 384} {
  %x = spak_cuda.barrier_ids "turn" ids 12
  // expected-error@+1 {{needs 4 named barriers from id 13 on, the block has ids 1 to 15}}
  %y = spak_cuda.barrier_ids "store" ids 4
  spak_cuda.bar.sync %x threads 256
  spak_cuda.bar.sync %y threads 128
  spak_cuda.return
}
