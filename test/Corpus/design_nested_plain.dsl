system Design_Nested_Plain {
    // The same without the colon.
    design_space {
        recurrence { steps: [1, 2, 4] halting: "learned" }
        memory {
            kind: "kv"
            slots [16, 64]
        }
        empty_group { }
    }
}
