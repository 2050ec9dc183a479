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
        tail: ["whole", "split"]         // the tiles of the last round: a block each, or cut for all blocks
        cross_tile: [false, true]        // the first products of a tile beside the last of the one before
        section: [0, 1, 2, 4, 8, 16]     // heads whose blocks run together, longest rows first; 0 for all
        trim: [0, 64]                    // columns of blocks of scores that a mask may leave out of products; 0 for none
        cluster_m: [1, 2]                // blocks of query rows that fetch K and V together
        cluster_h: [1, 2, 4]             // blocks of grouped heads that do; divides the heads of a group

        constraint "blocks form clusters along one axis": cluster_m == 1 or cluster_h == 1
        constraint "each block claims its own tiles": order != "persistent_dynamic" or cluster_m * cluster_h == 1
        constraint "a cluster fetches whole slabs, or groups of 8 rows":
            tile_n % (8 * cluster_m * cluster_h) == 0 or D % (64 * cluster_m * cluster_h) == 0 or Dv % (64 * cluster_m * cluster_h) == 0
        constraint "a consumer owns 64 rows": tile_m % 64 == 0
        constraint "values have the width of keys, or 128 of 192": Dv == D or (D == 192 and Dv == 128)
        constraint "all slabs, or fewer than there are":
            o_slabs == 4 or o_slabs * (64 if Dv % 64 == 0 else 32) < Dv
        constraint "Q, K, V and O fit shared memory":
            2 * (q_slots * tile_m * D + stages * tile_n * D + (stages + v_more) * tile_n * Dv
                 + (tile_m * tile_n if weights == "shared" else 0)
                 + tile_m * min(Dv, o_slabs * (64 if Dv % 64 == 0 else 32))) + 1024 <= device.smem_per_block
        constraint "a block has a next tile": not cross_tile or (order != "one_per_cta" and overlap != "none" and overlap != "pingpong")
        constraint "cut tiles have one length": tail == "whole" or (order == "persistent_static" and not causal and cluster_m * cluster_h == 1)
        constraint "joining fits beside three groups' tiles": tail == "whole" or tile_m <= 128
        constraint "long and short rows": order != "persistent_paired" or (causal and section == 0)
        constraint "sections are for causal rows": section == 0 or causal
        constraint "masks trim whole products": trim == 0 or (causal and tile_n == 128 and split == 0 and hand_off == 0)
        constraint "products with Q in registers are whole": trim == 0 or q_in == "shared"
        constraint "groups take turns": tile_m >= 128 or overlap == "intra" or overlap == "none"
        constraint "late products are split": (split == 0 and rescale == "first") or overlap == "intra" or overlap == "both"
        constraint "one place to scale": exp_ahead == 0 or (rescale == "first" and split == 0 and (overlap == "intra" or overlap == "both"))
        constraint "turns are handed on": hand_off == 0 or overlap == "both"
        constraint "a split leaves two pieces": 16 * split < tile_n and 16 * hand_off < tile_n
        constraint "scores and output fit the registers":
            tile_n / 2 + tile_n / 4 + Dv / 2 + (D / 4 + 8 if q_in == "registers" else 0)
                + (38 if weights == "shared" else 30) + (0 if cluster_m * cluster_h == 1 else 8)
                <= (240 if tile_m <= 128 else 160)
    }

    knowledge {
        invariant GQA_Safety { assert: "Hq % Hkv == 0"  source: "every query head has one key head" }
        fact hopper_few_rows {
            description: "too few rows for all multiprocessors: 64 of them a block, 0.62 of the time of torch's flash backend at 8 heads of 512 rows, f16"
            when: "device.arch == 'sm_90a' and D <= 128 and B * Hq * M <= 64 * device.sms"
            recommend: "tile_m = 64"
            recommend: "tile_n = 64"
            recommend: "stages = 2"
            recommend: "q_slots = 1"
            recommend: "order = 'one_per_cta'"
            recommend: "cross_tile = false"
            recommend: "overlap = 'intra'"
            recommend: "exp_ahead = 0"
            recommend: "q_in = 'shared'"
            recommend: "v_more = 0"
            confidence: 0.97
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d128_long_training {
            description: "the same with the logarithms of the sums, which leave no registers for the next tile"
            when: "device.arch == 'sm_90a' and D == 128 and not causal and M >= 4096 and kernel_mode == 'training'"
            recommend: "q_slots = 1"
            recommend: "cross_tile = false"
            recommend: "overlap = 'intra'"
            recommend: "exp_ahead = 8"
            recommend: "tail = 'split'"
            confidence: 0.97
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d128_long {
            description: "heads of 128, all keys, from 4096 rows on: 1.09 to 1.11 of cuDNN; the tiles of the last round are cut for all multiprocessors"
            when: "device.arch == 'sm_90a' and D == 128 and not causal and M >= 4096"
            recommend: "overlap = 'intra'"
            recommend: "exp_ahead = 8"
            recommend: "tail = 'split'"
            recommend: "o_slabs = 1"
            confidence: 0.95
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d128_short_causal {
            description: "heads of 128, causal, below 1024 rows: 1.14 of cuDNN"
            when: "device.arch == 'sm_90a' and D == 128 and causal and M < 1024"
            recommend: "overlap = 'both'"
            recommend: "exp_ahead = 16"
            confidence: 0.95
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d128_mid_causal {
            description: "heads of 128, causal, 1024 to 4095 rows: 1.16 to 1.20 of cuDNN; tiles are claimed, 16 heads at a time; blocks of the diagonal that no row sees are left out"
            when: "device.arch == 'sm_90a' and D == 128 and causal and M >= 1024 and M < 4096"
            recommend: "order = 'persistent_dynamic'"
            recommend: "section = 16"
            recommend: "overlap = 'both'"
            recommend: "exp_ahead = 16"
            recommend: "trim = 64"
            confidence: 0.95
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d128_4k_causal {
            description: "heads of 128, causal, 4096 to 8191 rows: 1.20 of cuDNN"
            when: "device.arch == 'sm_90a' and D == 128 and causal and M >= 4096 and M < 8192"
            recommend: "order = 'persistent_dynamic'"
            recommend: "section = 16"
            recommend: "trim = 64"
            confidence: 0.95
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d128_long_causal {
            description: "heads of 128, causal, from 8192 rows on: 1.19 of cuDNN; keys and values of 4 heads stay in the L2 cache"
            when: "device.arch == 'sm_90a' and D == 128 and causal and M >= 8192"
            recommend: "order = 'persistent_dynamic'"
            recommend: "section = 4"
            recommend: "trim = 64"
            confidence: 0.95
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d128_short {
            description: "heads of 128, all keys, below 1024 rows: 1.08 of cuDNN with Q in registers, whose slot takes the next tile at once"
            when: "device.arch == 'sm_90a' and D == 128 and not causal and M < 1024"
            recommend: "q_in = 'registers'"
            recommend: "q_slots = 1"
            recommend: "v_more = 1"
            confidence: 0.95
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d128_causal {
            description: "heads of 128, causal: 1.17 to 1.19 of cuDNN from 1024 rows on; pairs of a long and a short tile are equal work"
            when: "device.arch == 'sm_90a' and D == 128 and causal"
            recommend: "order = 'persistent_paired'"
            recommend: "cross_tile = true"
            recommend: "overlap = 'intra'"
            recommend: "exp_ahead = 8"
            confidence: 0.9
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d128 {
            description: "heads of 128: 1.07 of cuDNN at all lengths, the end of a tile beside the beginning of the next"
            when: "device.arch == 'sm_90a' and D == 128"
            recommend: "tile_m = 128"
            recommend: "tile_n = 128"
            recommend: "stages = 2"
            recommend: "q_slots = 2"
            recommend: "order = 'persistent_static'"
            recommend: "cross_tile = true"
            recommend: "overlap = 'both'"
            recommend: "exp_ahead = 16"
            confidence: 0.8
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d64_short_causal {
            description: "heads of 64, causal, below 2048 rows: 1.04 of cuDNN; 192 rows are too coarse there"
            when: "device.arch == 'sm_90a' and D == 64 and causal and M < 2048"
            recommend: "tile_m = 128"
            recommend: "order = 'persistent_paired'"
            recommend: "overlap = 'intra'"
            recommend: "exp_ahead = 8"
            confidence: 0.95
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d64_long_causal {
            description: "heads of 64, causal, from 2048 rows on: 1.13 to 1.24 of cuDNN; tiles are claimed, 16 heads at a time"
            when: "device.arch == 'sm_90a' and D == 64 and causal and M >= 2048"
            recommend: "order = 'persistent_dynamic'"
            recommend: "section = 16"
            confidence: 0.95
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d64_causal {
            description: "heads of 64, causal: 1.09 to 1.23 of cuDNN from 2048 rows on"
            when: "device.arch == 'sm_90a' and D == 64 and causal"
            recommend: "order = 'persistent_snake'"
            recommend: "exp_ahead = 24"
            confidence: 0.9
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d64 {
            description: "heads of 64: 1.07 to 1.21 of cuDNN; three groups take turns at the tensor core"
            when: "device.arch == 'sm_90a' and D == 64"
            recommend: "tile_m = 192"
            recommend: "tile_n = 128"
            recommend: "stages = 3"
            recommend: "q_slots = 2"
            recommend: "order = 'persistent_static'"
            recommend: "cross_tile = true"
            recommend: "overlap = 'both'"
            recommend: "exp_ahead = 8"
            confidence: 0.8
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d256_causal {
            description: "heads of 256, causal: 1.11 to 1.18 of cuDNN"
            when: "device.arch == 'sm_90a' and D == 256 and causal"
            recommend: "order = 'persistent_paired'"
            recommend: "overlap = 'both'"
            confidence: 0.9
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d256 {
            description: "heads of 256: 1.10 of cuDNN with 64 keys a step, stores through two slabs"
            when: "device.arch == 'sm_90a' and D == 256"
            recommend: "tile_m = 128"
            recommend: "tile_n = 64"
            recommend: "stages = 2"
            recommend: "q_slots = 1"
            recommend: "o_slabs = 2"
            recommend: "order = 'persistent_static'"
            recommend: "overlap = 'intra'"
            confidence: 0.8
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d192_causal {
            description: "keys of 192 and values of 128, causal: 1.15 to 1.33 of cuDNN; tiles are claimed, 8 heads at a time"
            when: "device.arch == 'sm_90a' and D == 192 and causal"
            recommend: "order = 'persistent_dynamic'"
            recommend: "section = 8"
            recommend: "trim = 64"
            confidence: 0.9
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d192 {
            description: "keys of 192 and values of 128: 1.18 to 1.20 of cuDNN with one slab of the store buffer, which leaves room for 128 keys a step"
            when: "device.arch == 'sm_90a' and D == 192"
            recommend: "tile_m = 128"
            recommend: "tile_n = 128"
            recommend: "stages = 2"
            recommend: "q_slots = 1"
            recommend: "o_slabs = 1"
            recommend: "order = 'persistent_static'"
            recommend: "overlap = 'intra'"
            recommend: "exp_ahead = 8"
            confidence: 0.8
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d96_causal {
            description: "heads of 96, causal: 1.26 to 1.31 of cuDNN; tiles are claimed, 16 heads at a time"
            when: "device.arch == 'sm_90a' and D == 96 and causal"
            recommend: "order = 'persistent_dynamic'"
            recommend: "section = 16"
            recommend: "trim = 64"
            confidence: 0.9
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_d96 {
            description: "heads of 96: 1.17 to 1.19 of cuDNN; three stages fit beside two tiles of queries"
            when: "device.arch == 'sm_90a' and D == 96"
            recommend: "tile_m = 128"
            recommend: "tile_n = 128"
            recommend: "stages = 3"
            recommend: "q_slots = 2"
            recommend: "order = 'persistent_static'"
            recommend: "cross_tile = true"
            recommend: "overlap = 'intra'"
            recommend: "exp_ahead = 8"
            confidence: 0.8
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
    }

    kernel forward {
        dims   B, Hq as num_heads, Hkv as num_head_kv, M, N
        static D: [128, 64, 96, 192, 256]  // width of a query and a key
        static Dv: [128, 64, 96, 192, 256] // and of a value
        reference "reference.py:forward"

        in  Q: dtype[B, Hq,  M, D]
        in  K: dtype[B, Hkv, N, D]
        in  V: dtype[B, Hkv, N, Dv]
        in  scale: f32 = 1 / sqrt(D)
        out O: dtype[B, Hq, M, Dv]
        out LSE: f32[B, Hq, M]             when kernel_mode == "training"

        require Hq % Hkv == 0              // launch checks, and facts for the optimiser
        require scale > 0

        grid (m in tiles(M, tile_m), h in Hq, b in B) {
            hk    = h / (Hq / Hkv)
            q     = load Q[b, h, m, :]
            state = online_softmax(rows: m, width: Dv)

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
            tail = tail
            overlap_tiles = cross_tile
            group(h) = section
            trim = trim
            cluster(m) = cluster_m   cluster(h) = cluster_h
            epilogue_slots = min(o_slabs, Dv / 64 if Dv % 64 == 0 else Dv / 32)
        }
    }
}
