// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The query heads of a group share their keys, so a tile holds rows of all of
// them: row r of it is row r / pack of head r % pack. With few rows a head, as
// in decoding, a tile is full where a head's own rows would leave it empty.
system FMHA_Packed {
    design_space {
        dtype: ["bf16", "f16"]
        causal: [true, false]
        kernel_mode: ["inference", "training"]
    }

    tuning_space {
        tile_m: [16, 8, 32, 64, 24, 4, 128] // rows of one head
        tile_n: [128, 64, 96]
        stages: [2, 3]
        q_slots: [1, 2]
        overlap: ["intra", "none", "both", "pingpong"]
        order: ["one_per_cta", "persistent_static"]

        constraint "a consumer owns 64 rows": tile_m * pack % 64 == 0
        constraint "three consumers at most": tile_m * pack <= 192
        constraint "Q, K and V fit shared memory":
            2 * D * (2 * tile_m * pack + 2 * stages * tile_n) + 1024 <= device.smem_per_block
        constraint "two groups take turns":
            tile_m * pack == 128 or overlap == "intra" or overlap == "none"
    }

    kernel packed {
        dims   B, Hkv as num_head_kv, M, N
        static D: [128, 64]
        static pack: [8, 4, 2, 16, 1]      // query heads for each head of keys
        reference "reference.py:packed"

        in  Q: dtype[B, Hkv * pack as Hq, M, D]
        in  K: dtype[B, Hkv, N, D]
        in  V: dtype[B, Hkv, N, D]
        in  scale: f32 = 1 / sqrt(D)
        out O: dtype[B, Hkv * pack as Hq, M, D]
        out LSE: f32[B, Hkv * pack as Hq, M]    when kernel_mode == "training"

        require scale > 0

        grid (m in tiles(M, tile_m), h in Hkv, b in B) {
            g     = all(pack)
            q     = load Q[b, h * pack + g, m, :]
            state = online_softmax(rows: [g, m], width: D)

            for n in tiles(N, tile_n) {
                k = load K[b, h, n, :]
                v = load V[b, h, n, :]
                s = dot(q, k, over: D) * scale
                if causal { s = mask(s, n <= m + (N - M)) }
                state.update(s, v)
            }

            store O[b, h * pack + g, m, :] = state.output
            store LSE[b, h * pack + g, m]  = state.lse     when kernel_mode == "training"
        }

        schedule {
            slots(Q) = q_slots   slots(K) = stages   slots(V) = stages
            consumers = tile_m * pack / 64
            overlap = overlap
            order = order
        }
    }
}
