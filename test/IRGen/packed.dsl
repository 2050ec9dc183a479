// RUN: spakc %s --emit=spak -o - | FileCheck %s
// RUN: not spakc %S/Inputs/packed_errors.dsl --emit=spak -o - 2>&1 | FileCheck %S/Inputs/packed_errors.dsl

// A whole axis and a range beside it are one axis of tiles: tensors are read
// through a view, masks see rows as quotients.
system Packed {
    // CHECK: #[[MASK:.*]] = affine_map<(d0, d1)[s0, s1] -> (-d1 + s0 - s1 + d0 floordiv 8)>
    // CHECK-LABEL: spak.kernel @heads
    // CHECK-DAG: %[[Q:.*]] = spak.pack_axes %Q 2 with 1 by 8 : !spak.view<B, Hq, M, D=64 : bf16> -> !spak.view<B, Hq, M_Hq, D=64 : bf16>
    // CHECK-DAG: %[[O:.*]] = spak.pack_axes %O 2 with 1 by 8
    // CHECK-DAG: %[[LSE:.*]] = spak.pack_axes %LSE 2 with 1 by 8 : !spak.view<B, Hq, M : f32> -> !spak.view<B, Hq, M_Hq : f32>
    // CHECK: %[[ROWS:.*]] = arith.muli %M, %{{.*}} : index
    // CHECK: %[[TILES:.*]] = spak.tile_count %[[ROWS]] by 64
    // CHECK: spak.grid (%m_g: !spak.range<m_g=64> in %[[TILES]], %h: index in %Hkv
    // CHECK: %[[FIRST:.*]] = arith.muli %h,
    // CHECK: spak.load %[[Q]][%b, %[[FIRST]], %m_g, %d]
    // CHECK: spak.softmax.init : !spak.softmax<rows m_g=64, width d=64>
    // CHECK: spak.mask %{{.*}} where [#[[MASK]]](%m_g, %n) [%N, %M]
    // CHECK: spak.store %{{.*}}, %[[O]][%b, %{{.*}}, %m_g, %d]
    // CHECK: spak.store %{{.*}}, %[[LSE]][%b, %{{.*}}, %m_g]
    kernel heads {
        dims B, Hkv, M, N
        static D: [64]
        static G: [8]
        in Q: bf16[B, Hkv * G as Hq, M, D]
        in K: bf16[B, Hkv, N, D]
        out O: bf16[B, Hkv * G as Hq, M, D]
        out LSE: f32[B, Hkv * G as Hq, M]
        grid (m in tiles(M, 8), h in Hkv, b in B) {
            g = all(G)
            q = load Q[b, h * G + g, m, :]
            state = online_softmax(rows: [g, m], width: D)
            for n in tiles(N, 64) {
                k = load K[b, h, n, :]
                state.update(mask(dot(q, k, over: D), n <= m + (N - M)), k)
            }
            store O[b, h * G + g, m, :] = state.output
            store LSE[b, h * G + g, m] = state.lse
        }
    }
    // Both parts as numbers, and rows that every head reads.
    // CHECK-LABEL: spak.kernel @indices
    // CHECK: spak.pack_axes %Doc 1 by 8 : !spak.view<B, M : i32> -> !spak.view<B, M_g : i32>
    // CHECK: %[[R:.*]] = spak.index %m_g : !spak.range<m_g=64> -> !spak.tile<m_g=64 : i32>
    // CHECK: arith.remsi %[[R]]
    // CHECK: %[[S:.*]] = spak.index %m_g : !spak.range<m_g=64> -> !spak.tile<m_g=64 : i32>
    // CHECK: arith.divsi %[[S]]
    kernel indices {
        dims B, Hkv, M
        static D: [64]
        static G: [8]
        reference "Inputs/packed_reference.py:indices"
        in Q: f32[B, Hkv * G as Hq, M, D]
        in Doc: s32[B, M]
        out O: f32[B, Hkv * G as Hq, M, D]
        grid (m in tiles(M, 8), h in Hkv, b in B) {
            g = all(G)
            q = load Q[b, h * G + g, m, :]
            doc = load Doc[b, m]
            store O[b, h * G + g, m, :] = q * (g as f32) + (m + doc) as f32
        }
    }
    // A group of one is no group.
    // CHECK-LABEL: spak.kernel @alone
    // CHECK-NOT: spak.pack_axes
    // CHECK: spak.load %Q[%b, %h, %m_g, %d]
    kernel alone {
        dims B, Hkv, M
        static D: [64]
        static G1: [1]
        reference "Inputs/packed_reference.py:alone"
        in Q: f32[B, Hkv * G1 as Hq, M, D]
        out O: f32[B, Hkv * G1 as Hq, M, D]
        grid (m in tiles(M, 8), h in Hkv, b in B) {
            g = all(G1)
            store O[b, h + g, m, :] = load Q[b, h + g, m, :]
        }
    }
    // A slice begins later.
    // CHECK-LABEL: spak.kernel @slices
    // CHECK: spak.subrange %i from %{{.*}} to %{{.*}} : !spak.range<i=32>
    kernel slices {
        dims M
        static D: [64]
        reference "Inputs/packed_reference.py:slices"
        in X: f32[M, D]
        out Y: f32[M, D]
        grid (m in tiles(M, 64)) {
            i = all(D / 2)
            store Y[m, i] = load X[m, i + D / 2]
            store Y[m, i + D / 2] = load X[m, i]
        }
    }
}
