system MatMul_Pseudo {
    design_space { layout: ["row", "col"] swizzle: true }
    kernel MatMul {
        # pseudo-code of an older kind; it is kept, not compiled
        procedure main:
            bid_m, bid_n = block_index(0), block_index(1)
            acc = zeros((TILE_M, TILE_N), float32)
            for k in range(num_tiles(K, TILE_K)):   # don't unroll
                a = load(A, index=(bid_m, k), shape=(TILE_M, TILE_K))
                b = load(B, index=(k, bid_n), shape=(TILE_K, TILE_N))
                acc = acc + a @ b
            store(C, index=(bid_m, bid_n), tile=acc)
    }
    constraints { memory ≤ 12GB, time ≤ 24h }
}
