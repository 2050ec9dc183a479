// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// Bounds and indices must be the same for the whole block.
system Bounds {
    kernel bound_is_a_tile {
        dims M, N
        in Len: s32[M]
        in A: f32[N]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            len = load Len[m]
            acc = zeros f32[m]
            for n in tiles(len, 64) { acc += sum(load A[n], over: n) }
            store C[m] = acc
        }
    }
    kernel bound_is_a_float {
        dims M
        in A: f32[M]
        in x: f32
        out C: f32[M]
        grid (m in tiles(x, 64)) { store C[m] = load A[m] }
    }
    kernel size_is_not_constant {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M, M)) { store C[m] = load A[m] }
    }
    kernel size_is_zero {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M, 64 - 64)) { store C[m] = load A[m] }
    }
    kernel index_is_a_float {
        dims M, N
        in A: f32[M, N]
        in x: f32
        out C: f32[M]
        grid (m in tiles(M, 64)) { store C[m] = load A[m, x] }
    }
    kernel condition_at_run_time {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            a = load A[m]
            if a > 0.0 { a = a + 1.0 }
            store C[m] = a
        }
    }
    kernel bad_extent {
        dims M
        in A: f32[M, M + 1.0]
        out C: f32[M]
        grid (m in tiles(M, 64)) { store C[m] = 1.0 }
    }
}

// CHECK: {{.*}}bounds.dsl:13:28: error: a bound of the range must be the same for the whole block, got `s32[m]` [SPK3009]
// CHECK-NEXT:    13 |             for n in tiles(len, 64) { acc += sum(load A[n], over: n) }
// CHECK-NEXT:       |                            ^~~
// CHECK-NEXT: {{.*}}bounds.dsl:22:26: error: a bound of the range must be an integer, got `f32` [SPK3037]
// CHECK-NEXT:    22 |         grid (m in tiles(x, 64)) { store C[m] = load A[m] }
// CHECK-NEXT:       |                          ^
// CHECK-NEXT: {{.*}}bounds.dsl:28:29: error: the size of a tile is a constant from 1 to 65536, got `index` [SPK3022]
// CHECK-NEXT:    28 |         grid (m in tiles(M, M)) { store C[m] = load A[m] }
// CHECK-NEXT:       |                             ^
// CHECK-NEXT: {{.*}}bounds.dsl:34:29: error: the size of a tile is a constant from 1 to 65536, got `0` [SPK3022]
// CHECK-NEXT:    34 |         grid (m in tiles(M, 64 - 64)) { store C[m] = load A[m] }
// CHECK-NEXT:       |                             ^~~~~~~
// CHECK-NEXT: {{.*}}bounds.dsl:41:59: error: an index is a uniform integer, a range or `:`, got `f32` [SPK3014]
// CHECK-NEXT:    41 |         grid (m in tiles(M, 64)) { store C[m] = load A[m, x] }
// CHECK-NEXT:       |                                                           ^
// CHECK-NEXT: {{.*}}bounds.dsl:49:16: error: expected a condition that the point decides, got `bool[m]` [SPK3023]
// CHECK-NEXT:    49 |             if a > 0.0 { a = a + 1.0 }
// CHECK-NEXT:       |                ^~~~~~~
// CHECK-NEXT: help: per element, `select(p, a, b)` chooses and `mask(s, p)` drops
// CHECK-NEXT: {{.*}}bounds.dsl:55:22: error: an extent is a constant from 1, or an expression of dims, got `M + 1.0` [SPK3034]
// CHECK-NEXT:    55 |         in A: f32[M, M + 1.0]
// CHECK-NEXT:       |                      ^~~~~~~
// CHECK-NOT: error
