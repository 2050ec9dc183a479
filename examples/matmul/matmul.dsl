---
title: "Matrix product"
tags: [GEMM, TMA]
status: "active"
---
// C = A B^T with f32 accumulation: both inputs have the contracted axis last.
system MatMul {
    design_space {
        dtype: ["bf16", "f16"]
    }

    tuning_space {
        tile_m: [128, 64]
        tile_n: [256, 128, 64]
        tile_k: [64]
        stages: [4, 3, 2]
        group_m: [16, 8, 1]              // rows of tiles that share columns of B in L2
        order: ["persistent_static", "one_per_cta"]
        tail: ["whole", "split"]         // the tiles of the last round: a block each, or cut for all blocks
        cross_tile: [false, true]        // the first step of a tile before the stores of the one before
        cluster_m: [1, 2, 4]             // blocks along m that fetch tiles of B together
        cluster_n: [1, 2]                // blocks along n that fetch tiles of A together

        constraint "blocks form clusters along one axis": cluster_m == 1 or cluster_n == 1
        constraint "cut tiles are a block's": tail == "whole" or (order == "persistent_static" and cluster_m * cluster_n == 1)
        constraint "a block has a next tile": not cross_tile or order == "persistent_static"
        constraint "a consumer owns 64 rows": tile_m % 64 == 0
        constraint "A, B and the epilogue fit shared memory":
            2 * (stages * tile_k * (tile_m + tile_n) + 2 * 64 * tile_m) + 1024 <= device.smem_per_block
        constraint "the accumulator fits the registers": tile_n / 2 + 40 <= 232
    }

    knowledge {
        fact hopper_large {
            description: "large square products: 1.035 of torch.matmul at 8192; the tiles of the last round are cut for all multiprocessors, and a tile's first step runs beside the stores of the one before"
            when: "device.arch == 'sm_90a' and M >= 6144 and N >= 6144"
            recommend: "tail = 'split'"
            recommend: "cross_tile = true"
            confidence: 0.9
            device: "NVIDIA H200"
            driver: "580.159"
            toolkit: "CUDA 13.0"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
        fact hopper_square {
            description: "square products: 1.01 of torch.matmul at 4096"
            when: "device.arch == 'sm_90a'"
            recommend: "tile_m = 128"
            recommend: "tile_n = 256"
            recommend: "tile_k = 64"
            recommend: "stages = 4"
            recommend: "group_m = 16"
            recommend: "cross_tile = true"
            confidence: 0.8
            device: "NVIDIA H200"
            date: "2026-11-21"
            source: "docs/Performance.md"
        }
    }

    kernel matmul {
        dims M, N, K
        reference "reference.py:matmul"

        in  A: dtype[M, K]
        in  B: dtype[N, K]
        out C: dtype[M, N]

        grid (m in tiles(M, tile_m), n in tiles(N, tile_n)) {
            acc = zeros f32[m, n]
            for k in tiles(K, tile_k) {
                acc += dot(load A[m, k], load B[n, k], over: k)
            }
            store C[m, n] = acc
        }

        schedule {
            slots(A) = stages   slots(B) = stages
            consumers = tile_m / 64
            registers(producer) = 40
            registers(consumer) = 232
            order = order
            tail = tail
            overlap_tiles = cross_tile
            raster = grouped(m, group_m)
            cluster(m) = cluster_m   cluster(n) = cluster_n
            epilogue_slots = 2 if tile_n >= 128 else 1
        }
    }
}
