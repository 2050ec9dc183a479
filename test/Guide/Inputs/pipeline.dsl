---
title: "Row scores"
---
// SPDX-License-Identifier: Apache-2.0
system pipeline {
    design_space { dtype: ["bf16", "f16"]  causal: [false, true] }
    tuning_space {
        tile_m: [64, 128]
        tile_n: [128, 64]
        stages: [2, 3]
        constraint "a consumer owns 64 rows": tile_m % 64 == 0
        constraint "small tiles go deep": stages == 3 or tile_n == 128
    }
    model { type Config matches { tile_m: int } }
    knowledge {
        invariant Groups { assert: "Hq % Hkv == 0"  source: "one key head each" }
        invariant Grace { assert: "rows are handled with grace" }
        fact measured {
            description: "the best of 4 points"
            when: "device.arch == 'sm_90a'"
            recommend: "tile_m = 128"
            point: "dtype=bf16,causal=false,tile_m=128,tile_n=128,stages=2,D=64"
            shape: "B=1,Hq=16,Hkv=16,M=4096,N=4096"
            figure: "ratio_to_peer"
            ratio_to_peer: 1.05
            kernel: "scores"
            device: "NVIDIA H200"
            confidence: 0.9
            source: "run.jsonl:L1"
            date: "2026-11-20"
        }
        fact old { point: "tile_m=64" figure: "time_ms" time_ms: 3 status: "stale since 2026-11-20: it is 4" }
        hint "Depth" { trigger: "short rows" suggestion: "try three stages" }
    }
    engineering_loop Sweep {
        parameter Tile_M: [64, 128]
        measure { cmd: "spak-bench --tile {{Tile_M}}" metric: "tflops" objective: "maximize" }
    }
    build {
        artifact "guide.md" { generator: "engineering guide"  features: ["gates", "roofline"] }
        artifact "report.md" { generator: "report"  input: trace.all  metric: "tflops" }
        artifact "facts.dsl" { type: "knowledge" }
        artifact "notes.md" { content: model + Sweep + Elsewhere + trace.best  transforms: [compact] }
        artifact "scores.cu" { generator: "spakc" }
        artifact "slides.pdf" { generator: "pandoc --to beamer" }
        artifact "model.json"
        artifact "thing.xyz"
        artifact "learned.dsl" { content: tuning_space + knowledge.facts + knowledge.hints }
    }
    kernel scores {
        dims B, Hq, Hkv, M, N
        static D: 64
        in  Q: dtype[B, Hq, M, D]
        in  K: dtype[B, Hkv, N, D]
        in  V: dtype[B, Hkv, N, D]
        in  scale: f32 = 1 / sqrt(D)
        out O: dtype[B, Hq, M, D]
        require scale > 0
        grid (m in tiles(M, tile_m), h in Hq, b in B) {
            q = load Q[b, h, m, :]
            state = online_softmax(rows: m, width: D)
            for n in tiles(N, tile_n) {
                k = load K[b, h / (Hq / Hkv), n, :]
                v = load V[b, h / (Hq / Hkv), n, :]
                s = dot(q, k, over: D) * scale
                if causal { s = mask(s, n <= m + (N - M)) }
                state.update(s, v)
            }
            store O[b, h, m, :] = state.output
        }
        schedule { slots(K) = stages  slots(V) = stages  consumers = tile_m / 64 }
    }
}
