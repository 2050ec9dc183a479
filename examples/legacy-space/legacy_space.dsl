---
title: "The nine tunables of an earlier attention tuner"
tags: [attention, space, gates]
status: "active"
---
// Head size 64, half precision. The hard gates of the earlier system, with the
// limit taken from the device table instead of a constant.
system Legacy_Space {
    tuning_space {
        BLOCK_M: [64, 128, 256]      // query rows of a block
        BLOCK_N: [64, 128, 256]      // key rows of a block
        BLOCK_K: [32, 64]            // depth of a step
        NUM_WARPS: [4, 8]
        STAGES: [2, 3, 4]            // tiles of keys and values in flight
        UNROLL: [1, 2, 4]
        CP_ASYNC: [0, 1]
        SWIZZLE: [0, 1]              // really one extra half at the end of a row
        HALF2: [0, 1]                // loads of two halves

        constraint "bad_coalescing": HALF2 == 1
        constraint "bank_conflicts": SWIZZLE == 1      // rows of 64 halves: 32 words
        constraint "smem_overflow":
            STAGES * (BLOCK_M + 2 * BLOCK_N) * (64 + SWIZZLE) * 2 + BLOCK_M * BLOCK_N * 4 <= device.smem_per_block
    }
}
