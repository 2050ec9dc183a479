// A fact may ask for a shape; it holds where --shape gives one size that fits.
// RUN: spakc %s --remarks -o - 2>&1 >/dev/null | FileCheck %s --check-prefix=ANY
// RUN: spakc %s --remarks --shape=M=4096 -o - 2>&1 >/dev/null | FileCheck %s --check-prefix=LONG
// RUN: spakc %s --remarks --shape=M=64 -o - 2>&1 >/dev/null | FileCheck %s --check-prefix=ANY
// RUN: spakc %s --remarks --shape=M=64:4096 -o - 2>&1 >/dev/null | FileCheck %s --check-prefix=ANY
// ANY: remark: axis `tile` is 64, the first value listed
// LONG: remark: axis `tile` is 128, by `long`
system S {
    tuning_space { tile: [64, 128] }
    knowledge {
        fact long { when: "M >= 1024"  recommend: "tile = 128" }
    }
    kernel k {
        dims M, N, K
        in A: bf16[M, K]   in B: bf16[N, K]   out C: bf16[M, N]
        grid (m in tiles(M, tile), n in tiles(N, 64)) {
            acc = zeros f32[m, n]
            for k in tiles(K, 64) {
                acc += dot(load A[m, k], load B[n, k], over: k)
            }
            store C[m, n] = acc
        }
    }
}
