// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A multiplier of the scores for each head.
system FMHA_HeadScale extends "hopper.dsl" {
    tuning_space { rows_grow: [true] }

    knowledge {
        fact d128_scored {
            description: "heads of 128: with a multiplication a score the groups fall into step unless they take turns; 0.89 of the dense kernel, 0.70 without"
            when: "device.arch == 'sm_90a' and D == 128"
            recommend: "overlap = 'both'"
            recommend: "exp_ahead = 8"
            confidence: 0.96
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact d64_scored {
            description: "heads of 64: 0.89 of the dense kernel"
            when: "device.arch == 'sm_90a' and D == 64 and M >= 2048"
            recommend: "exp_ahead = 0"
            confidence: 0.96
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
    }

    kernel head_scale {
        dims   B, Hq as num_heads, Hkv as num_head_kv, M, N
        static D: [128, 64]
        reference "reference.py:head_scale"

        in  Q: dtype[B, Hq,  M, D]
        in  K: dtype[B, Hkv, N, D]
        in  V: dtype[B, Hkv, N, D]
        in  scale: f32 = 1 / sqrt(D)
        in  Scale: f32[Hq]
        out O: dtype[B, Hq, M, D]
        out LSE: f32[B, Hq, M]             when kernel_mode == "training"

        require Hq % Hkv == 0
        require scale > 0

        grid (m in tiles(M, tile_m), h in Hq, b in B) {
            hk    = h / (Hq / Hkv)
            q     = load Q[b, h, m, :]
            head_scale = load Scale[h]
            state = online_softmax(rows: m, width: D)

            for n in tiles(N, tile_n) {
                k = load K[b, hk, n, :]
                v = load V[b, hk, n, :]
                s = dot(q, k, over: D) * scale
                s = mask(s * head_scale, n <= m + (N - M))
                state.update(s, v)
            }

            store O[b, h, m, :] = state.output
            store LSE[b, h, m]  = state.lse      when kernel_mode == "training"
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
            epilogue_slots = min(o_slabs, D / 64)
        }
    }
}
