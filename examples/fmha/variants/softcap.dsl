// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Scores are bent to lie between -cap and cap.
system FMHA_Softcap extends "hopper.dsl" {
    design_space {
        cap_by: ["tanh", "tanh_approx"]   // right to 1e-6, or one instruction, right to 2^-11
    }

    tuning_space {
        rows_grow: [true]
        maxima: ["bounded", "running"]    // bounded scores without a maximum, or with the running one of all rows
    }

    knowledge {
        fact d128_exact {
            description: "heads of 128, without logarithms: the special functions limit, so two exponentials of eight are polynomials; 0.66 of the dense kernel"
            when: "device.arch == 'sm_90a' and D == 128 and cap_by == 'tanh' and kernel_mode == 'inference'"
            recommend: "overlap = 'both'"
            recommend: "poly = 2"
            confidence: 0.96
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact d128_approx {
            description: "heads of 128, without logarithms: 0.77 of the dense kernel"
            when: "device.arch == 'sm_90a' and D == 128 and cap_by == 'tanh_approx' and kernel_mode == 'inference'"
            recommend: "overlap = 'intra'"
            recommend: "poly = 3"
            confidence: 0.96
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact d128_training {
            description: "heads of 128 with logarithms, which need the maxima"
            when: "device.arch == 'sm_90a' and D == 128 and kernel_mode == 'training'"
            recommend: "overlap = 'both'"
            recommend: "exp_ahead = 16"
            confidence: 0.96
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact d64_inference {
            description: "heads of 64, without logarithms: 0.56 and 0.66 of the dense kernel"
            when: "device.arch == 'sm_90a' and D == 64 and kernel_mode == 'inference' and M >= 2048"
            recommend: "exp_ahead = 8"
            recommend: "poly = 2"
            confidence: 0.96
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact d64_training {
            description: "heads of 64 with logarithms: exponentials ahead of the product take registers that tanh needs"
            when: "device.arch == 'sm_90a' and D == 64 and kernel_mode == 'training' and M >= 2048"
            recommend: "exp_ahead = 8"
            confidence: 0.96
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
    }

    kernel softcap {
        dims   B, Hq as num_heads, Hkv as num_head_kv, M, N
        static D: [128, 64]
        reference "reference.py:softcap"

        in  Q: dtype[B, Hq,  M, D]
        in  K: dtype[B, Hkv, N, D]
        in  V: dtype[B, Hkv, N, D]
        in  scale: f32 = 1 / sqrt(D)
        in  cap: f32 = 30
        out O: dtype[B, Hq, M, D]
        out LSE: f32[B, Hq, M]             when kernel_mode == "training"

        require Hq % Hkv == 0
        require scale > 0
        require cap > 0
        require cap <= 50                  // so near 0 that bf16 scores need no maximum subtracted

        grid (m in tiles(M, tile_m), h in Hq, b in B) {
            hk    = h / (Hq / Hkv)
            q     = load Q[b, h, m, :]
            state = online_softmax(rows: m, width: D)

            for n in tiles(N, tile_n) {
                k = load K[b, hk, n, :]
                v = load V[b, hk, n, :]
                s = dot(q, k, over: D) * scale
                if cap_by == "tanh" { s = cap * tanh(s / cap) } else { s = cap * tanh_approx(s / cap) }
                s = mask(s, n <= m + (N - M))
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
            maxima = maxima
            cluster(m) = cluster_m   cluster(h) = cluster_h
            epilogue_slots = min(o_slabs, D / 64)
        }
    }
}
