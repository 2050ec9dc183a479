// RUN: spakc %s --emit=spak -o - | FileCheck %s
// RUN: spakc %s --simulate --values=Kind=0:4 --shape=B=6,M=1:130,N=0:65:200 | FileCheck %s --check-prefix=CASES
// RUN: spakc %s -o - | FileCheck %s --check-prefix=TEXT
//
// Conditions that memory or the launch decides choose between values.
// CASES-NOT: FAILED
// CASES: after scheduled: 6 of 6 cases passed
system Choice {
    kernel choose {
        dims B, M, N
        static D: [64]
        reference "Inputs/choice_reference.py:choose"
        in Q: bf16[B, M, D]
        in K: bf16[B, N, D]
        in Kind: s32[B]
        in Bias: f32[N]
        in scale: f32 = 0.125
        out O: bf16[B, M, D]
        require scale > 0
        grid (m in tiles(M, 64), b in B) {
            kind = load Kind[b]
            q = load Q[b, m, :]
            left = 1000
            // CHECK: %[[FAR:.*]] = arith.select %{{.*}}, %c64, %c1000 : index
            // CHECK: arith.select %{{.*}}, %c20, %[[FAR]] : index
            // TEXT: const int left = kind == 1 ? 20 : N > 100 ? 64 : 1000;
            if kind == 1 { left = 20 } else { if N > 100 { left = 64 } }
            state = online_softmax(rows: m, width: D)
            for n in tiles(N, 64) {
                k = load K[b, n, :]
                s = dot(q, k, over: D) * scale
                bias = load Bias[n]
                // CHECK: %[[IS:.*]] = spak.splat %{{.*}} : i1 -> !spak.tile<m=64, n=64 : i1>
                // CHECK: spak.select %[[IS]], %{{.*}}, %{{.*}}
                if kind == 2 {
                    twice = 2.0 * bias
                    s = s + twice
                }
                s = mask(s, m + (N - M) - left <= n)
                state.update(s, k)
            }
            o = state.output
            // CHECK: spak.select
            if kind == 3 { o *= 2.0 }
            store O[b, m, :] = o
        }
    }
}
