// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s
//
// A search ends, whatever the space.
// CHECK: error: no valid point among the first 262144 combinations of the space [SPK2016]
// CHECK-NEXT: help: fix some axes with `-D axis=value`
system Huge {
    tuning_space {
        a: range[1, 100]  b: range[1, 100]  c: range[1, 100]  d: range[1, 100]
        e: range[1, 100]
        constraint "never": a + b + c + d + e < 5
    }
    kernel k {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M, 64)) { store C[m] = load A[m] }
    }
}
