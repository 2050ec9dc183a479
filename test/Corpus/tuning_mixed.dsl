system Tuning_Mixed {
    tuning_space Fast {
        precision: ["bf16", "fp16"]
        use_tma: true
        policy: "persistent"
        schedule: { warmup: [100, 200], decay: { kind: "cosine", floor: 0.1 } }
        split { kv: [1, 2, 4]   heads: 1 }
    }
    tuning_space Slow { precision: ["fp32"]; retries: 3 }
}
