// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A kernel whose array is indexed by a value that is not known: it must live in
// memory.
extern "C" __global__ void local_array(float *x, int at) {
  float values[32];
#pragma unroll
  for (int i = 0; i < 32; ++i) {
    values[i] = x[i];
  }
  for (int i = 0; i < at; ++i) {
    values[(at * i) & 31] += values[i & 31];
  }
  x[at] = values[at & 31];
}
