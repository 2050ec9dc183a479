---
title: "FMHA v4: design and tuning space"
extraction-date: 2026-11-21
tags: [FMHA, TMA, space]
status: "active"
---
// A space to count, number and sample: no kernel is compiled from it.
// examples/fmha holds the kernel, with the axes that act on it.
system FMHA_v4 {
    design_space {                                     // what is computed
        softmax_scheme: ["online", "naive"]
        fusion_level: ["fused_qk_pv", "unfused"]
        math_approximation: ["exp2", "exp"]
        lse_storage: ["none", "flat_1d"]
        kernel_mode: ["inference", "training"]
        causal: [true, false]
        dtype: ["bf16", "e4m3"]
        head_dim: [64, 128, 256]
    }

    tuning_space {                                     // how
        tile_m: [64, 128, 192, 256]                    // query rows of a block
        tile_n: [64, 96, 128, 176]                     // keys of a step
        stages: range[2, 5]                            // tiles of K, and of V, in flight
        k_load_latency: [1, 2, 3]                      // default 2
        v_load_latency: [1, 2, 3, 4]                   // default 4
        occupancy: [1, 2]                              // resident blocks
        overlap: ["intra", "pingpong", "none"]

        constraint "training keeps the sums": (kernel_mode == "training") == (lse_storage == "flat_1d")
        constraint "only online softmax fuses": softmax_scheme == "online" or fusion_level == "unfused"
        constraint "fp8 is for inference": dtype != "e4m3" or kernel_mode == "inference" and math_approximation == "exp2"
        constraint "copies are ahead by less than the stages":
            max(k_load_latency, v_load_latency) < stages
        constraint "threads": occupancy * (tile_m / 64 + 1) * 128 <= device.max_threads_per_sm
        constraint "two groups take turns":
            overlap != "pingpong" or tile_m == 128 and fusion_level == "fused_qk_pv"
        constraint "K and V fit shared memory":
            (1 if dtype == "e4m3" else 2) * head_dim * (tile_m + 2 * stages * tile_n) + 1024 <= device.smem_per_block
        constraint "resident blocks fit shared memory":
            occupancy * ((1 if dtype == "e4m3" else 2) * head_dim * (tile_m + 2 * stages * tile_n) + 2048) <= device.smem_per_sm
        constraint "scores and output fit the registers":
            tile_n / 2 + tile_n / 4 + head_dim / 2 + 30 <= device.registers_per_sm / (occupancy * (tile_m / 64 + 1) * 128)
                and tile_n / 2 + head_dim / 2 + 30 <= device.registers_per_thread
    }

    knowledge {
        invariant Row_Max { assert: "the running maximum is subtracted before exp"  source: "online softmax" }
        fact latency_defaults {
            description: "K two tiles ahead, V four: the first point that was measured"
            confidence: 0.5
            source: "trace of the earlier system"
        }
        hint "Sweep" { trigger: "unknown device"  suggestion: "count first, then sample: the valid points are few" }
    }
}
