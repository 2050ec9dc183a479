// A first sketch: spaces and a little knowledge, no front matter.
system Attention_System_v1 {
    design_space {
        softmax_scheme: ["online", "naive"]
        causal: [true, false]
        fusion: "fused_qk_pv"
    }
    tuning_space {
        tile_m: [32, 64, 128]    // rows of queries
        tile_n: [32, 64, 128]    // default 64
        occupancy: [1, 2]
        k_load_latency: [2, 3]
    }
    knowledge {
        fact device_limits { description: "99 KiB a block" confidence: 0.9 source: "manual, table 21" }
        rule "Small tiles first" { when: "seq_len <= 512" recommend: "tile_m = 64" confidence: 0.7 }
    }
}
