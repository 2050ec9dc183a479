// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What the variants share: how attention may be tiled and scheduled on Hopper,
// and which of it was fast for the plain kernel. A variant builds on this file
// and says what a query sees; `rows_grow` tells the facts which rows are long.
system FMHA_Hopper {
    design_space {
        dtype: ["bf16", "f16"]
        kernel_mode: ["inference", "training"]
    }

    tuning_space {
        tile_m: [128, 192, 64]           // query rows of a block
        tile_n: [128, 176, 160, 144, 112, 96, 80, 64]   // keys of a step
        stages: [2, 3, 4]                // tiles of K, and of V, in flight
        v_more: [0, 1]                   // and that many more of V
        o_slabs: [4, 2, 1, 3, 0]         // slabs of 64 columns in the store buffer: all, some; 0 stores directly
        q_slots: [1, 2]                  // tiles of Q in flight
        q_in: ["shared", "registers"]    // where Q lies as an operand; in registers its slot is free at once
        overlap: ["intra", "both", "pingpong", "none"]   // products under the softmax: of this group, of the other
        split: [0, 6, 2, 3, 4, 5, 7, 8, 9]   // steps of P V issued before the scores are awaited, 0 for all
        hand_off: [0, 2, 4, 6]           // after how many of them the other group may issue, 0 for those
        weights: ["registers", "shared"] // where the exponentials lie as an operand
        bound: [0, 8]                    // powers of two that a maximum may lag
        poly: [0, 1, 2, 3]               // exponentials of every 8 that are a polynomial
        rescale: ["first", "pinned", "between_rows"]   // the output: before the exponentials or among them
        exp_ahead: [0, 8, 16, 24]        // exponentials of a thread before it waits for the product of the step before
        order: ["persistent_static", "one_per_cta", "persistent_snake", "persistent_paired", "persistent_dynamic"]
        cross_tile: [false, true]        // the first products of a tile beside the last of the one before
        section: [0, 1, 2, 4, 8, 16]     // heads whose blocks run together, longest rows first; 0 for all
        trim: [0, 64]                    // columns of blocks of scores that a mask may leave out of products; 0 for none
        cluster_m: [1, 2]                // blocks of query rows that fetch K and V together
        cluster_h: [1, 2, 4]             // blocks of grouped heads that do; divides the heads of a group
        rows_grow: [true, false]         // whether a row sees more keys than the one before

        constraint "blocks form clusters along one axis": cluster_m == 1 or cluster_h == 1
        constraint "each block claims its own tiles": order != "persistent_dynamic" or cluster_m * cluster_h == 1
        constraint "a cluster fetches whole slabs, or groups of 8 rows":
            tile_n % (8 * cluster_m * cluster_h) == 0 or D % (64 * cluster_m * cluster_h) == 0
        constraint "a consumer owns 64 rows": tile_m % 64 == 0
        constraint "all slabs, or fewer than there are": o_slabs == 4 or o_slabs * 64 < D
        constraint "Q, K, V and O fit shared memory":
            2 * (q_slots * tile_m * D + (2 * stages + v_more) * tile_n * D
                 + (tile_m * tile_n if weights == "shared" else 0)
                 + tile_m * min(D, o_slabs * 64)) + 1024 <= device.smem_per_block
        constraint "a block has a next tile": not cross_tile or (order != "one_per_cta" and overlap != "none" and overlap != "pingpong")
        constraint "long and short rows": order != "persistent_paired" or (rows_grow and section == 0)
        constraint "sections are for rows that grow": section == 0 or rows_grow
        constraint "masks trim whole products": trim == 0 or (tile_n % trim == 0 and tile_n > trim and split == 0 and hand_off == 0)
        constraint "products with Q in registers are whole": trim == 0 or q_in == "shared"
        constraint "groups take turns": tile_m >= 128 or overlap == "intra" or overlap == "none"
        constraint "late products are split": (split == 0 and rescale == "first") or overlap == "intra" or overlap == "both"
        constraint "one place to scale": exp_ahead == 0 or (rescale == "first" and split == 0 and (overlap == "intra" or overlap == "both"))
        constraint "turns are handed on": hand_off == 0 or overlap == "both"
        constraint "a split leaves two pieces": 16 * split < tile_n and 16 * hand_off < tile_n
        constraint "scores and output fit the registers":
            tile_n / 2 + tile_n / 4 + D / 2 + (D / 4 + 8 if q_in == "registers" else 0)
                + (38 if weights == "shared" else 30) + (0 if cluster_m * cluster_h == 1 else 8)
                <= (240 if tile_m <= 128 else 160)
    }

    knowledge {
        invariant GQA_Safety { assert: "Hq % Hkv == 0"  source: "every query head has one key head" }
        fact few_rows {
            description: "too few rows for all multiprocessors: 64 of them a block, as for plain attention"
            when: "device.arch == 'sm_90a' and B * Hq * M <= 64 * device.sms"
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
            description: "as for plain causal attention below 1024 rows, heads of 128"
            when: "device.arch == 'sm_90a' and D == 128 and rows_grow and M < 1024"
            recommend: "overlap = 'both'"
            recommend: "exp_ahead = 16"
            confidence: 0.95
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
        fact d128_growing_mid {
            description: "as for plain causal attention from 1024 to 4095 rows, heads of 128: tiles are claimed, 16 heads at a time"
            when: "device.arch == 'sm_90a' and D == 128 and rows_grow and M >= 1024 and M < 4096"
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
            description: "as for plain causal attention from 4096 to 8191 rows, heads of 128"
            when: "device.arch == 'sm_90a' and D == 128 and rows_grow and M >= 4096 and M < 8192"
            recommend: "order = 'persistent_dynamic'"
            recommend: "section = 16"
            confidence: 0.95
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
        fact d128_growing_long {
            description: "as for plain causal attention from 8192 rows on, heads of 128: keys and values of 4 heads stay in the L2 cache"
            when: "device.arch == 'sm_90a' and D == 128 and rows_grow and M >= 8192"
            recommend: "order = 'persistent_dynamic'"
            recommend: "section = 4"
            confidence: 0.95
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
        fact d128_growing {
            description: "as for plain causal attention, heads of 128: pairs of a long and a short tile are equal work"
            when: "device.arch == 'sm_90a' and D == 128 and rows_grow"
            recommend: "order = 'persistent_paired'"
            recommend: "overlap = 'intra'"
            recommend: "exp_ahead = 8"
            confidence: 0.9
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
        fact d128 {
            description: "as for plain attention, heads of 128: the end of a tile beside the beginning of the next"
            when: "device.arch == 'sm_90a' and D == 128"
            recommend: "tile_m = 128"
            recommend: "tile_n = 128"
            recommend: "stages = 2"
            recommend: "q_slots = 2"
            recommend: "cross_tile = true"
            recommend: "order = 'persistent_static'"
            recommend: "overlap = 'both'"
            recommend: "exp_ahead = 16"
            confidence: 0.8
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
        fact d64_growing_short {
            description: "as for plain causal attention below 2048 rows, heads of 64: 192 rows are too coarse there"
            when: "device.arch == 'sm_90a' and D == 64 and rows_grow and M < 2048"
            recommend: "tile_m = 128"
            recommend: "order = 'persistent_paired'"
            recommend: "overlap = 'intra'"
            recommend: "exp_ahead = 8"
            confidence: 0.95
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
        fact d64_growing_long {
            description: "as for plain causal attention from 2048 rows on, heads of 64: tiles are claimed, 16 heads at a time"
            when: "device.arch == 'sm_90a' and D == 64 and rows_grow and M >= 2048"
            recommend: "order = 'persistent_dynamic'"
            recommend: "section = 16"
            confidence: 0.95
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
        fact d64_growing {
            description: "as for plain causal attention, heads of 64"
            when: "device.arch == 'sm_90a' and D == 64 and rows_grow"
            recommend: "order = 'persistent_snake'"
            recommend: "exp_ahead = 24"
            confidence: 0.9
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
        fact d64 {
            description: "as for plain attention, heads of 64: three groups take turns at the tensor core"
            when: "device.arch == 'sm_90a' and D == 64"
            recommend: "tile_m = 192"
            recommend: "tile_n = 128"
            recommend: "stages = 3"
            recommend: "q_slots = 2"
            recommend: "cross_tile = true"
            recommend: "overlap = 'both'"
            recommend: "order = 'persistent_static'"
            recommend: "exp_ahead = 8"
            confidence: 0.8
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "examples/fmha/fmha.dsl"
        }
    }
}
