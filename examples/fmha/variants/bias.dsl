// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A table of numbers is added to the scores. It comes through shared memory,
// a tile a step, so its rows begin at multiples of 16 bytes.
system FMHA_Bias extends "hopper.dsl" {
    tuning_space {
        rows_grow: [false]
        bias_slots: [1, 2]               // tiles of the table in flight

        constraint "Q, K, V, O and the table fit shared memory":
            2 * (q_slots * tile_m * D + (2 * stages + v_more) * tile_n * D
                 + (tile_m * tile_n if weights == "shared" else 0) + bias_slots * tile_m * tile_n
                 + tile_m * min(D, o_slabs * 64)) + 1024 <= device.smem_per_block
        constraint "the table fits beside scores and output":
            tile_n + D / 2 + (D / 4 + 8 if q_in == "registers" else 0)
                + (38 if weights == "shared" else 30) + (0 if cluster_m * cluster_h == 1 else 8)
                <= (240 if tile_m <= 128 else 160)
    }

    knowledge {
        fact d128 {
            description: "heads of 128: a tile of the table takes the place of the second tile of queries; 0.70 of the dense kernel, 0.34 with loads to registers"
            when: "device.arch == 'sm_90a' and D == 128"
            recommend: "tile_m = 128"
            recommend: "tile_n = 128"
            recommend: "stages = 2"
            recommend: "q_slots = 1"
            recommend: "order = 'persistent_static'"
            recommend: "cross_tile = true"
            recommend: "overlap = 'both'"
            recommend: "exp_ahead = 8"
            confidence: 0.8
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact d64 {
            description: "heads of 64: two groups, because the table takes registers of its own; 0.67 of the dense kernel, 0.35 with loads to registers"
            when: "device.arch == 'sm_90a' and D == 64"
            recommend: "tile_m = 128"
            recommend: "tile_n = 128"
            recommend: "stages = 2"
            recommend: "q_slots = 2"
            recommend: "order = 'persistent_static'"
            recommend: "cross_tile = true"
            recommend: "overlap = 'both'"
            recommend: "exp_ahead = 8"
            confidence: 0.8
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
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
            slots(Q) = q_slots   slots(K) = stages   slots(V) = stages + v_more
            slots(Bias) = bias_slots
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
            epilogue_slots = min(o_slabs, D / 64)
        }
    }
}
