system Convolution_Space {
    tuning_space {
        block_size_x: [16, 32, 48, 64, 128]
        block_size_y: [1, 2, 4, 8, 16, 32]
        tile_x: range[1, 8]
        tile_y: range[1, 8]
        use_padding: [0, 1]
        read_only: [0, 1]
        constraint "block": block_size_x * block_size_y >= 32
        constraint "threads": block_size_x * block_size_y <= device.max_threads_per_block
        constraint "padding": use_padding == 0 or block_size_x % 32 != 0
        constraint "shared":
            (block_size_x * tile_x + 14) * (block_size_y * tile_y + 14) * 4 <= device.smem_per_block
    }
}
