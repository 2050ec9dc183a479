// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s
// RUN: not spakc %s --emit=spak -o - 2>&1 | grep -c "error:" | FileCheck %s --check-prefix=COUNT
//
// One run shows every independent mistake, of the system and of its kernels,
// and each mistake once: `wrong` is used three times.
// COUNT: 4
system Mistakes {
    tuning_space { tile: [64, 128] }
    // CHECK-DAG: one-run.dsl:[[#@LINE+1]]:24: error: unknown axis `tlie` [SPK2001]
    constraint "typo": tlie > 32
    kernel first {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M, tile)) {
            // CHECK-DAG: one-run.dsl:[[#@LINE+1]]:26: error: unknown name `B` [SPK3010]
            wrong = load B[m]
            again = wrong + wrong
            wrong = again * 2.0
            store C[m] = again + wrong
        }
    }
    kernel second {
        dims M
        in A: bf16[M]
        in B: f16[M]
        out C: f32[M]
        grid (m in tiles(M, tile)) {
            // CHECK-DAG: one-run.dsl:[[#@LINE+1]]:19: error: the element types of `+` differ: `bf16[m]` and `f16[m]` [SPK3002]
            sum = load A[m] + load B[m]
            // CHECK-DAG: one-run.dsl:[[#@LINE+1]]:27: error: unknown name `D` [SPK3010]
            store C[m] = (D + 1) * sum
        }
    }
}
