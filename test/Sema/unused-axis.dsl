// RUN: spakc %s --emit=spak -o %t.mlir 2>&1 | FileCheck %s
// RUN: not spakc %s --emit=spak -o - -Werror=axis-no-effect 2>&1 | FileCheck %s --check-prefix=ERROR
// RUN: spakc %s --emit=spak -o - -Wno-axis-no-effect 2>&1 | FileCheck %s --check-prefix=NONE
// CHECK: {{.*}}unused-axis.dsl:15:45: warning: axis `occupancy` has no effect [SPK2010, -Waxis-no-effect]
// CHECK-NEXT:    15 |     tuning_space { tile: [64]  stages: [2]  occupancy: [1, 2]  limit: [1, 2] }
// CHECK-NEXT:       |                                             ^~~~~~~~~
// CHECK-NEXT: note: no kernel, schedule or constraint reads it
// CHECK-NOT: no effect
// NONE-NOT: axis-no-effect

// ERROR: error: axis `occupancy` has no effect [SPK2010, -Werror=axis-no-effect]

system Unused {
    design_space { mode: ["sum", "mean"] }
    tuning_space { tile: [64]  stages: [2]  occupancy: [1, 2]  limit: [1, 2] }
    constraint "low": limit < 2
    kernel k {
        dims M, N
        in A: f32[M, N]
        out C: f32[M]
        grid (m in tiles(M, tile)) {
            acc = zeros f32[m]
            for n in tiles(N, 64) {
                match mode {
                    "sum": { acc += sum(load A[m, n], over: n) }
                    else: { acc += mean(load A[m, n], over: n) }
                }
            }
            store C[m] = acc
        }
        schedule { slots(A) = stages }
    }
}
