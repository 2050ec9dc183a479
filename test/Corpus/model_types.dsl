system Model_Types {
    model {
        type KernelConfig matches {
            tile_m: int, tile_n: int
            scheme: ["online", "naive"]     // literals stand as types
            mode: "training" | "inference"
            stages: 2
            heads: [1, 8, 32]
            nested: { rows: int, cols: int }
            rate: float,
        }
        type Limits { K: 12, name: "small", ratio: 0.5, exact: true }
        type Alias matches { value: KernelConfig }
        type Empty { }
    }
}
