system Kernels {
    design_space { dtype: ["bf16", "f16"] mode: ["a", "b", "c"] }
    tuning_space { tile_m: [64] tile_n: [64] group: range[1, 8] step: range[8, 64, 8]
        constraint "fits": 2 * tile_m * tile_n <= device.smem_per_block and not (mode == "c")
    }
    constraint "chained": 1 <= tile_m <= 512
}
