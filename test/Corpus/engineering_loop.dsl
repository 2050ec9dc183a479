system Engineering_Loop {
    tuning_space { tile_m: [64, 128], causal: [true, false] }
    engineering_loop Tiles {
        parameter Tile_M: [64, 128] // rows of a tile
        parameter Causal: [true, false]
        parameter Depth: range[1, 3]
        parameter Fixed: 4
        measure { cmd: "bench", metric: "time_ms", objective: "minimize" }
        repeat: 3
    }
    engineering_loop Second { parameter X: ["a"] measure { cmd: "x" metric: "y" objective: "maximize" } }
}
