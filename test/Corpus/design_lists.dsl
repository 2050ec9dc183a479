// Design axes as lists: texts, truth values, both kinds of quotes.
system Design_Lists {
    design_space {
        softmax_scheme: ["online", "naive", 'two_pass']
        causal: [true, false]
        lse_storage: ["flat_1d", "none"]   // "flat_1d": what the backward pass reads
        fusion_level: ["fused_qk_pv"],
        head_grouping: [ "mha" , "gqa" , "mqa" , ]
    }
}
