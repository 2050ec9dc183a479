// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A kernel with more live values than its launch bounds leave registers for.
extern "C" __global__ void __launch_bounds__(1024, 2) spills(float *x) {
  float values[96];
#pragma unroll
  for (int i = 0; i < 96; ++i) {
    values[i] = x[i * 1024 + threadIdx.x];
  }
  __syncthreads();
#pragma unroll
  for (int i = 0; i < 96; ++i) {
    x[i * 1024 + threadIdx.x] = values[95 - i] * values[i];
  }
}
