// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A row of blocks sees the blocks of keys that a list names: Count[h, r] of them,
// Block[h, r, 0], Block[h, r, 1], … The time is that of the blocks in the list.
system FMHA_BlockSparse {
    design_space {
        dtype: ["bf16", "f16"]
        causal: [true, false]
        kernel_mode: ["inference", "training"]
    }

    tuning_space {
        stages: [2, 3]
        q_slots: [1, 2]
        overlap: ["intra", "none", "both", "pingpong"]
        order: ["one_per_cta", "persistent_static"]

        constraint "Q, K and V fit shared memory":
            2 * D * (2 * rows + 2 * stages * keys) + 1024 <= device.smem_per_block
        constraint "two groups take turns": rows == 128 or overlap == "intra" or overlap == "none"
    }

    kernel block_sparse {
        dims   B, Hq as num_heads, Hkv as num_head_kv, M, N, Most
        static D: [128, 64]
        static rows: [128, 64]             // of a block
        static keys: [128, 64]
        reference "reference.py:block_sparse"

        in  Q: dtype[B, Hq,  M, D]
        in  K: dtype[B, Hkv, N, D]
        in  V: dtype[B, Hkv, N, D]
        in  Count: s32[Hq, (M + rows - 1) / rows as Blocks]
        in  Block: s32[Hq, (M + rows - 1) / rows as Blocks, Most]
        in  scale: f32 = 1 / sqrt(D)
        out O: dtype[B, Hq, M, D]
        out LSE: f32[B, Hq, M]             when kernel_mode == "training"

        require Hq % Hkv == 0
        require scale > 0

        grid (m in tiles(M, rows), h in Hq, b in B) {
            hk    = h / (Hq / Hkv)
            q     = load Q[b, h, m, :]
            state = online_softmax(rows: m, width: D)

            for j in 0 .. load Count[h, m / rows] {
                n = tile(N, keys, load Block[h, m / rows, j])
                k = load K[b, hk, n, :]
                v = load V[b, hk, n, :]
                s = dot(q, k, over: D) * scale
                if causal { s = mask(s, n <= m + (N - M)) }
                state.update(s, v)
            }

            store O[b, h, m, :] = state.output
            store LSE[b, h, m]  = state.lse      when kernel_mode == "training"
        }

        schedule {
            slots(Q) = q_slots   slots(K) = stages   slots(V) = stages
            consumers = rows / 64
            overlap = overlap
            order = order
            epilogue_slots = D / 64
        }
    }
}
