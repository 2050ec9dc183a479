system Kernel_Procedure {
    kernel forward {
        # old notation: read by people, not compiled
        procedure main:
            pid = block_index(0)
            acc = zeros(tile_m, tile_n)
            for k in 0..K / tile_k:
                a = load(A, pid, k)     # a tile
                b = load(B, k, pid)
                acc += a @ b
            store(C, acc)
    }
    kernel helper { procedure tiny: return x' * {y}[0] }
}
