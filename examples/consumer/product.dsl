// C = A B^T: the kernel of an outside project.
system Product {
    design_space {
        dtype: ["bf16", "f16"]
    }
    tuning_space {
        tile_m: [128, 64]
        tile_n: [128, 64]
        stages: [3, 2]
        constraint "a consumer owns 64 rows": tile_m % 64 == 0
    }
    kernel product {
        dims M, N, K
        reference "product_reference.py:product"

        in  A: dtype[M, K]
        in  B: dtype[N, K]
        out C: dtype[M, N]

        grid (m in tiles(M, tile_m), n in tiles(N, tile_n)) {
            acc = zeros f32[m, n]
            for k in tiles(K, 64) {
                acc += dot(load A[m, k], load B[n, k], over: k)
            }
            store C[m, n] = acc
        }

        schedule {
            slots(A) = stages   slots(B) = stages
            consumers = tile_m / 64
        }
    }
}
