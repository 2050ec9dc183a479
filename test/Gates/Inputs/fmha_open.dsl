---
title: "FMHA, forward, with nothing but the gates to keep it in bounds"
tags: [FMHA, GQA, TMA]
status: "active"
---
// Forward attention: one tile program for both element types, two head
// widths, causal or not, grouped heads or not, inference or training.
system FMHA_Open {
    design_space {                       // what is computed
        dtype: ["bf16", "f16"]
        causal: [true, false]            // bottom-right aligned
        kernel_mode: ["inference", "training"]
    }

    tuning_space {                       // how
        tile_m: [128, 192, 64]           // query rows of a block
        tile_n: [64, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240]  // keys of a step
        stages: [1, 2]
        q_slots: [1]
        overlap: ["intra", "both", "pingpong", "none"]   // products under the softmax: of this group, of the other
        order: ["persistent_static", "one_per_cta"]
        budget: [240, 224, 208, 192, 176, 160, 144, 128, 112]       // registers of a consumer thread

        constraint "a consumer owns 64 rows": tile_m % 64 == 0
        constraint "two groups take turns": tile_m == 128 or overlap == "intra" or overlap == "none"
    }

    kernel forward {
        dims   B, Hq as num_heads, Hkv as num_head_kv, M, N
        static D: [128, 64]
        in  Q: dtype[B, Hq,  M, D]
        in  K: dtype[B, Hkv, N, D]
        in  V: dtype[B, Hkv, N, D]
        in  scale: f32 = 1 / sqrt(D)
        out O: dtype[B, Hq, M, D]
        out LSE: f32[B, Hq, M]             when kernel_mode == "training"

        require Hq % Hkv == 0              // launch checks, and facts for the optimiser
        require scale > 0

        grid (m in tiles(M, tile_m), h in Hq, b in B) {
            hk    = h / (Hq / Hkv)
            q     = load Q[b, h, m, :]
            state = online_softmax(rows: m, width: D)

            for n in tiles(N, tile_n) {
                k = load K[b, hk, n, :]
                v = load V[b, hk, n, :]
                s = dot(q, k, over: D) * scale           // axes [m, n]
                if causal { s = mask(s, n <= m + (N - M)) }
                state.update(s, v)                       // contracts over n
            }

            store O[b, h, m, :]  = state.output
            store LSE[b, h, m]   = state.lse     when kernel_mode == "training"
        }

        schedule {
            slots(Q) = q_slots   slots(K) = stages   slots(V) = stages
            consumers = tile_m / 64
            registers(producer) = 24
            registers(consumer) = budget
            overlap = overlap
            order = order
            epilogue_slots = D / 64
        }
    }
}
