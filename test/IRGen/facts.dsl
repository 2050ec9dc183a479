// RUN: spakc %s --emit=spak -o - | FileCheck %s
// RUN: spakc %s -D tile=64 --emit=spak -o - | FileCheck %s --check-prefix=OTHER
// RUN: spakc %s --arch=sm_80 --emit=spak -o - | FileCheck %s --check-prefix=AMPERE
//
// The facts that a point follows travel in the module, with their source.
// CHECK: spak.facts = [#spak.fact<"tile" = 128 : i64 from "sweep.json#best">]
// CHECK-SAME: spak.target = #spak.target<{arch = "sm_90a",
// OTHER-NOT: spak.facts
// AMPERE-NOT: spak.facts
// AMPERE: spak.target = #spak.target<{arch = "sm_80",
// AMPERE-SAME: smem_per_block = 166912 : i64
// AMPERE-NOT: wgmma
system Facts {
    tuning_space { tile: [32, 64, 128] }
    knowledge {
        fact best {
            when: "device.arch == 'sm_90a'"
            recommend: "tile = 128"
            source: "sweep.json"
        }
    }
    kernel k {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M, tile)) { store C[m] = load A[m] }
    }
}
