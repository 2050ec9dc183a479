// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// Axes that are packed into the rows of a tile: what the parts may not do.
system Packed {
    kernel twice {
        dims B, M
        static G: [8]
        static F: [4]
        static D: [64]
        in Q: bf16[G, M, D]
        in P: bf16[F, M, D]
        in T: f32[B, M]
        out O: f32[B, M]
        grid (m in tiles(M, 16), b in B) {
            g = all(G)
            f = all(F)
            q = load Q[g, m, :]
            p = load P[f, m, :]
            store O[b, m] = load T[b, m]
        }
    }
    kernel rows_of_one {
        dims B, M, N
        static G: [8]
        static D: [64]
        in Q: bf16[B, G, M, D]
        in K: bf16[B, N, D]
        out O: bf16[B, G, M, D]
        grid (m in tiles(M, 16), b in B) {
            g = all(G)
            q = load Q[b, g, m, :]
            state = online_softmax(rows: m, width: D)
            other = online_softmax(rows: [g, m, g], width: D)
            for n in tiles(N, 64) {
                k = load K[b, n, :]
                state.update(dot(q, k, over: D), k)
            }
        }
    }
    kernel overlaps {
        dims B, Hkv, M
        static G: [8]
        static D: [64]
        in Q: bf16[B, Hkv * G as Hq, M, D]
        in T: f32[Hkv]
        out O: bf16[B, Hkv * G as Hq, M, D]
        grid (m in tiles(M, 16), h in Hkv, b in B) {
            g = all(G)
            store O[b, h + g, m, :] = load Q[b, h + g, m, :]
        }
    }
}

// CHECK: {{.*}}packed.dsl:18:17: error: packing `m`, which goes with `g`, once more, is not compiled yet [SPK3011]
// CHECK: {{.*}}packed.dsl:15:13: note: `g` is introduced here
// CHECK: {{.*}}packed.dsl:32:42: error: a state of rows `m` beside tiles that pack them with `g` is not compiled yet [SPK3011]
// CHECK: help: write `rows: [g, m]`
// CHECK: {{.*}}packed.dsl:33:42: error: rows that are not a range and a whole axis beside it is not compiled yet [SPK3011]
// CHECK: {{.*}}packed.dsl:49:19: error: two blocks may write the same element of `O`: its indices lack the grid variable `h` [SPK3017]
