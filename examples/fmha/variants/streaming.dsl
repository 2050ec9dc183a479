// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A window to the left, and the first keys of all, which attention sinks into.
system FMHA_Streaming extends "hopper.dsl" {
    tuning_space {
        rows_grow: [false]

        constraint "blocks of rows see other keys": cluster_m == 1
    }

    kernel streaming {
        dims   B, Hq as num_heads, Hkv as num_head_kv, M, N
        static D: [128, 64]
        reference "reference.py:streaming"

        in  Q: dtype[B, Hq,  M, D]
        in  K: dtype[B, Hkv, N, D]
        in  V: dtype[B, Hkv, N, D]
        in  scale: f32 = 1 / sqrt(D)
        in  left: s32 = 1024
        in  first: s32 = 4
        out O: dtype[B, Hq, M, D]
        out LSE: f32[B, Hq, M]             when kernel_mode == "training"

        require Hq % Hkv == 0
        require scale > 0
        require left >= -1073741824        // sums with positions stay in 32 bits
        require left <= 1073741824
        require first <= 1073741824

        grid (m in tiles(M, tile_m), h in Hq, b in B) {
            hk    = h / (Hq / Hkv)
            q     = load Q[b, h, m, :]
            state = online_softmax(rows: m, width: D)

            for n in tiles(N, tile_n) {
                k = load K[b, hk, n, :]
                v = load V[b, hk, n, :]
                s = dot(q, k, over: D) * scale
                i = m + (N - M)
                s = mask(s, i - left <= n <= i or n < first and n <= i)
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
