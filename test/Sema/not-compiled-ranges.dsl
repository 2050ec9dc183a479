// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// Ranges that the dialect cannot say yet.
system Ranges {
    kernel starts_late {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(4, M, 64)) { store C[m] = load A[m] }
    }
    kernel ends_early {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M - 1, 64)) { store C[m] = load A[m] }
    }
    kernel loop_starts_late {
        dims M, N
        in A: f32[M, N]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            acc = zeros f32[m]
            for n in tiles(32, N, 32) { acc += sum(load A[m, n], over: n) }
            store C[m] = acc
        }
    }
}

// CHECK: {{.*}}not-compiled-ranges.dsl:9:15: error: a grid range that does not begin at 0 is not compiled yet [SPK3011]
// CHECK-NEXT:     9 |         grid (m in tiles(4, M, 64)) { store C[m] = load A[m] }
// CHECK-NEXT:       |               ^~~~~~~~~~~~~~~~~~~~
// CHECK-NEXT: {{.*}}not-compiled-ranges.dsl:15:48: error: a store over a range that may end before its axis is not compiled yet [SPK3011]
// CHECK-NEXT:    15 |         grid (m in tiles(M - 1, 64)) { store C[m] = load A[m] }
// CHECK-NEXT:       |                                                ^
// CHECK-NEXT: {{.*}}not-compiled-ranges.dsl:23:13: error: a range that does not begin at 0 is not compiled yet [SPK3011]
// CHECK-NEXT:    23 |             for n in tiles(32, N, 32) { acc += sum(load A[m, n], over: n) }
// CHECK-NEXT:       |             ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
// CHECK-NOT: error
