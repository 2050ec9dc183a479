system Service_Demo extends "base.dsl" {
    import knowledge from "fmha.dsl"
    import traces from "old.dsl"
    service_loop Answer {
        on request(q: string, limit: int) {
            llm.query { prompt: "{{q}}" output_var: "a" }
            reply: a
        }
        on timeout { emit "late" }
    }
    sequence backward { delta; main; finish }
    list_of_maps: [ { a: 1, b: [1, 2] }, { a: 3 } ]
    flags: ["x",
            "y", // the last one
           ]
    note_without_value
    key_with_sign = 4
    "quoted key": 5
    nested: { deeper: { deepest { x: 1 } } }
}
