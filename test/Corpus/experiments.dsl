system Experiments {
    training { optimizer: "adamw" lr: 3e-4 steps: 10_000 schedule { warmup: 200 } }
    experiment {
        objective: "generalise to longer loops"
        train_task: "addition of 4 digits"
        test_task: "addition of 8 digits"
        metrics ["accuracy", "steps"]
        success_condition: accuracy > 0.9 and steps < 20
    }
    metrics { primary: "loss" secondary ["tflops", "memory"] }
    target_metrics { loss ≤ 3.28, time ≤ 24h }
    constraints { memory ≤ 12GB, precision: "bf16" }
}
