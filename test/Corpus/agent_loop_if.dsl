system Agent_Loop_If {
    agent_loop Guarded {
        step "Check" {
            tool.run { cmd: "check" }
            if "passed == true" {
                emit "ok"
                if "speedup > 1.1" { tool.dsl_integrate { dsl: "self" } }
            }
            if "passed == false" { llm.query { input: file("log.txt") prompt_template: "fix.md" } }
        }
        step "One line" { emit TraceItem.Correctness }
        step Bare { }
    }
    agent_loop { step "Loop without a name" { tool.run { cmd: "x" } } }
}
