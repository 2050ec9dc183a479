// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Sequences of different lengths, one behind the other: sequence b is the rows
// from QStart[b] to QStart[b + 1], and the keys from KStart[b] on. Each is
// causal, with its last row at its last key.
system FMHA_Varlen {
    design_space {
        dtype: ["bf16", "f16"]
        causal: [true, false]
        kernel_mode: ["inference", "training"]
    }

    tuning_space {
        tile_m: [128, 64, 192]
        tile_n: [128, 64, 96]
        stages: [2, 3]
        q_slots: [1, 2]
        overlap: ["intra", "none", "both", "pingpong"]
        order: ["one_per_cta", "persistent_static"]

        constraint "a consumer owns 64 rows": tile_m % 64 == 0
        constraint "Q, K and V fit shared memory":
            2 * D * (2 * tile_m + 2 * stages * tile_n) + 1024 <= device.smem_per_block
        constraint "two groups take turns": tile_m == 128 or overlap == "intra" or overlap == "none"
    }

    kernel varlen {
        dims   B, T, S, Hq as num_heads, Hkv as num_head_kv
        static D: [128, 64]
        reference "reference.py:varlen"

        in  Q: dtype[T, Hq,  D]
        in  K: dtype[S, Hkv, D]
        in  V: dtype[S, Hkv, D]
        in  QStart: s32[B + 1]
        in  KStart: s32[B + 1]
        in  longest: s32                   // rows of the longest sequence, or more
        in  scale: f32 = 1 / sqrt(D)
        out O: dtype[T, Hq, D]
        out LSE: f32[Hq, T]                when kernel_mode == "training"

        require Hq % Hkv == 0
        require scale > 0

        grid (m in tiles(load QStart[b], load QStart[b + 1], tile_m) atmost longest, h in Hq, b in B) {
            hk    = h / (Hq / Hkv)
            shift = load KStart[b + 1] - load QStart[b + 1]
            q     = load Q[m, h, :]
            state = online_softmax(rows: m, width: D)

            for n in tiles(load KStart[b], load KStart[b + 1], tile_n) {
                k = load K[n, hk, :]
                v = load V[n, hk, :]
                s = dot(q, k, over: D) * scale
                if causal { s = mask(s, n <= m + shift) }
                state.update(s, v)
            }

            store O[m, h, :] = state.output
            store LSE[h, m]  = state.lse         when kernel_mode == "training"
        }

        schedule {
            slots(Q) = q_slots   slots(K) = stages   slots(V) = stages
            consumers = tile_m / 64
            overlap = overlap
            order = order
        }
    }
}
