system Tuning_Range {
    tuning_space {
        stages: range[1, 4]              // inclusive
        tile_k: range [32, 128, 32]      // with a step
        shift: range[-2, 2]
        occupancy: [1, 2]                // default 2
        constraint "fits": tile_k * stages * 2 <= device.smem_per_block
        constraint stages < 4 or tile_k == 32
    }
    constraint "even": tile_k % 2 == 0
}
