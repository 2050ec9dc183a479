system Service_Loop {
    service_loop Answer {
        on request(q: string, limit: int) {
            llm.query { prompt: "{{q}}" output_var: "a" }
            reply: a
        }
        on timeout { emit "late" }
        on "quoted event" { }
        retries: 3
    }
}
