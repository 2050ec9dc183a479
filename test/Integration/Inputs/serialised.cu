// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A kernel that reads an accumulator while its wgmma may be in flight: ptxas
// then puts the instructions one after the other.
extern "C" __global__ void __launch_bounds__(128, 1)
    serialised(float *x, unsigned long long a, unsigned long long b) {
  float d0 = x[0], d1 = x[1], d2 = x[2], d3 = x[3];
  asm volatile("wgmma.fence.sync.aligned;");
  for (int i = 0; i < 4; ++i) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 "
                 "{%0, %1, %2, %3}, %4, %5, 1, 1, 1, 0, 0;"
                 : "+f"(d0), "+f"(d1), "+f"(d2), "+f"(d3)
                 : "l"(a), "l"(b));
    d0 = d0 * 2.0f + d1;
  }
  asm volatile("wgmma.commit_group.sync.aligned;");
  asm volatile("wgmma.wait_group.sync.aligned 0;");
  x[threadIdx.x] = d0 + d1 + d2 + d3;
}
