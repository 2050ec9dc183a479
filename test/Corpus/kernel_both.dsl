system Kernel_Both {
    tuning_space { tile: [64, 128] }
    kernel sketch { procedure s: y = sum(x) }
    kernel sums {
        dims M                  // rows
        static D: [128]
        reference "sums.py:sums"
        in  X: f32[M, D]
        out Y: f32[M]
        require "rows": M > 0
        grid (m in tiles(M, tile)) {
            x = load X[m, :]    /* whole rows */
            // one value a row
            store Y[m] = sum(x, over: D)
        }
        schedule { order = "one_per_cta" }
    }
}
