// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A table of numbers is added to the scores.
system FMHA_Bias {
    design_space {
        dtype: ["bf16", "f16"]
        kernel_mode: ["inference", "training"]
    }

    tuning_space {
        tile_m: [128, 64, 192]
        tile_n: [96, 128, 64]         // 128 columns of bias would spill
        stages: [2, 3]
        q_slots: [1, 2]
        overlap: ["intra", "none", "both", "pingpong"]
        order: ["one_per_cta", "persistent_static"]

        constraint "a consumer owns 64 rows": tile_m % 64 == 0
        constraint "Q, K and V fit shared memory":
            2 * D * (2 * tile_m + 2 * stages * tile_n) + 1024 <= device.smem_per_block
        constraint "two groups take turns": tile_m == 128 or overlap == "intra" or overlap == "none"
    }

    kernel bias {
        dims   B, Hq as num_heads, Hkv as num_head_kv, M, N
        static D: [128, 64]
        reference "reference.py:bias"

        in  Q: dtype[B, Hq,  M, D]
        in  K: dtype[B, Hkv, N, D]
        in  V: dtype[B, Hkv, N, D]
        in  scale: f32 = 1 / sqrt(D)
        in  Bias: dtype[B, Hq, M, N]
        out O: dtype[B, Hq, M, D]
        out LSE: f32[B, Hq, M]             when kernel_mode == "training"

        require Hq % Hkv == 0
        require scale > 0

        grid (m in tiles(M, tile_m), h in Hq, b in B) {
            hk    = h / (Hq / Hkv)
            q     = load Q[b, h, m, :]
            state = online_softmax(rows: m, width: D)

            for n in tiles(N, tile_n) {
                k = load K[b, hk, n, :]
                v = load V[b, hk, n, :]
                s = dot(q, k, over: D) * scale
                s += load Bias[b, h, m, n] as f32
                state.update(s, v)
            }

            store O[b, h, m, :] = state.output
            store LSE[b, h, m]  = state.lse      when kernel_mode == "training"
        }

        schedule {
            slots(Q) = q_slots   slots(K) = stages   slots(V) = stages
            consumers = tile_m / 64
            overlap = overlap
            order = order
            epilogue_slots = D / 64
        }
    }
}
