// Part of spakc. SPDX-License-Identifier: Apache-2.0
// A silu that is multiplied by a gate before it is rounded takes its short form.
// RUN: spakc %s --remarks -o %t.cu 2>&1 | FileCheck %s --check-prefix=REMARK
// REMARK: this silu is no more exact than bf16 needs: request `functions`
// RUN: FileCheck %s --input-file=%t.cu --check-prefix=TEXT
// TEXT: Role consumer
// TEXT-NOT: expf
// TEXT: spak::silu_rounded(
// RUN: spakc %s --simulate --shape=M=0:129,F=65,K=0:1:200 | FileCheck %s
// CHECK-NOT: FAILED
// CHECK: after scheduled: 6 of 6 cases passed{{.*}}same bits as the phase before
system Gated {
    tuning_space { tile: [128] }
    kernel gated {
        dims M, F, K
        in X: bf16[M, K]
        in U: bf16[F, K]
        in G: bf16[F, K]
        out Y: bf16[M, F]
        grid (m in tiles(M, tile), f in tiles(F, 64)) {
            up = zeros f32[m, f]
            gate = zeros f32[m, f]
            for k in tiles(K, 64) {
                x = load X[m, k]
                up += dot(x, load U[f, k], over: k)
                gate += dot(x, load G[f, k], over: k)
            }
            store Y[m, f] = silu(gate) * up
        }
        schedule { functions = "rounded" }
    }
}
