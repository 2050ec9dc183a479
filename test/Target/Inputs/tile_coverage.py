# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: a host program made of a kernel's own producer, with copies that only
# take notes, run for every block of a launch. Each tile of the grid gets a
# block, and one only; blocks of a cluster send each other as much as they wait
# for. Usage: tile_coverage.py KERNEL.cu CLANG++ attention|product
import sys

import host_run

STUBS = """
#include <algorithm>
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
struct Notes {
  std::vector<std::tuple<int, int, int>> tiles;  // that the block works on
  std::vector<std::pair<uint32_t, uint32_t>> sent;  // barrier and place
  int row = 0;
};
static Notes notes;
enum { kCluster = %(cluster)d, kTile = %(tile)d, kColumns = %(columns)d };
namespace spak {
struct TensorMap { int number; };
struct bf16;
struct f16;
template <int Slots> struct Ring {
  uint32_t base;
  void init(int, int) const {}
  void acquire(uint32_t) const {}
  void expect(uint32_t, uint32_t) const {}
  uint32_t full(uint32_t count) const { return base + 1000000 * count; }
};
template <int> void setmaxnreg_dec() {}
static int claimed;
template <int Slots>
int claim_place(const Ring<Slots> &, uint32_t, uint32_t, void *, int places) {
  const int place = gridDim.x + claimed;
  claimed = claimed >= places - 1 ? 0 : claimed + 1;
  return place;
}
inline bool elect_one() { return true; }
inline int uniform(int x) { return x; }
inline void cluster_sync() {}
inline void fence_mbarrier_init() {}
static void take(uint32_t to, const TensorMap &map, std::vector<int> at) {
  if (map.number == 1 && at.size() == 4 && at[0] == 0) {
    notes.tiles.push_back({at[1] / kTile, at[2], at[3]});
  } else if (map.number == 1 && at.size() == 2) {
    notes.row = at[1] / kTile;
  } else if (map.number == 2 && at.size() == 2) {
    notes.tiles.push_back({notes.row, at[1] / kColumns, 0});
  }
}
template <typename... Ints>
void tma_load(uint32_t to, const TensorMap &map, uint32_t, Ints... at) {
  take(to, map, {at...});
}
template <typename... Ints>
void tma_load_multicast(uint32_t to, const TensorMap &map, uint32_t full, int,
                        Ints... at) {
  take(to, map, {at...});
  notes.sent.push_back({full, to});
}
} // namespace spak
static void __syncthreads() {}
static int host_min(int a, int b) { return a < b ? a : b; }
static void run(%(arguments)s) {
  using namespace spak;
  const uint32_t smem_base = 0;
%(text)s
}
static bool check(%(sizes)s, int resident) {
  const int sms = resident, clusters = resident;
  const int grid = %(grid)s;
  const int wide = ((M + kTile - 1) / kTile + %(along_m)d - 1) / %(along_m)d * %(along_m)d;
  std::map<std::tuple<int, int, int>, int> seen;
  std::vector<Notes> of_cluster;
  int twice = 0;
  for (int number = 0; number < grid; ++number) {
    blockIdx.x = number;
    gridDim.x = grid;
    notes = {};
    run(%(call)s);
    for (auto &tile : notes.tiles) {
      twice += ++seen[tile] > 1;
    }
    of_cluster.push_back(notes);
    if ((number + 1) %% kCluster == 0) {
      std::set<std::pair<uint32_t, uint32_t>> places;
      size_t sent = 0;
      for (Notes &block : of_cluster) {
        if (block.sent.size() != of_cluster[0].sent.size()) {
          return printf("M %%d: blocks at %%d send %%zu and %%zu tiles\\n", M, number,
                        block.sent.size(), of_cluster[0].sent.size()), false;
        }
        sent += block.sent.size();
        places.insert(block.sent.begin(), block.sent.end());
      }
      if (places.size() != sent) {
        return printf("M %%d: two blocks at %%d fill one place\\n", M, number), false;
      }
      of_cluster.clear();
    }
  }
  if (spak::claimed != 0) {
    return printf("M %%d, %%d blocks: the counter is left at %%d\\n", M, grid, spak::claimed), false;
  }
  const size_t all = size_t(wide) * %(second)s * %(third)s;
  const int allowed = %(paired)s ? kCluster * %(second)s * %(third)s : 0;
  if (seen.size() != all || twice > allowed || std::get<0>(seen.rbegin()->first) >= wide) {
    return printf("M %%d, %%d blocks: %%zu of %%zu tiles, %%d twice\\n", M, grid,
                  seen.size(), all, twice), false;
  }
  return true;
}
int main() {
  bool good = true;
  for (int rows = 1; rows <= 13 * kTile; rows += kTile / 2 - 1) {
    for (int resident : {1, 2, 3, 5, 8, 31, 66}) {
      good &= check(%(trial)s, resident);
    }
  }
  return good ? puts("every tile once"), 0 : 1;
}
"""


def main():
    path, compiler, kind = sys.argv[1:]
    signature, body, kernel = host_run.read(path, r"\n  \} else \{\n")
    parameters, names = host_run.arguments(signature)
    point, attention = kernel["point"], kind == "attention"
    maps = {"Q_map": 1, "A_map": 1, "B_map": 2}
    known = {"M", "N", "K", "B", "Hq", "Hkv"}
    call = ["spak::TensorMap{%d}" % maps.get(n, 0) if n.endswith("_map") else n if n in known else "0" for n in names]
    clustered = {"m": point.get("cluster_m", 1), "n": point.get("cluster_n", 1)}
    heads = "4, 1" if point.get("cluster_h", 1) > 1 else "3, 3"
    fields = {
        "cluster": kernel.get("cluster", 1), "tile": point["tile_m"],
        "columns": point["tile_n"], "along_m": clustered["m"], "arguments": parameters,
        "text": body + "\n}", "call": ", ".join(call), "grid": host_run.grid(kernel),
        "paired": int(point.get("order") == "persistent_paired"),
        "sizes": "int M, int N, int Hq, int Hkv, int B" if attention else "int M, int N, int K",
        "second": "Hq" if attention else
                  "(((N + kColumns - 1) / kColumns + {0} - 1) / {0} * {0})".format(clustered["n"]),
        "third": "B" if attention else "1",
        "trial": "rows, 500, %s, 2" % heads if attention else "rows, 700, 64",
    }  # fmt: skip
    host_run.run(compiler, STUBS % fields)


main()
