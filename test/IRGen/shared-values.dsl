// RUN: spakc %s --emit=spak -o - | FileCheck %s
//
// Values used twice at every step: what is known of them is found once each,
// not once for every path. (Found by a run that did not end.)
// CHECK-COUNT-48: arith.addf
// CHECK: spak.select
// CHECK: spak.reduce
system Shared {
    kernel k {
        dims M, N
        in A: f32[M, N]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            acc = zeros f32[m]
            for n in tiles(N, 64) {
            a = load A[m, n]
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            a = a + a
            acc += sum(a, over: n)
            }
            store C[m] = acc
        }
    }
}
