// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Names of arguments survive a round trip; `spak.name` wins; layouts and the
// tiles that have one print as aliases.
// RUN: spak-opt %s | spak-opt | FileCheck %s
#l = #spak.layout<reg = [2:m*32], lane = [32:m]>
#s = #spak.layout<off = [8:k, 8:m], swizzle = [3, 4, 3]>
// CHECK-DAG: #regs = #spak.layout<reg = [2:m*32], lane = [32:m]>
// CHECK-DAG: #shared = #spak.layout<off = [8:k, 8:m], swizzle = [3, 4, 3]>
// CHECK-DAG: !m_f32_regs = !spak.tile<m=64 : f32, #regs>
// CHECK-DAG: !m_k_bf16_shared = !spak.tile<m=8, k=8 : bf16, #shared>
// CHECK: spak.kernel @names(%Q: f32 {spak.kind = "scalar", spak.name = "Q"}, %tile: !m_f32_regs, %other: !m_k_bf16_shared, %count: index)
spak.kernel @names(%x: f32 {spak.name = "Q", spak.kind = "scalar"}, %tile: !spak.tile<m=64 : f32, #l>, %other: !spak.tile<m=8, k=8 : bf16, #s>, %count: index) {
  // CHECK: spak.grid (%row: !spak.range<m=64> in %count, %head: index in %count)
  spak.grid (%row : !spak.range<m=64> in %count, %head : index in %count) {
    // CHECK: spak.for %key: !spak.range<n=64> = %head to %count iter_args(%sum = %tile)
    %r = spak.for %key : !spak.range<n=64> = %head to %count iter_args(%sum = %tile) -> (!spak.tile<m=64 : f32, #l>) {
      %next = arith.addf %sum, %tile : !spak.tile<m=64 : f32, #l>
      spak.yield %next : !spak.tile<m=64 : f32, #l>
    }
  }
  spak.return
}
