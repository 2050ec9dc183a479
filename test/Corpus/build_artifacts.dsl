system Build_Artifacts {
    build {
        artifact "report.md" { generator: "report", input: trace.all, type: "markdown" }
        artifact "knowledge.dsl" {
            content: knowledge.facts + knowledge.rules + trace.best
            base: "attention_v3.dsl"
            transforms: ["dedupe", "sort"]
            mode: "append"
            stability: "experimental"
        }
        artifact "model.py" { features: ["rope", "swiglu"] metric: "loss" }
        artifact "plain.txt"
        artifact "second.txt"
    }
}
