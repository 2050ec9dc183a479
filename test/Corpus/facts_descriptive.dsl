system Facts_Descriptive {
    knowledge {
        fact best_on_card {
            description: "Best point of the sweep of 32"
            causal_tflops: 135.03
            torch_baseline_tflops: 99.1
            speedup_vs_torch: 1.36
            correctness: true
            confidence: 1.0
            source: "trace.json"
            inherited_from: "attention_v2.dsl"
        }
        fact slow_start {
            symptom: "first step 40% slower"
            root_cause: "cold cache", solution: "warm up"
            evidence: [ "run 1", "run 2" ]
            status: open
            potential_gain: 1.2x
            observed: 2026-03-01
            criticality: high
        }
        fact "quoted name" { stability: "stable" fix: "none" }
        fact bare_name { }
    }
}
