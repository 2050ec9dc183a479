system Rules_Keys {
    knowledge {
        rule "Tile size" {
            when: "device == 'Some Card' && is_l2_bound"
            recommend: "tile_m = 64"
            recommend: "tile_n = 128 if causal else 64"
            apply: "stages = 2"
            apply: "occupancy = 1"
            confidence: 0.99
            priority: 1
        }
        rule "Short → small tiles" {
            when: "M % 64 != 0", then: "pad or mask"
            action: "retune" logic: "fewer idle rows" mechanism: "masking"
            evidence: "sweep of March" source: "log:L12" reason: 'because'
        }
        rule unquoted_name { when: "true" }
        rule "No body keys" { }
    }
}
