// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Sequences of different lengths, one behind the other: sequence b is the rows
// from QStart[b] to QStart[b + 1], and the keys from KStart[b] on. Each is
// causal, with its last row at its last key.
system FMHA_Varlen extends "hopper.dsl" {
    design_space {
        causal: [true, false]
    }

    tuning_space {
        rows_grow: [true, false]
        o_slabs: [0]                     // a store that ends with the sequence goes out from registers

        constraint "blocks of rows are as many steps apart as a sequence says": cluster_m == 1
        constraint "causal rows grow": rows_grow == causal
    }

    knowledge {
        fact few_rows {
            description: "too few rows for all multiprocessors: 64 of them a block"
            when: "device.arch == 'sm_90a' and T * Hq <= 64 * device.sms"
            recommend: "tile_m = 64"
            recommend: "tile_n = 64"
            recommend: "stages = 2"
            recommend: "q_slots = 1"
            recommend: "order = 'one_per_cta'"
            recommend: "cross_tile = false"
            recommend: "overlap = 'intra'"
            recommend: "exp_ahead = 0"
            confidence: 0.97
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
        fact d128_growing_short {
            description: "sequences below 1024 rows in the mean, heads of 128"
            when: "device.arch == 'sm_90a' and D == 128 and rows_grow and T < 1024 * B"
            recommend: "overlap = 'both'"
            recommend: "exp_ahead = 16"
            confidence: 0.95
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
        fact d128_growing_mid {
            description: "sequences of 1024 to 4095 rows in the mean, heads of 128"
            when: "device.arch == 'sm_90a' and D == 128 and rows_grow and T >= 1024 * B and T < 4096 * B"
            recommend: "order = 'persistent_dynamic'"
            recommend: "section = 16"
            recommend: "overlap = 'both'"
            recommend: "exp_ahead = 16"
            confidence: 0.95
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
        fact d128_growing_4k {
            description: "sequences of 4096 to 8191 rows in the mean, heads of 128"
            when: "device.arch == 'sm_90a' and D == 128 and rows_grow and T >= 4096 * B and T < 8192 * B"
            recommend: "order = 'persistent_dynamic'"
            recommend: "section = 16"
            confidence: 0.95
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
        fact d128_growing_long {
            description: "sequences of 8192 rows and more in the mean, heads of 128"
            when: "device.arch == 'sm_90a' and D == 128 and rows_grow and T >= 8192 * B"
            recommend: "order = 'persistent_dynamic'"
            recommend: "section = 4"
            confidence: 0.95
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
        fact d64_growing_long {
            description: "sequences of 2048 rows and more in the mean, heads of 64"
            when: "device.arch == 'sm_90a' and D == 64 and rows_grow and T >= 2048 * B"
            recommend: "order = 'persistent_dynamic'"
            recommend: "section = 16"
            confidence: 0.95
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
        fact d64_growing_short {
            description: "sequences below 2048 rows in the mean, heads of 64"
            when: "device.arch == 'sm_90a' and D == 64 and rows_grow and T < 2048 * B"
            recommend: "tile_m = 128"
            recommend: "order = 'persistent_paired'"
            recommend: "overlap = 'intra'"
            recommend: "exp_ahead = 8"
            confidence: 0.95
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
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
            slots(Q) = q_slots   slots(K) = stages   slots(V) = stages + v_more
            consumers = tile_m / 64
            registers(producer) = (24 if cluster_m * cluster_h == 1 else 40) if tile_m <= 128 else (32 if cluster_m * cluster_h == 1 else 56)
            registers(consumer) = (240 if cluster_m * cluster_h == 1 else 232) if tile_m <= 128 else (160 if cluster_m * cluster_h == 1 else 152)
            overlap = overlap
            split(V) = split
            hand_off(V) = hand_off
            rescale = rescale
            computed = weights
            operand(Q) = q_in
            rescale_bound = bound
            exp2_polynomial = poly
            exponentials_ahead = exp_ahead
            order = order
            overlap_tiles = cross_tile
            group(h) = section
            trim = trim
            cluster(m) = cluster_m   cluster(h) = cluster_h
        }
    }
}
