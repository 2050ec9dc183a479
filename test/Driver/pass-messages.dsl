// A pass's message shows the line of the text, not an operation of the IR.
// RUN: not spakc %s --arch=sm_80 -o %t.cu 2>&1 | FileCheck %s
// CHECK: pass-messages.dsl:12:17: error: needs wgmma, which sm_80 does not have; products on other tensor cores are not supported [SPK4001]
// RUN: not ls %t.cu
system S {
    kernel k {
        dims M, N, K
        in A: bf16[M, K]   in B: bf16[N, K]   out C: bf16[M, N]
        grid (m in tiles(M, 64), n in tiles(N, 64)) {
            acc = zeros f32[m, n]
            for k in tiles(K, 64) {
                acc += dot(load A[m, k], load B[n, k], over: k)
            }
            store C[m, n] = acc
        }
    }
}
