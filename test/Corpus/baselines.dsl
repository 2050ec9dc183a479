system Baselines {
    baseline {
        implementation: "torch 2.9"
        device: "one card"
        metrics { tflops: 99.1, time_ms: 1.5 }
        model: "small"
        architecture: "decoder"
        target_metrics { loss: 3.28 tokens_per_s: 100000 }
        objective: "match the loss in half the time"
        constraints { memory: ≤ 12GB, time: ≤ 24h }
    }
    baseline Second {
        constraints {
            memory ≤ 12GB
            time <= 24h
            power ≈ 300W
            error >= 1e-3
        }
    }
}
