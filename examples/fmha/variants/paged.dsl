// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Keys and values lie in pages of a cache: key n of sequence b is row n % page
// of page Pages[b, n / page]. Sequence b has Length[b] keys, and its queries
// are the last ones of it.
system FMHA_Paged {
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
        constraint "a tile has one page": page % tile_n == 0
        constraint "Q, K and V fit shared memory":
            2 * D * (2 * tile_m + 2 * stages * tile_n) + 1024 <= device.smem_per_block
        constraint "two groups take turns": tile_m == 128 or overlap == "intra" or overlap == "none"
    }

    kernel paged {
        dims   B, P, Most, Hq as num_heads, Hkv as num_head_kv, M
        static D: [128, 64]
        static page: [128, 64, 256]
        reference "reference.py:paged"

        in  Q: dtype[B, Hq, M, D]
        in  K: dtype[P, Hkv, page, D]
        in  V: dtype[P, Hkv, page, D]
        in  Pages: s32[B, Most]
        in  Length: s32[B]
        in  scale: f32 = 1 / sqrt(D)
        out O: dtype[B, Hq, M, D]
        out LSE: f32[B, Hq, M]             when kernel_mode == "training"

        require Hq % Hkv == 0
        require scale > 0

        grid (m in tiles(M, tile_m), h in Hq, b in B) {
            hk     = h / (Hq / Hkv)
            length = load Length[b]
            q      = load Q[b, h, m, :]
            state  = online_softmax(rows: m, width: D)

            for n in tiles(length, tile_n) {
                at = load Pages[b, n / page]
                k  = load K[at, hk, n % page, :]
                v  = load V[at, hk, n % page, :]
                s  = dot(q, k, over: D) * scale
                if causal { s = mask(s, n <= m + (length - M)) }
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
