// 1.05e10 combinations of the choices of a tensor-core product.
system Large {
    tuning_space {
        tile_m: [16, 32, 64, 96, 128, 192, 256]
        tile_n: [16, 32, 64, 96, 128, 192, 256]
        tile_k: [16, 32, 48, 64, 96, 128]
        warp_m: [16, 32, 64, 96, 128]
        warp_n: [16, 32, 64, 96, 128]
        stages: range[1, 8]
        split_k: [1, 2, 4, 8, 16]
        vec_a: [1, 2, 4, 8]
        vec_b: [1, 2, 4, 8]
        swizzle: [0, 32, 64, 128]
        group_m: [1, 2, 4, 8, 16]
        unroll: [1, 2, 4, 8]
        registers: [40, 64, 96, 128, 168, 232, 255]
        persistent: [true, false]
        epilogue: ["direct", "staged"]

        constraint "warps tile the block": tile_m % warp_m == 0 and tile_n % warp_n == 0
        constraint "threads": 32 * (tile_m / warp_m) * (tile_n / warp_n) <= device.max_threads_per_block
        constraint "two warps at least": (tile_m / warp_m) * (tile_n / warp_n) >= 2
        constraint "two blocks share an SM":
            stages * (tile_m + tile_n) * tile_k * 2
              + (tile_m * tile_n * 4 if epilogue == "staged" else 0) <= device.smem_per_sm / 2 - 1024
        constraint "accumulators": warp_m * warp_n / 32 + 32 <= registers
        constraint "register file":
            2 * registers * 32 * (tile_m / warp_m) * (tile_n / warp_n) <= device.registers_per_sm
        constraint "loads of A": tile_m * tile_k % (32 * (tile_m / warp_m) * (tile_n / warp_n) * vec_a) == 0
        constraint "loads of B": tile_n * tile_k % (32 * (tile_m / warp_m) * (tile_n / warp_n) * vec_b) == 0
        constraint "swizzle": swizzle == 0 or (tile_k * 2) % swizzle == 0 and vec_a == 8 and vec_b == 8
        constraint "unroll": tile_k % (16 * unroll) == 0
        constraint "split": split_k == 1 or not persistent
        constraint "group": group_m * tile_m <= 256
    }
}
