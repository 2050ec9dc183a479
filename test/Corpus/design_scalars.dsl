# Design axes with one value and no brackets.
system Design_Scalars {
    design_space {
        use_bias: true
        weight_tying: false
        norm: "rms"            // "layer" was tried, see rule "Norm"
        layers: 12
        dropout: 0.1
        label_free
        placeholder:
    }
}
