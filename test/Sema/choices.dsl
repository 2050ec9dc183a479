// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// What may stand under a condition that only the launch or memory decides, and
// pages that tiles do not divide.
system Choices {
    kernel effects {
        dims M, N
        in A: bf16[M, N]
        in B: bf16[M, N]
        in C: f32[M]
        out O: f32[M]
        grid (m in tiles(M, 64)) {
            x = load C[m]
            acc = zeros f32[m]
            if N > 4 {
                for n in tiles(N, 64) { acc += sum(load A[m, n], over: n) }
            }
            if N > 5 { store O[m] = x }
            for n in tiles(N, 64) {
                skip when N > 6
            }
            if M > 7 { x = only_here }
            if M > 8 { late = 1.0 }
            store O[m] = late
        }
    }
    kernel products {
        dims M, N, K
        in A: bf16[M, K]
        in B: bf16[N, K]
        out O: f32[M, N]
        grid (m in tiles(M, 64), n in tiles(N, 64)) {
            acc = zeros f32[m, n]
            for k in tiles(K, 64) {
                a = load A[m, k]
                b = load B[n, k]
                p = acc
                if K > 9 { p = dot(a, b, over: k) }
                acc += p
            }
            store O[m, n] = acc
        }
    }
    kernel pages {
        dims B, P, N
        static page: [96]
        in K: f32[P, page]
        in Pages: s32[B, N]
        out O: f32[B]
        grid (b in tiles(B, 1)) {
            for n in tiles(N, 64) { k = load K[load Pages[0, n / page], n % page] }
            for r in tiles(1, N, 96) { k = load K[load Pages[0, r / page], r % page] }
            store O[b] = 0.0
        }
    }
}

// CHECK: {{.*}}choices.dsl:16:17: error: anything but an assignment under a condition that only the launch or memory decides is not compiled yet [SPK3011]
// CHECK: help: bounds that are empty run a loop over nothing, and `select(p, a, b)` and `mask(s, p)` choose values
// CHECK: {{.*}}choices.dsl:18:24: error: anything but an assignment
// CHECK: {{.*}}choices.dsl:20:17: error: `skip when` is not compiled yet [SPK3011]
// CHECK: help: `mask(s, p)` skips the tiles of which an affine predicate keeps nothing; what memory decides is a list of tiles: `for j in 0 .. count { n = tile(N, s, load List[j]) ... }`
// CHECK: {{.*}}choices.dsl:22:28: error: unknown name `only_here` [SPK3010]
// CHECK: {{.*}}choices.dsl:24:26: error: unknown name `late` [SPK3010]
// CHECK: {{.*}}choices.dsl:38:28: error: a product or a state under a condition that only the launch or memory decides is not compiled yet [SPK3011]
// CHECK: help: bind it in front of the `if`: it is computed either way
// CHECK: {{.*}}choices.dsl:51:62: error: an index with pages of 96 and tiles of 64 is not compiled yet [SPK3011]
// CHECK: {{.*}}choices.dsl:51:17: note: `n` is introduced here
// CHECK: help: tiles that divide the page have one page each
// CHECK: {{.*}}choices.dsl:52:65: error: an index with pages of 96 and tiles of 96 that do not begin at 0 is not compiled yet [SPK3011]
// CHECK-NOT: error: unsupported
