system Halting_Logic {
    dynamics {
        halting_logic {
            token_type: ["easy", "hard"]
            thresholds {
                easy: 0.5
                hard: 0.9
                other: 0.7 mixed: 0.8
            }
            limits { easy 1 hard 4 }
            trigger: "entropy < threshold"
        }
    }
    thinking_mechanism { kind: "latent" steps: [1, 2, 4] }
    reasoning_strategy { name: "loop" }
}
