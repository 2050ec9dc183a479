// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// Stores that two blocks may write, and outputs that do not exist.
system Stores {
    design_space { mode: ["inference", "training"] }
    kernel lacks_a_variable {
        dims B, M
        in A: f32[B, M]
        out C: f32[M]
        grid (m in tiles(M, 64), b in B) { store C[m] = load A[b, m] }
    }
    kernel divides_a_variable {
        dims H, G, M
        in A: f32[H, M]
        out C: f32[G, M]
        grid (m in tiles(M, 64), h in H) {
            g = h / (H / G)
            store C[g, m] = load A[h, m]
        }
    }
    kernel through_a_name {
        dims H, M
        in A: f32[H, M]
        out C: f32[H, M]
        grid (m in tiles(M, 64), h in H) {
            other = 2 * h + 1
            store C[other, m] = load A[h, m]
        }
    }
    kernel adds_two_variables {
        dims B, H, M
        in A: f32[B, H, M]
        out C: f32[B, M]
        grid (m in tiles(M, 64), b in B, h in H) { store C[b + h, m] = load A[b, h, m] }
    }
    kernel packs_two_variables {
        dims B, H, M, P
        in A: f32[B, H, M]
        out C: f32[P, M]
        grid (m in tiles(M, 64), b in B, h in H) { store C[b * H + h, m] = load A[b, h, m] }
    }
    kernel absent {
        dims M
        in A: f32[M]
        out C: f32[M]
        out L: f32[M]  when mode == "training"
        grid (m in tiles(M, 64)) {
            a = load A[m]
            store C[m] = a
            store L[m] = a
        }
    }
}

// CHECK: {{.*}}stores.dsl:10:50: error: two blocks may write the same element of `C`: its indices lack the grid variable `b` [SPK3017]
// CHECK-NEXT:    10 |         grid (m in tiles(M, 64), b in B) { store C[m] = load A[b, m] }
// CHECK-NEXT:       |                                                  ^~~~
// CHECK-NEXT: {{.*}}stores.dsl:10:34: note: every value of `b` is another block
// CHECK-NEXT:    10 |         grid (m in tiles(M, 64), b in B) { store C[m] = load A[b, m] }
// CHECK-NEXT:       |                                  ^~~~~~
// CHECK-NEXT: help: `store add` lets many blocks hit an element
// CHECK-NEXT: {{.*}}stores.dsl:18:19: error: two blocks may write the same element of `C`: its indices lack the grid variable `h` [SPK3017]
// CHECK-NEXT:    18 |             store C[g, m] = load A[h, m]
// CHECK-NEXT:       |                   ^~~~~~~
// CHECK-NEXT: {{.*}}stores.dsl:16:34: note: every value of `h` is another block
// CHECK-NEXT:    16 |         grid (m in tiles(M, 64), h in H) {
// CHECK-NEXT:       |                                  ^~~~~~
// CHECK-NEXT: help: `store add` lets many blocks hit an element
// CHECK-NEXT: {{.*}}stores.dsl:34:58: error: two blocks may write the same element of `C`: its indices lack the grid variable `b` [SPK3017]
// CHECK-NEXT:    34 |         grid (m in tiles(M, 64), b in B, h in H) { store C[b + h, m] = load A[b, h, m] }
// CHECK-NEXT:       |                                                          ^~~~~~~~~~~
// CHECK-NEXT: {{.*}}stores.dsl:34:34: note: every value of `b` is another block
// CHECK-NEXT:    34 |         grid (m in tiles(M, 64), b in B, h in H) { store C[b + h, m] = load A[b, h, m] }
// CHECK-NEXT:       |                                  ^~~~~~
// CHECK-NEXT: help: `store add` lets many blocks hit an element
// CHECK-NEXT: {{.*}}stores.dsl:50:19: error: `L` does not exist at this point [SPK3025]
// CHECK-NEXT:    50 |             store L[m] = a
// CHECK-NEXT:       |                   ^
// CHECK-NEXT: {{.*}}stores.dsl:46:13: note: it exists only under a condition
// CHECK-NEXT:    46 |         out L: f32[M]  when mode == "training"
// CHECK-NEXT:       |             ^
// CHECK-NEXT: help: give the store the same `when`
// CHECK-NOT: error
