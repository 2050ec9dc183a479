system Hints_Heuristics {
    knowledge {
        hint "AutoTuning" {
            trigger: "Architectural Unknowns"
            suggestion: "Sweep every tile before fixing one"
        }
        heuristic "Longest first" {
            apply: "raster = 'longest_first'"
            when: "causal"
        }
        hint short { suggestion: "measure" }
        custom_item "kept" { a: 1 }
    }
}
