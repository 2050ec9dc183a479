---
title: "Attention – third system"
source: "notes of the group, 3rd edition"
extraction-date: 2026-01-31
tags: [FMHA, TMA, cu-tile, group_query]
status: "active"
---
system Attention_v3 {
    model {
        type KernelConfig matches {
            tile_m: int, tile_n: int
            scheme: ["online", "naive"]
            latency: 3
        }
        type Limits { registers: 65536, threads: 1024 }
        state current: "online_fused"
        state best: KernelConfig
        state loss: float = 0.0
    }
    trace_schema {
        variant TraceItem {
            case Performance { step_name: string, tflops: float, speedup: float }
            case Insight {
                category: "bottleneck" | "optimal" | "rule" | "negative"
                content: string
                confidence: float
            }
            case DesignCheck { invariant_name: string is_satisfied: bool }
        }
    }
    knowledge {
        invariant GQA_Safety {
            assert: "num_heads % num_head_kv == 0"
            verification: "static"
            source: "attention.py:L716"
        }
        fact is_l2_bound(t: TraceItem.Performance) { return t.speedup < 0.85 && t.tflops > 10 }
        rule "L2 → smaller tiles" {
            when: "is_l2_bound && device == 'NVIDIA GeForce RTX 5070'"
            apply: "tile_m = 64"
            recommend: "tile_n = 32 if causal else 64"
            recommend: "occupancy = 2"
            evidence: [135.03, 128.4]
            priority: 1
        }
        hint "AutoTuning" { trigger: "Architectural Unknowns" suggestion: "Sweep the latencies …" }
        heuristic first { apply: "largest tile that fits" }
    }
    agent_loop Tune {
        step "Analyse" {
            llm.query {
                role: "expert"
                prompt: """
                Read {{trace}} and say what binds the kernel.
                Answer { "bound": … } as JSON.
                """
                output_var: "analysis"
                input: file("trace.json")
            }
        }
        step "Write" { tool.write { path: "kernel.py", content: "{{analysis}}", mode: "w" } }
        step "Run" { tool.run { cmd: "python kernel.py" } emit TraceItem.Performance }
        step "Check" { if "speedup > 1.0" { emit TraceItem.Insight } emit "done" }
    }
    engineering_loop Sweep {
        parameter Tile_M: [32, 64, 128] // same as tile_m
        parameter K_Lat: [2, 3]
        measure { cmd: "bench --tile {{Tile_M}}" metric: "tflops" objective: "maximize" }
    }
    build {
        artifact "report.md" { generator: "markdown" input: trace.all type: "report" }
        artifact "kernel.py" { content: header + body + footer transforms: ["strip", "format"] }
        artifact "notes.txt"
    }
}
