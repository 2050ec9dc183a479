// Two chained products with an activation between: the compiler may know
// nothing of this kernel, and must still overlap its products.
system Mlp_Chained_Products {
    design_space {
        dtype: ["bf16", "f16"]
    }
    tuning_space {
        tile_m: [128, 64]
        tile_f: [176, 128, 64, 160, 144]
        stages: [2, 3]
        overlap: ["both", "intra", "none"]
        order: ["persistent_static", "one_per_cta"]
        cross_tile: [false, true]
        pin_waits: [true, false]
        cluster_m: [1, 2]
        functions: ["rounded", "exact"]
        constraint "a consumer owns 64 rows": tile_m % 64 == 0
        constraint "two groups take turns": tile_m == 128 or overlap != "both"
        constraint "x, w1 and w2 fit shared memory":
            2 * ((2 if cross_tile else 1) * tile_m * D + 2 * stages * tile_f * D) + 1024 <= device.smem_per_block
        constraint "waits among products": not pin_waits or overlap != "none"
        constraint "one tile after another": not cross_tile or order == "persistent_static" and overlap != "none"
    }
    kernel mlp {
        dims M, F
        static D: [128, 64]
        reference "mlp_reference.py:mlp"

        in  x:  dtype[M, D]
        in  w1: dtype[F, D]
        in  w2: dtype[F, D]
        out o:  dtype[M, D]

        grid (m in tiles(M, tile_m)) {
            xs  = load x[m, :]
            acc = zeros f32[m, D]
            for f in tiles(F, tile_f) {
                a = load w1[f, :]
                b = load w2[f, :]
                h = gelu(dot(xs, a, over: D))            // axes [m, f]
                acc += dot(h as dtype, b, over: f)
            }
            store o[m, :] = acc
        }

        schedule {
            slots(x) = 2 if cross_tile else 1
            slots(w1) = stages   slots(w2) = stages
            consumers = tile_m / 64
            registers(producer) = 24
            registers(consumer) = 240
            overlap = overlap
            overlap_tiles = cross_tile
            pin_waits = pin_waits
            functions = functions
            order = order   cluster(m) = cluster_m
        }
    }
}
