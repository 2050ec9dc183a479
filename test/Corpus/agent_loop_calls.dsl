system Agent_Loop_Calls {
    agent_loop Improve {
        step "Analyse" {
            tool.read { path: "kernel.py" }
            llm.query { prompt: "Find the bottleneck in {{source}}" output_var: "finding" role: "expert" }
        }
        step "Write" {
            tool.write { path: "out/{{name}}.py", content: "{{finding}}", mode: "append" }
            tool.run {
                cmd: "python out/{{name}}.py --tile {{tile_m}}"
            }
        }
        step "Sweep" { tool.engineering_loop { name: "Tiles" } }
        step "Keep" {
            tool.dsl_integrate { dsl: "attention_v2.dsl", insights: ["a", "b"] }
            emit TraceItem.Insight { category: "rule", content: "{{finding}}" }
            emit TraceItem.Performance
            emit "all done"
        }
    }
}
