// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A query sees `left` keys before its own and `right` after it, both chosen at
// launch. Only the tiles that the window touches are loaded.
system FMHA_Window extends "hopper.dsl" {
    design_space {
        sides: ["both", "left", "right"]
    }

    tuning_space {
        rows_grow: [false]
        raster: ["by_work", "longest_first"]   // which tiles come first: by how their work changes, or those away from the begin
        functions: ["exact", "rounded"]           // whether the rows' sums are divided by approximately

        constraint "a window that moves": raster == "by_work" or sides == "both"
    }

    knowledge {
        fact one_side_d128 {
            description: "bounded on one side: tiles are claimed, the long ones first; 0.95 to 1.00 of the dense kernel at 16384 rows"
            when: "device.arch == 'sm_90a' and sides != 'both' and D == 128"
            recommend: "overlap = 'intra'"
            recommend: "exp_ahead = 8"
            recommend: "order = 'persistent_dynamic'"
            confidence: 0.96
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact one_side {
            description: "bounded on one side: tiles are claimed, the long ones first; 0.99 of the dense kernel at 16384 rows"
            when: "device.arch == 'sm_90a' and sides != 'both'"
            recommend: "order = 'persistent_dynamic'"
            confidence: 0.95
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact moving_d128 {
            description: "a window of 1024 at 16384 rows, heads of 128: 0.856 of the dense kernel (tiles in order of the rows: 0.78); the last round has the short tiles"
            when: "device.arch == 'sm_90a' and sides == 'both' and D == 128"
            recommend: "raster = 'longest_first'"
            recommend: "order = 'persistent_snake'"
            recommend: "overlap = 'intra'"
            recommend: "exp_ahead = 8"
            recommend: "functions = 'rounded'"
            confidence: 0.95
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact moving_d64 {
            description: "a window of 1024 at 16384 rows, heads of 64: 0.853 of the dense kernel (tiles in order of the rows: 0.82)"
            when: "device.arch == 'sm_90a' and sides == 'both' and D == 64"
            recommend: "raster = 'longest_first'"
            recommend: "order = 'persistent_snake'"
            recommend: "exp_ahead = 24"
            recommend: "functions = 'rounded'"
            confidence: 0.95
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
    }

    kernel window {
        dims   B, Hq as num_heads, Hkv as num_head_kv, M, N
        static D: [128, 64]
        reference "reference.py:window"

        in  Q: dtype[B, Hq,  M, D]
        in  K: dtype[B, Hkv, N, D]
        in  V: dtype[B, Hkv, N, D]
        in  scale: f32 = 1 / sqrt(D)
        in  left: s32 = 1024
        in  right: s32 = 0
        out O: dtype[B, Hq, M, D]
        out LSE: f32[B, Hq, M]             when kernel_mode == "training"

        require Hq % Hkv == 0
        require scale > 0
        require left >= -1073741824        // sums with positions stay in 32 bits
        require left <= 1073741824
        require right >= -1073741824
        require right <= 1073741824

        grid (m in tiles(M, tile_m), h in Hq, b in B) {
            hk    = h / (Hq / Hkv)
            q     = load Q[b, h, m, :]
            state = online_softmax(rows: m, width: D)

            for n in tiles(N, tile_n) {
                k = load K[b, hk, n, :]
                v = load V[b, hk, n, :]
                s = dot(q, k, over: D) * scale
                i = m + (N - M)
                if sides != "right" { s = mask(s, n >= i - left) }
                if sides != "left" { s = mask(s, n <= i + right) }
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
            order = order   raster = raster
            functions = functions
            overlap_tiles = cross_tile
            group(h) = section
            trim = trim
            cluster(m) = cluster_m   cluster(h) = cluster_h
            epilogue_slots = min(o_slabs, D / 64)
        }
    }
}
