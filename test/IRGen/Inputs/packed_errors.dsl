// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What packed axes and slices cannot do: read by packed.dsl.
system PackedErrors {
    kernel sums_heads {
        dims B, Hkv, M
        static D: [64]
        static G: [8]
        in Q: f32[B, Hkv * G as Hq, M, D]
        out O: f32[B, M, D]
        grid (m in tiles(M, 8), h in Hkv, b in B) {
            g = all(G)
            q = load Q[b, h * G + g, m, :]
            // CHECK: packed_errors.dsl:[[#@LINE+1]]:40: error: a reduction over `g`, which is packed with another axis, is not compiled yet [SPK3011]
            store add O[b, m, :] =     sum(q, over: g)
        }
    }
    kernel one_head {
        dims B, Hkv, M
        static D: [64]
        static G: [8]
        in Q: f32[B, Hkv * G as Hq, M, D]
        in Slope: f32[Hkv * G as Hq]
        out O: f32[B, Hkv * G as Hq, M, D]
        grid (m in tiles(M, 8), h in Hkv, b in B) {
            g = all(G)
            q = load Q[b, h * G + g, m, :]
            // CHECK: packed_errors.dsl:[[#@LINE+1]]:32: error: a load over `g` alone, which is packed with `m`, is not compiled yet [SPK3011]
            slope = load Slope[h * G + g]
            store O[b, h * G + g, m, :] = q * slope
        }
    }
    kernel before {
        dims M
        in X: f32[M]
        out Y: f32[M]
        grid (m in tiles(M, 64)) {
            // CHECK: packed_errors.dsl:[[#@LINE+1]]:34: error: a slice that may begin before its tensor is not compiled yet [SPK3011]
            store Y[m] =  load X[m - 1]
        }
    }
}
