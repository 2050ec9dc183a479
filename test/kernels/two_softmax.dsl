// Two online-softmax states in one loop. Nothing may assume that a loop has
// one state, one mask or two products.
system Two_States {
    design_space {
        dtype: ["bf16", "f16"]
        causal: [true, false]
    }
    tuning_space {
        tile_m: [128, 64]
        tile_n: [64, 128]
        stages: [2, 3]
        overlap: ["intra", "none"]
        order: ["persistent_static", "one_per_cta"]
        constraint "a consumer owns 64 rows": tile_m % 64 == 0
    }
    kernel difference {
        dims B, H, M, N
        static D: [64]
        reference "two_softmax_reference.py:difference"

        in  Q1: dtype[B, H, M, D]
        in  Q2: dtype[B, H, M, D]
        in  K1: dtype[B, H, N, D]
        in  K2: dtype[B, H, N, D]
        in  V1: dtype[B, H, N, D]
        in  V2: dtype[B, H, N, D]
        in  scale: f32 = 1 / sqrt(D)
        in  weight: f32 = 0.5
        out O: dtype[B, H, M, D]

        require scale > 0

        grid (m in tiles(M, tile_m), h in H, b in B) {
            q1 = load Q1[b, h, m, :]
            q2 = load Q2[b, h, m, :]
            left  = online_softmax(rows: m, width: D)
            right = online_softmax(rows: m, width: D)
            for n in tiles(N, tile_n) {
                s1 = dot(q1, load K1[b, h, n, :], over: D) * scale
                s2 = dot(q2, load K2[b, h, n, :], over: D) * scale
                if causal {
                    s1 = mask(s1, n <= m + (N - M))
                    s2 = mask(s2, n <= m + (N - M))
                }
                left.update(s1, load V1[b, h, n, :])
                right.update(s2, load V2[b, h, n, :])
            }
            store O[b, h, m, :] = left.output - weight * right.output
        }

        schedule {
            slots(K1) = stages   slots(V1) = stages
            slots(K2) = stages   slots(V2) = stages
            consumers = tile_m / 64
            registers(producer) = 24
            registers(consumer) = 240
            overlap = overlap
            order = order
        }
    }
}
