// RUN: spakc %s --emit=spak -o - | FileCheck %s
//
// Each key of a schedule is a request of the same name.
// CHECK: request = #spak.request<{
// CHECK-SAME: consumers = 1 : i64,
// CHECK-SAME: epilogue_slots = 3 : i64,
// CHECK-SAME: group_m = 4 : i64,
// CHECK-SAME: order = "persistent_static",
// CHECK-SAME: overlap = "none",
// CHECK-SAME: persistent = true,
// CHECK-SAME: prefetch_A = 1 : i64,
// CHECK-SAME: raster = "grouped",
// CHECK-SAME: registers_consumer = 200 : i64,
// CHECK-SAME: registers_producer = 40 : i64,
// CHECK-SAME: slots_A = 2 : i64,
// CHECK-SAME: slots_B = 6 : i64,
// CHECK-SAME: staging_B = "tma"}>
system Requests {
    tuning_space { stages: [2]  fast: [true] }
    kernel k {
        dims M, N
        static D: [64]
        in A: f16[M, D]
        in B: f16[N, D]
        out C: f16[M, N]
        grid (m in tiles(M, 64), n in tiles(N, 64)) {
            store C[m, n] = dot(load A[m, :], load B[n, :], over: D)
        }
        schedule {
            slots(A) = stages
            slots(B) = 3 * stages if fast else 1
            prefetch(A) = stages - 1
            staging(B) = "tma"
            consumers = D / 64
            registers(producer) = 40
            registers(consumer) = 200
            overlap = "none"
            order = grouped(m, 4)
            persistent = fast
            epilogue_slots = max(stages, 3)
        }
    }
}
