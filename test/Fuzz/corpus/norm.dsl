---
title: 'Row normalisation'
tags: []
empty:
---
system Norm {
    design_space { dtype: ["bf16", "f16", "f32"] }
    tuning_space { tile: [1, 2, 4] }
    kernel rms {
        dims M
        static D: [1024, 4096]
        reference "reference.py:rms"
        in X: dtype[M, D]   in W: dtype[D]   in eps: f32 = 1e-6   out Y: dtype[M, D]
        require eps > 0
        grid (m in tiles(M, tile)) {
            x = load X[m, :]
            r = rsqrt(mean(x * x, over: D) + eps)
            store Y[m, :] = x * r * load W[:]
        }
        schedule { unroll = 4 }
    }
}
