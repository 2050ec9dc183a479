system Statements {
    tuning_space { tile_m: [64, 128] tile_n: [64] }
    kernel all_forms {
        dims B, Hq as num_heads, M, N, W <= 4096
        static D: [64, 128]
        static G: 4
        reference "reference.py:all_forms"
        in  Q: bf16[B, Hq, M, D]
        in  T: f32[D as d, D as e] strided
        in  Start: s32[B + 1]
        in  scale: f32 = 1 / sqrt(D)
        in  flag: bool
        out O: bf16[B, Hq, M, D / 2]
        out LSE: f32[B, Hq, M] when mode == "training" and D <= 128
        scratch P: f32[M, N] zeroed
        require "heads": Hq % G == 0
        require scale > 0
        constraint "even": D % 2 == 0
        grid (m in tiles(M, tile_m), h in Hq, b in B atmost 65535) {
            lo = load Start[b]
            hi = load Start[b + 1]
            q = load Q[b, h, m, :]
            i = all(D / 2)
            acc = zeros f32[m, D]
            low = fill(-1e30) f32[m]
            state = online_softmax(rows: m, width: D, from: load Sink[h])
            for n in tiles(lo, hi, tile_n) {
                skip when n > hi
                s = dot(q, load Q[b, h, n, :], over: D) * scale
                s += load T[h, 2 * i + 1] - 1.5e-3
                s *= 2
                if causal and not flag { s = mask(s, n <= m + (N - M) or n < 4) }
                else if flag { s = select(n == m, s, 0.0) }
                else { s -= 1 }
                match mode {
                    "a", "b": { s = abs(s) }
                    else: { s = s as f32 as bf16 }
                }
                state.update(s, load Q[b, h, n, :])
            }
            for g in 0 .. G { acc += g }
            for g in G { acc /= 2 }
            store O[b, h, m, i] = state.output as bf16 when flag where m < M
            store add P[m, :] = sum(acc, over: D)
            store LSE[b, h, m] = state.lse if flag else 0.0
        }
        schedule {
            slots(Q) = 2   prefetch(Q) = 3
            order = grouped(m, 4)
            cluster(m) = 2 if D == 64 else 1
        }
    }
}
