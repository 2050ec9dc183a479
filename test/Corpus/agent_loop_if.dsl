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
        step "Branches" {
            if "passed" { emit TraceItem.Performance(step_name: "x", tflops: 1.5) }
            else if "slow" { emit "slow" }
            else { emit note("no parameters") }
        }
        step "One line" { emit TraceItem.Correctness }
        step Bare { }
    }
    agent_loop { step "Loop without a name" { tool.run { cmd: "x" } } }
}
