---
title: "FMHA, forward"
tags: [FMHA, GQA, TMA]
status: "active"
---
// Forward attention: one tile program for both element types, two head
// widths, causal or not, grouped heads or not, inference or training.
system FMHA_Forward {
    design_space {                       // what is computed
        dtype: ["bf16", "f16"]
        causal: [true, false]            // bottom-right aligned
        kernel_mode: ["inference", "training"]
    }

    tuning_space {                       // how
        tile_m: [128, 192, 64]           // query rows of a block
        tile_n: [128, 176, 96, 64]       // keys of a step
        stages: [2, 3]                   // tiles of K, and of V, in flight
        q_slots: [1, 2]                  // tiles of Q in flight
        overlap: ["intra", "both", "pingpong", "none"]   // products under the softmax: of this group, of the other
        order: ["persistent_static", "one_per_cta"]

        constraint "a consumer owns 64 rows": tile_m % 64 == 0
        constraint "K and V fit shared memory":
            2 * D * ((1 + q_slots) * tile_m + 2 * stages * tile_n) + 1024 <= device.smem_per_block
        constraint "two groups take turns": tile_m == 128 or overlap == "intra" or overlap == "none"
        constraint "scores and output fit the registers":
            tile_n / 2 + tile_n / 4 + D / 2 + 30 <= (240 if tile_m <= 128 else 160)
    }

    knowledge {
        invariant GQA_Safety { assert: "Hq % Hkv == 0"  source: "every query head has one key head" }
        fact hopper_long {
            description: "from 4096 rows on, a block per tile beats a persistent grid: 1.05 to 1.19 of cuDNN against 1.00 to 1.13"
            when: "device.arch == 'sm_90a' and M >= 4096"
            recommend: "order = 'one_per_cta'"
            confidence: 0.9
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d128 {
            description: "heads of 128: 1.04 of cuDNN at 1024 to 16384 rows, not causal"
            when: "device.arch == 'sm_90a' and D == 128"
            recommend: "tile_m = 128"
            recommend: "tile_n = 128"
            recommend: "stages = 2"
            recommend: "q_slots = 2"
            confidence: 0.8
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d64 {
            description: "heads of 64: 1.08 to 1.13 of cuDNN at 2048 to 16384 rows, not causal"
            when: "device.arch == 'sm_90a' and D == 64"
            recommend: "tile_m = 192"
            recommend: "tile_n = 128"
            recommend: "stages = 3"
            recommend: "q_slots = 2"
            confidence: 0.8
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
    }

    kernel forward {
        dims   B, Hq as num_heads, Hkv as num_head_kv, M, N
        static D: [128, 64]
        reference "reference.py:forward"

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
            registers(producer) = 24 if tile_m <= 128 else 32
            registers(consumer) = 240 if tile_m <= 128 else 160
            overlap = overlap
            order = order
            epilogue_slots = D / 64
        }
    }
}
