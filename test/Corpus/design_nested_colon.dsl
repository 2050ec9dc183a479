system Design_Nested_Colon {
    // Axes in groups, with a colon before the brace.
    design_space {
        attention: {
            kind: ["full", "window"]
            window: [128, 512]
            position: { scheme: ["rope", "alibi"], base: 10000 }
        }
        mlp: { activation: ["gelu", "swiglu"], expansion: [4, 8] }
    }
}
