// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// One tile by its number: what it takes, and where it may stand.
system Tiles {
    kernel k {
        dims M, N
        in A: f32[M, N]
        in L: s32[M]
        in x: f32
        out O: f32[M]
        grid (m in tiles(M, 64)) {
            acc = zeros f32[m]
            for j in 0 .. 4 {
                n = tile(N, 64)
                r = tile(N, N, j)
                t = tile(N, 64, x)
                u = tile(N, 64, load L[m])
                if M > 4 { v = tile(N, 64, j) }
                acc += sum(load A[m, n], over: n)
                w = 1.0 + tile(N, 64, j)
            }
            store O[m] = acc
        }
    }
}

// CHECK: {{.*}}tile.dsl:14:21: error: `tile` expects an extent, the size of a tile and its number [SPK3019]
// CHECK: help: `n = tile(N, s, i)` is the i-th of `tiles(N, s)`
// CHECK: {{.*}}tile.dsl:15:29: error: the size of a tile is a constant from 1 to 65536, got `index` [SPK3022]
// CHECK: {{.*}}tile.dsl:16:33: error: the number of a tile must be an integer, got `f32` [SPK3037]
// CHECK: {{.*}}tile.dsl:17:33: error: the number of a tile must be the same for the whole block, got `s32[m]` [SPK3009]
// CHECK: {{.*}}tile.dsl:18:28: error: anything but an assignment under a condition
// CHECK: {{.*}}tile.dsl:20:27: error: unknown name `tile` [SPK3010]
