// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the use of an emitted kernel from C++: what its launch function
// refuses, and, where there is a device, a small product that is checked.
#include "product.h"

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

namespace {

int failures = 0;

/// Launches and compares the code; prints the message that came with it.
void expectCode(const char *what, const product_params &params, int expected) {
  const char *message = "";
  const int code = product_launch(&params, nullptr, &message);
  const bool isRight = code == expected;
  failures += !isRight;
  std::printf("%s %-28s code %d: %s\n", isRight ? "ok   " : "WRONG", what, code,
              message ? message : "");
}

product_params goodParams() {
  product_params params = {};
  product_defaults(&params);
  params.A = reinterpret_cast<void *>(1024);
  params.B = reinterpret_cast<void *>(2048);
  params.C = reinterpret_cast<void *>(4096);
  params.M = 100, params.N = 80, params.K = 72;
  params.A_strides[0] = params.B_strides[0] = params.K;
  params.C_strides[0] = params.N;
  return params;
}

/// None of these reaches a device.
void checkRefusals() {
  product_params params = goodParams();
  params.A = nullptr;
  expectCode("a null pointer", params, 1);
  params = goodParams();
  params.B = reinterpret_cast<void *>(2050);
  expectCode("a misaligned pointer", params, 2);
  params = goodParams();
  params.M = -1;
  expectCode("a negative size", params, 3);
  params = goodParams();
  params.A_strides[0] = 73;
  expectCode("a stride TMA cannot take", params, 4);
  params = goodParams();
  params.M = int64_t(1) << 40;
  expectCode("too large a size", params, 5);
}

uint16_t toBf16(float value) { // exact for the small integers used here
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  return uint16_t(bits >> 16);
}

float fromBf16(uint16_t value) {
  const uint32_t bits = uint32_t(value) << 16;
  float result = 0;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

/// Small integers: the product is exact, so it must be equal.
void checkProduct() {
  product_params params = goodParams();
  const int64_t m = params.M, n = params.N, k = params.K;
  std::vector<uint16_t> a(size_t(m * k)), b(size_t(n * k)), c(size_t(m * n));
  for (size_t i = 0; i < a.size(); ++i) {
    a[i] = toBf16(float(int(i * 7 % 5) - 2));
  }
  for (size_t i = 0; i < b.size(); ++i) {
    b[i] = toBf16(float(int(i * 11 % 3) - 1));
  }
  void *device[3] = {};
  const size_t bytes[3] = {a.size() * 2, b.size() * 2, c.size() * 2};
  for (int i = 0; i < 3; ++i) {
    cudaMalloc(&device[i], bytes[i]);
  }
  cudaMemcpy(device[0], a.data(), bytes[0], cudaMemcpyHostToDevice);
  cudaMemcpy(device[1], b.data(), bytes[1], cudaMemcpyHostToDevice);
  cudaMemset(device[2], 0xff, bytes[2]);
  params.A = device[0], params.B = device[1], params.C = device[2];
  expectCode("a launch", params, 0);
  params.M = 0;
  expectCode("an empty output", params, 0);
  cudaMemcpy(c.data(), device[2], bytes[2], cudaMemcpyDeviceToHost);
  int64_t wrong = 0;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      float sum = 0;
      for (int64_t x = 0; x < k; ++x) {
        sum += fromBf16(a[size_t(i * k + x)]) * fromBf16(b[size_t(j * k + x)]);
      }
      wrong += fromBf16(c[size_t(i * n + j)]) != sum;
    }
  }
  failures += wrong != 0;
  std::printf("%s %lld of %lld elements differ\n", wrong ? "WRONG" : "ok   ",
              static_cast<long long>(wrong), static_cast<long long>(m * n));
  for (void *buffer : device) {
    cudaFree(buffer);
  }
}

} // namespace

int main() {
  checkRefusals();
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::printf("no CUDA device: the launch checks ran, the product did not\n");
    expectCode("a launch without a device", goodParams(), 7);
  } else {
    checkProduct();
  }
  return failures ? 6 : 0;
}
