// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s
//
// A space of 10^10 combinations is searched to its end, and what would help is
// said.
// CHECK: huge-space.dsl:13:9: error: no point of the space satisfies the constraint "never" on sm_90a [SPK2008]
// CHECK: note: the least value of `a + b + c + d + e` that the other constraints leave is 5, the bound is 5; with it admitted, 1 point appears
// CHECK-NOT: note
system Huge {
    tuning_space {
        a: range[1, 100]  b: range[1, 100]  c: range[1, 100]  d: range[1, 100]
        e: range[1, 100]
        constraint "always": a + b + c + d + e > 0
        constraint "never": a + b + c + d + e < 5
    }
    kernel k {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M, 64)) { store C[m] = load A[m] }
    }
}
