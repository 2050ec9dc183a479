// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// A value that a loop carries keeps its type.
system Carried {
    kernel changes_its_element_type {
        dims M, N
        in A: bf16[M, N]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            acc = zeros f32[m]
            for n in tiles(N, 64) { acc = (acc + sum(load A[m, n], over: n)) as bf16 }
            store C[m] = acc as f32
        }
    }
    kernel changes_its_axes {
        dims M, N
        in A: f32[M, N]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            acc = zeros f32[m]
            for n in tiles(N, 64) { acc = acc + load A[m, n] }
            store C[m] = acc
        }
    }
    kernel keeps_its_type {
        dims M, N
        in A: f32[M, N]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            acc = zeros f32[m]
            count = 0
            for n in tiles(N, 64) {
                acc += sum(load A[m, n], over: n)
                count += 1
            }
            acc = acc as bf16
            store C[m] = acc
        }
    }
}

// CHECK: {{.*}}carried.dsl:11:37: error: `acc` is carried by the loop as `f32[m]` and may not become `bf16[m]` [SPK3018]
// CHECK-NEXT:    11 |             for n in tiles(N, 64) { acc = (acc + sum(load A[m, n], over: n)) as bf16 }
// CHECK-NEXT:       |                                     ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
// CHECK-NEXT: {{.*}}carried.dsl:10:13: note: it is bound first here, outside the loop
// CHECK-NEXT:    10 |             acc = zeros f32[m]
// CHECK-NEXT:       |             ^~~~~~~~~~~~~~~~~~
// CHECK-NEXT: help: convert it with `as f32`
// CHECK-NEXT: {{.*}}carried.dsl:21:37: error: `acc` is carried by the loop as `f32[m]` and may not become `f32[m, n]` [SPK3018]
// CHECK-NEXT:    21 |             for n in tiles(N, 64) { acc = acc + load A[m, n] }
// CHECK-NEXT:       |                                     ^~~~~~~~~~~~~~~~~~~~~~~~
// CHECK-NEXT: {{.*}}carried.dsl:20:13: note: it is bound first here, outside the loop
// CHECK-NEXT:    20 |             acc = zeros f32[m]
// CHECK-NEXT:       |             ^~~~~~~~~~~~~~~~~~
// CHECK-NOT: error
