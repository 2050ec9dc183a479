---
title: "A very small model"
tags: [GPT, training]
status: "active"
---
system MicroModel_v1 {
    objective Learn_Names {
        target: "loss below 2.1"
        mechanism: scaled_dot_product
        hardware: "any"
    }
    infrastructure Local { device: cuda smoke_test: { steps: 10, batch: 4 } }
    design_space {
        attention: { heads: [2, 4] kind: ["full", "window"] }
        norm { kind: "rms" epsilon: 1e-5 }
        mask_value: -1e20
    }
    tuning_space { lr: [1e-3, 3e-4] dropout: [0.0, 0.1] warmup: 80 rate: 0.05 }
    training { optimiser: "adam" betas: [0.9, 0.95] clip: 1.0 }
    experiment { objective: "names" train_task: "32k names" metrics ["loss", "accuracy"] success_condition: loss < 2.1 }
    baseline {
        implementation: "eager"
        metrics { avg_step_time: 12.5, stability: "good" }
        target_metrics { step: 8 }
        constraints { memory ≤ 12GB, train_time ≤ 24h }
    }
}
