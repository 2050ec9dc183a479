---
title: "Looped model"
---
system Looped_v3 {
    dynamics {
        state h: Tensor[B, T, D]
        transition:
            h[t+1] = block(h[t], x)
            gate   = σ(W·h + b)
        halting: "gate > threshold"
        stop_condition: steps >= 12 or converged
        properties: { contractive: true, bounded: "by the norm" }
        halting_logic {
            token_type: ["think", "answer"]
            thresholds {
                easy: 0.5
                medium: 0.7
                hard: 0.9
            }
            trigger: gate.mean
        }
    }
    thinking_mechanism Depth { reasoning_strategy Greedy { loops: range [1, 12] } }
    future_work { step "Longer contexts" { description: "8k → 32k" } step "Distil" { description: "…" } }
}
