---
title: "A whole system"
tags: [attention, tuning]
status: "active"
---
// Everything at once, as in a file that has grown.
system Deep_Document_v4 extends "deep_document_v3.dsl" {
    design_space { scheme: ["online"] causal: [true, false] }   // what

    tuning_space { tile_m: [64, 128]  stages: range[1, 4] }     // how


    model {
        type Config matches { tile_m: int, stages: int }
        state current: "fused"
    }

    knowledge {
        // facts first
        fact best { description: "…" causal_tflops: 135.03, confidence: 1.0 }

        invariant Safe { assert: "tile_m % 16 == 0" }
        rule "Wide" { when: "M > 1024" recommend: "tile_m = 128" }
    }
    trace_schema { variant TraceItem { case Performance { tflops: float } } }
    agent_loop Tune {
        step "Run" { tool.run { cmd: "bench" } emit TraceItem.Performance }
    }

    engineering_loop Sweep {
        parameter Tile_M: [64, 128]
        measure { cmd: "bench {{Tile_M}}" metric: "tflops" objective: "maximize" }
    }
    build { artifact "report.md" { generator: "report" input: trace.all } }
    unknown_section "of a kind nobody defined" {
        text that is kept → word for word
            with its own   spacing
    }
}
