system Kernel_Forms {
    design_space { causal: [true, false] mode: ["a", "b", "c"] }
    tuning_space { tile_m: [64, 128]  tile_n: 64  stages: range[1, 3] }
    kernel forms {
        dims B, Hq as num_heads, M, N <= 65536
        in Q: bf16[B, Hq, M, 64]   in K: bf16[B, Hq, N, 64]
        in W: f32[M as r, M as s] strided
        in scale: f32 = 1 / sqrt(64)
        out O: bf16[B, Hq, M, 64]
        out L: f32[B, Hq, M] when mode == "a"
        scratch S: f32[B, M] zeroed
        grid (m in tiles(M, tile_m), h in Hq, b in B atmost 8) {
            q = load Q[b, h, m, :]
            state = online_softmax(rows: m, width: D)
            for n in tiles(0, N, tile_n) {
                skip when n > M
                s = dot(q, load K[b, h, n, :], over: D) * scale
                if causal { s = mask(s, n <= m + (N - M)) }
                else if mode == "b" {
                    s += 1
                } else { s -= -2 }
                match mode { "a", "b": { s *= 2 } else: { s /= 3 } }
                state.update(s, q)
            }
            for g in 0 .. B { t = g }
            store O[b, h, m, :] = state.output as bf16
            store add S[b, m] = state.lse when mode == "a" where m < M
            store L[b, h, m] = state.lse if causal else -1e20
        }
        schedule {
            slots(K) = stages   slots(Q) = 1
            consumers = tile_m / 64
            order = grouped(m, 4)
        }
        constraint "even": tile_m % 2 == 0
    }
}
