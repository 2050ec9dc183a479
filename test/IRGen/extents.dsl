// RUN: spakc %s --emit=spak -o - | FileCheck %s --check-prefix=IR
// RUN: spakc %s --compile-to=spak -o %t.mlir && spak-opt %t.mlir | FileCheck %s --check-prefix=IR
// RUN: spakc %s -o %t.cu && FileCheck %s --check-prefix=LAUNCH < %t.cu
// RUN: FileCheck %s --check-prefix=HEADER < %t.h
// RUN: FileCheck %s --check-prefix=MANIFEST < %t.json
// RUN: spakc %s --simulate --shape=B=1:3,S=0:70,P=6 --values=Start=sorted:0:S | FileCheck %s --check-prefix=CASES
//
// Sizes that follow from dims: one argument of the kernel for each, computed
// and checked by the launch, never passed by the caller.
system Extents {
    tuning_space { tile_m: [64]  tile_k: [64] }
    // IR: spak.kernel @pieces
    // IR-SAME: %A: !spak.view<S, P_times_8 : bf16>
    // IR-SAME: %W: !spak.view<d=64, P_times_8 : bf16>
    // IR-SAME: %Start: !spak.view<B_plus_1 : i32>
    // IR-SAME: %C: !spak.view<S, d=64 : f32>
    // IR-SAME: %P_times_8: index {spak.extent = affine_map<()[s0, s1, s2] -> (s2 * 8)>, spak.kind = "extent"
    // IR-SAME: %B_plus_1: index {spak.extent = affine_map<()[s0, s1, s2] -> (s0 + 1)>, spak.kind = "extent"
    kernel pieces {
        dims B, S, P
        static D: [64]
        reference "Inputs/extents_reference.py:pieces"
        in A: bf16[S, P * 8]
        in W: bf16[D as d, P * 8]
        in Start: s32[B + 1]
        in Half: f32[P, D / 2]
        out C: f32[S, D as d]
        require B >= 1
        grid (m in tiles(load Start[b], load Start[b + 1], tile_m) atmost S, b in B) {
            acc = zeros f32[m, d]
            for k in tiles(P * 8, tile_k) { acc += dot(load A[m, k], load W[:, k], over: k) }
            store C[m, :] = acc
        }
    }
    // LAUNCH: const int64_t P_times_8 = p->P * 8;
    // LAUNCH: `P * 8` is above
    // LAUNCH: const int64_t B_plus_1 = p->B + 1;
    // HEADER: // bf16 [S, P_times_8 = P * 8]
    // HEADER: // i32 [B_plus_1 = B + 1]
    // HEADER: int64_t B;
    // HEADER-NEXT: int64_t S;
    // HEADER-NEXT: int64_t P;
    // HEADER-NEXT: };
    // MANIFEST: "P * 8"
    // MANIFEST: "B + 1"
    // CASES: 4 of 4 cases passed
}
