// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Runs the text printed from attention.mlir on a card: compares small shapes
// with a CPU reference, then times large ones. By hand:
//   nvcc -std=c++17 -O3 -gencode arch=compute_90a,code=sm_90a
//        -DTEXT='"attention.cu"' attention-check.cu -o check && ./check
#include TEXT

#include <cmath>
#include <cstdio>
#include <cstring>
#include <vector>

static uint32_t state = 12345;
static float uniform_value() {
  state = state * 1664525u + 1013904223u;
  return static_cast<float>(state >> 8) / (1 << 23) - 1.0f;
}

static uint16_t to_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static float from_bits(uint16_t x) {
  uint32_t bits = static_cast<uint32_t>(x) << 16;
  float y;
  memcpy(&y, &bits, 4);
  return y;
}

struct Shape {
  int B, Hq, Hkv, M, N;
};

static void *upload(const std::vector<uint16_t> &data) {
  void *pointer = nullptr;
  cudaMalloc(&pointer, data.size() * 2 + 16);
  cudaMemcpy(pointer, data.data(), data.size() * 2, cudaMemcpyHostToDevice);
  return pointer;
}

static forward_params make(const Shape &s, const void *Q, const void *K,
                           const void *V, void *O, void *LSE) {
  forward_params p;
  forward_defaults(&p);
  p.Q = Q;
  p.K = K;
  p.V = V;
  p.O = O;
  p.LSE = LSE;
  p.B = s.B;
  p.Hq = s.Hq;
  p.Hkv = s.Hkv;
  p.M = s.M;
  p.N = s.N;
  const int64_t q[3] = {int64_t(s.Hq) * s.M * 128, int64_t(s.M) * 128, 128};
  const int64_t k[3] = {int64_t(s.Hkv) * s.N * 128, int64_t(s.N) * 128, 128};
  for (int i = 0; i < 3; ++i) {
    p.Q_strides[i] = p.O_strides[i] = q[i];
    p.K_strides[i] = p.V_strides[i] = k[i];
  }
  p.LSE_strides[0] = int64_t(s.Hq) * s.M;
  p.LSE_strides[1] = s.M;
  return p;
}

static bool check(const Shape &s) {
  const size_t nq = size_t(s.B) * s.Hq * s.M * 128;
  const size_t nk = size_t(s.B) * s.Hkv * s.N * 128;
  std::vector<uint16_t> q(nq), k(nk), v(nk), o(nq, 0xffff);
  for (auto *array : {&q, &k, &v}) {
    for (uint16_t &x : *array) {
      x = to_bits(uniform_value() * 1.7f);
    }
  }
  std::vector<float> lse(size_t(s.B) * s.Hq * s.M);
  void *dq = upload(q), *dk = upload(k), *dv = upload(v), *dout = upload(o);
  void *dlse = nullptr;
  cudaMalloc(&dlse, lse.size() * 4 + 16);
  forward_params p = make(s, dq, dk, dv, dout, dlse);
  const char *message = nullptr;
  const int code = forward_launch(&p, nullptr, &message);
  const cudaError_t status = cudaDeviceSynchronize();
  if (code != 0 || status != cudaSuccess) {
    printf("launch: code %d %s, %s\n", code, message ? message : "",
           cudaGetErrorString(status));
    return false;
  }
  cudaMemcpy(o.data(), dout, nq * 2, cudaMemcpyDeviceToHost);
  cudaMemcpy(lse.data(), dlse, lse.size() * 4, cudaMemcpyDeviceToHost);
  double worst = 0, worst_lse = 0, sum = 0, norm = 0;
  std::vector<double> prob(s.N), row(128);
  for (int b = 0; b < s.B; ++b) {
    for (int h = 0; h < s.Hq; ++h) {
      const int hk = h / (s.Hq / s.Hkv);
      for (int m = 0; m < s.M; ++m) {
        const size_t at = ((size_t(b) * s.Hq + h) * s.M + m) * 128;
        double largest = -INFINITY, total = 0;
        for (int n = 0; n < s.N; ++n) {
          const size_t kt = ((size_t(b) * s.Hkv + hk) * s.N + n) * 128;
          double dot = 0;
          for (int d = 0; d < 128; ++d) {
            dot += double(from_bits(q[at + d])) * from_bits(k[kt + d]);
          }
          prob[n] = dot * p.scale;
          largest = fmax(largest, prob[n]);
        }
        for (double &x : row) {
          x = 0;
        }
        for (int n = 0; n < s.N; ++n) {
          const size_t kt = ((size_t(b) * s.Hkv + hk) * s.N + n) * 128;
          const double e = exp(prob[n] - largest);
          total += e;
          for (int d = 0; d < 128; ++d) {
            row[d] += e * from_bits(v[kt + d]);
          }
        }
        const float got_lse = lse[at / 128];
        if (s.N == 0) {
          worst_lse = fmax(worst_lse, got_lse == -INFINITY ? 0 : 1);
        } else {
          worst_lse = fmax(worst_lse, fabs(got_lse - (largest + log(total))));
        }
        for (int d = 0; d < 128; ++d) {
          const double want = s.N == 0 ? 0 : row[d] / total;
          const double error = fabs(from_bits(o[at + d]) - want);
          worst = error == error ? fmax(worst, error) : INFINITY;
          sum += error * error;
          norm += want * want;
        }
      }
    }
  }
  const double relative = norm > 0 ? sqrt(sum / norm) : sqrt(sum);
  const bool good = relative < 5e-3 && worst_lse < 1e-4 && worst < 0.05;
  printf("%s  B %d Hq %d Hkv %d M %d N %d: relative %.2e, worst %.2e, lse "
         "%.2e\n",
         good ? "ok  " : "FAIL", s.B, s.Hq, s.Hkv, s.M, s.N, relative, worst,
         worst_lse);
  for (void *pointer : {dq, dk, dv, dout, dlse}) {
    cudaFree(pointer);
  }
  return good;
}

static void measure(int tokens, int length) {
  const Shape s{tokens / length, 16, 16, length, length};
  const size_t count = size_t(s.B) * s.Hq * length * 128;
  std::vector<uint16_t> data(count);
  for (uint16_t &x : data) {
    x = to_bits(uniform_value());
  }
  void *q = upload(data), *k = upload(data), *v = upload(data);
  void *o = upload(data), *lse = nullptr;
  cudaMalloc(&lse, size_t(s.B) * s.Hq * length * 4);
  forward_params p = make(s, q, k, v, o, lse);
  cudaEvent_t start, stop;
  cudaEventCreate(&start);
  cudaEventCreate(&stop);
  for (int i = 0; i < 20; ++i) {
    forward_launch(&p, nullptr, nullptr);
  }
  const int rounds = 50;
  cudaEventRecord(start);
  for (int i = 0; i < rounds; ++i) {
    forward_launch(&p, nullptr, nullptr);
  }
  cudaEventRecord(stop);
  cudaEventSynchronize(stop);
  float ms = 0;
  cudaEventElapsedTime(&ms, start, stop);
  const double flops = 4.0 * s.B * s.Hq * double(length) * length * 128;
  printf("S %5d: %.3f ms, %.0f TFLOP/s\n", length, ms / rounds,
         flops / (ms / rounds) * 1e-9);
  for (void *pointer : {q, k, v, o, lse}) {
    cudaFree(pointer);
  }
}

int main() {
  const Shape shapes[] = {{1, 1, 1, 128, 128}, {1, 2, 2, 128, 256},
                          {2, 4, 2, 300, 200}, {1, 4, 1, 1, 65},
                          {1, 2, 1, 65, 1},    {1, 1, 1, 130, 0},
                          {2, 8, 8, 700, 1000}};
  bool good = true;
  for (const Shape &shape : shapes) {
    good &= check(shape);
  }
  for (int length : {512, 2048, 4096, 16384}) {
    measure(16384, length);
  }
  return good ? 0 : 1;
}
