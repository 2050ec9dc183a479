# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: a host program made of both roles of a product whose last round is cut,
# with copies that take notes and products that count themselves, run for every
# block of a launch: each step of each tile is copied once, each tile is stored
# once and with all its steps, no block has more steps than its share, and the
# counters are zero behind the launch. Usage: cut_tiles.py KERNEL.cu CLANG++
import re
import sys

import host_run

STUBS = """
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <set>
#include <tuple>
#include <vector>
using std::max;
using std::min;
struct Index { int x; };
static Index threadIdx{0}, blockIdx{0}, gridDim{0};
using Tile = std::pair<int, int>;
static std::set<std::tuple<int, int, int>> copied;
static std::map<Tile, std::map<int, float>> stored; // by group
static std::map<int, int> steps_of_block;
static int row, twice, stale, launch;
static float value;
struct Word { float number; int launch; };
static std::map<long, Word> words; // of one thread of each group
static std::map<long, int> counters;
namespace spak {
struct TensorMap { int number; };
struct bf16 { int16_t bits; };
template <int Slots> struct Ring {
  uint32_t base;
  void init(int, int) const {}
  void acquire(uint32_t) const {}
  void expect(uint32_t, uint32_t) const {}
  uint32_t full(uint32_t count) const { return base; }
  void wait(uint32_t) const {}
  void release_if(bool, uint32_t) const {}
};
template <int> void setmaxnreg_dec() {}
template <int> void setmaxnreg_inc() {}
template <int> void wgmma_wait() {}
template <int, int, int> uint64_t wgmma_descriptor(uint32_t) { return 0; }
static void fence_mbarrier_init() {}
static void wgmma_fence() {}
static void wgmma_commit() {}
static void fence_async() {}
static void bar_sync(int, int) {}
template <typename T> void register_fence(T &) {}
template <int, int, typename Acc>
void %(product)s(Acc &acc, uint64_t, uint64_t, bool more) {
  for (float &a : acc) { a = more ? a + 1 : 1; }
}
inline int opaque(int x) { return x; }
inline bool elect_one() { return true; }
inline int uniform(int x) { return x; }
inline uint32_t pack_bf16(float a, float) { value = a; return 0; }
inline float unpack_bf16(uint32_t, int) { return 0; }
inline bf16 to_bf16(float a) { value = a; return {}; }
template <int> uint32_t swizzled(uint32_t at) { return at; }
template <typename... Any> void stmatrix_x4(Any...) {}
template <int> void tma_wait_read_if(bool) {}
static void tma_wait_all_if(bool) {}
template <typename... Any> void store_if(Any...) {}
static void tma_load(uint32_t, const TensorMap &map, uint32_t, int k, int at) {
  if (map.number == 1) {
    row = at / %(tile_m)d;
  } else {
    ++steps_of_block[blockIdx.x];
    twice += !copied.insert({row, at / %(tile_n)d, k / %(tile_k)d}).second;
  }
}
static void tma_store_if(bool, const TensorMap &, uint32_t, int n, int m) {
  if (n %% %(tile_n)d == 0) {
    auto &groups = stored[{m / %(tile_m)d, n / %(tile_n)d}];
    twice += !groups.insert({m %% %(tile_m)d / 64, value}).second;
  }
}
template <int N> void store_partial(int *at, const float *part) {
  for (int i = 0; i < N; ++i) { words[(long)at / 4 + i] = {part[i], launch}; }
}
template <int N> void load_partial(float *part, const int *at) {
  for (int i = 0; i < N; ++i) {
    auto word = words.find((long)at / 4 + i);
    stale += word == words.end() || word->second.launch != launch;
    part[i] = word == words.end() ? 0 : word->second.number;
  }
}
inline bool arrive_last(int *counter, int count, int) {
  int &arrived = counters[(long)counter];
  arrived = arrived == count - 1 ? 0 : arrived + 1;
  return arrived == 0;
}
} // namespace spak
static void __syncthreads() {}
static int host_min(int a, int b) { return a < b ? a : b; }
static int ceil_div(int a, int b) { return (a + b - 1) / b; }
static void run(%(arguments)s) {
  using namespace spak;
  const uint32_t smem_base = 0;
%(text)s
}
static bool check(int M, int N, int K, int sms) {
  const int grid = %(grid)s;
  const int tiles = ceil_div(M, %(tile_m)d) * ceil_div(N, %(tile_n)d);
  const int steps = max(ceil_div(K, %(tile_k)d), 1);
  copied.clear();
  stored.clear();
  steps_of_block.clear();
  twice = stale = 0;
  ++launch;
  for (int number = 0; number < grid; ++number) {
    blockIdx.x = number;
    gridDim.x = grid;
    for (threadIdx.x = 0; threadIdx.x < %(threads)d; threadIdx.x += 128) {
      run(%(call)s);
    }
  }
  bool good = grid <= sms && !twice && !stale && (int)copied.size() == tiles * steps && (int)stored.size() == tiles;
  for (auto &[tile, groups] : stored) {
    good &= groups.size() == %(tile_m)d / 64;
    for (auto &[group, sum] : groups) {
      good &= sum == float(steps * %(tile_k)d / 16);
    }
  }
  const int most = tiles / grid * steps + ceil_div(tiles %% grid * steps, grid);
  for (auto &[block, count] : steps_of_block) { good &= count <= most; }
  for (auto &[at, count] : counters) { good &= count == 0; }
  if (!good) {
    printf("M %%d N %%d K %%d on %%d: %%zu of %%d steps, %%zu of %%d tiles, %%d twice, %%d stale\\n",
           M, N, K, grid, copied.size(), tiles * steps, stored.size(), tiles, twice, stale);
  }
  return good;
}
int main() {
  bool good = true;
  for (int sms : {1, 2, 3, 7, 31, 132}) {
    for (int K : {0, 1, 64, 65, 200, 700, 2100}) {
      for (int M : {1, 100, 300, 900}) {
        for (int N : {8, 520, 1200}) {
          good &= check(M, N, K, sms);
        }
      }
    }
  }
  return good ? puts("every step once"), 0 : 1;
}
"""


def main():
    path, compiler = sys.argv[1:]
    signature, body, kernel = host_run.read(path, r"\n\}\n")
    parameters, names = host_run.arguments(signature)
    maps = {"A_map": 1, "B_map": 2}
    call = [
        "spak::TensorMap{%d}" % maps.get(n, 0) if n.endswith("_map")
        else n if n in ("M", "N", "K") else "nullptr" if n in ("C", "workspace") else "0"
        for n in names
    ]  # fmt: skip
    fields = {
        "arguments": parameters,
        "call": ", ".join(call), "text": body, "threads": kernel["threads"],
        "grid": host_run.grid(kernel),
        "product": re.search(r"wgmma_m64\w+_ss", body).group(),
        **{axis: kernel["point"][axis] for axis in ("tile_m", "tile_n", "tile_k")},
    }  # fmt: skip
    host_run.run(compiler, STUBS % fields)


main()
