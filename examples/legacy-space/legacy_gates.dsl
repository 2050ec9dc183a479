---
title: "The same space with every static gate, in the order of the earlier system"
tags: [attention, space, gates]
status: "active"
---
// Resident blocks are the least that threads, blocks and shared memory allow;
// occupancy is their warps over those that an SM holds. Without asynchronous
// copies the gate wants one half. It is an opinion, not a limit: that is why
// legacy_space.dsl does without it.
system Legacy_Gates {
    tuning_space {
        BLOCK_M: [64, 128, 256]
        BLOCK_N: [64, 128, 256]
        BLOCK_K: [32, 64]
        NUM_WARPS: [4, 8]
        STAGES: [2, 3, 4]
        UNROLL: [1, 2, 4]
        CP_ASYNC: [0, 1]
        SWIZZLE: [0, 1]
        HALF2: [0, 1]

        constraint "bad_coalescing": HALF2 == 1
        constraint "bank_conflicts": SWIZZLE == 1
        constraint "low_occupancy_no_prefetch":
            CP_ASYNC == 1 or
            min(device.max_blocks_per_sm, min(
                device.max_threads_per_sm / (32 * NUM_WARPS),
                device.smem_per_sm / (STAGES * (BLOCK_M + 2 * BLOCK_N) * (64 + SWIZZLE) * 2 + BLOCK_M * BLOCK_N * 4)))
              * NUM_WARPS * 2 >= device.max_threads_per_sm / 32
        constraint "smem_overflow":
            STAGES * (BLOCK_M + 2 * BLOCK_N) * (64 + SWIZZLE) * 2 + BLOCK_M * BLOCK_N * 4 <= device.smem_per_block
    }
}
