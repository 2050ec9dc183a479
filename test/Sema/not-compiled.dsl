// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// What the language has and the compiler does not, yet.
system Later {
    kernel k {
        dims B, M
        in A: f32[B, M]
        in I: s32[M]
        out C: f32[B, M]
        out S: f32
        scratch T: f32[M]
        grid (m in tiles(M, 64), b in B) {
            i = load I[m]
            x = load A[b, i]
            y = load A[b, 2 * m]
            store C[b, m] = x where m < 4
        }
    }
}

// CHECK: {{.*}}not-compiled.dsl:10:9: error: a scalar output is not compiled yet [SPK3011]
// CHECK-NEXT:    10 |         out S: f32
// CHECK-NEXT:       |         ^~~~~~~~~~
// CHECK-NEXT: {{.*}}not-compiled.dsl:11:9: error: `scratch` is not compiled yet [SPK3011]
// CHECK-NEXT:    11 |         scratch T: f32[M]
// CHECK-NEXT:       |         ^~~~~~~~~~~~~~~~~
// CHECK-NEXT: {{.*}}not-compiled.dsl:14:27: error: an index that is neither a range, nor a range moved on by a uniform integer, is not compiled yet [SPK3011]
// CHECK-NEXT:    14 |             x = load A[b, i]
// CHECK-NEXT:       |                           ^
// CHECK-NEXT: {{.*}}not-compiled.dsl:15:27: error: an index that is neither a range, nor a range moved on by a uniform integer, is not compiled yet [SPK3011]
// CHECK-NEXT:    15 |             y = load A[b, 2 * m]
// CHECK-NEXT:       |                           ^~~~~
// CHECK-NOT: error
