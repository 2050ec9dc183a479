// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// A loaded tile has the axes of its tensor in order; nothing transposes yet.
system Transposed {
    kernel k {
        dims M, N
        in A: f32[M, N]
        in B: f32[N, M]
        out C: f32[M, N]
        grid (m in tiles(M, 64), n in tiles(N, 64)) {
            store C[m, n] = load A[m, n] + load B[n, m]
        }
    }
}

// CHECK: {{.*}}transposed.dsl:11:44: error: an operand with its axes in another order is not compiled yet [SPK3011]
// CHECK-NEXT:    11 |             store C[m, n] = load A[m, n] + load B[n, m]
// CHECK-NEXT:       |                                            ^~~~~~~~~~~~
// CHECK-NOT: error
