// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// What a kernel declares: dims, requirements, matches, ranges over the wrong
// dim.
system Declarations {
    design_space { mode: ["a", "b"] }
    kernel unused_dim {
        dims M, Extra
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M, 64)) { store C[m] = load A[m] }
    }
    kernel never {
        dims M
        static D: [64]
        in A: f32[M, D]
        out C: f32[M]
        require D % 128 == 0
        require "whole tiles": D % 64 == 0
        require D + 1
        grid (m in tiles(M, 64)) {
            match mode {
                "c": { store C[m] = 1.0 }
            }
            x = 2.5
            acc = zeros f32[m]
            for i in 0 .. x { acc += 1.0 }
            store C[m] = acc
        }
    }
    kernel wrong_dim {
        dims M, N
        in A: f32[N]
        in B: f32[M]
        out C: f32[M]
        in x: f32 = M
        grid (m in tiles(M, 64)) { store C[m] = load A[m] }
    }
}

// CHECK: {{.*}}declarations.dsl:8:17: error: dim `Extra` is the extent of no tensor [SPK3032]
// CHECK-NEXT:     8 |         dims M, Extra
// CHECK-NEXT:       |                 ^~~~~
// CHECK-NEXT: {{.*}}declarations.dsl:18:17: error: this requirement never holds at this point: `D % 128 == 0` [SPK3028]
// CHECK-NEXT:    18 |         require D % 128 == 0
// CHECK-NEXT:       |                 ^~~~~~~~~~~~
// CHECK-NEXT: {{.*}}declarations.dsl:20:17: error: `require` expects truth values, got `65` [SPK3005]
// CHECK-NEXT:    20 |         require D + 1
// CHECK-NEXT:       |                 ^~~~~
// CHECK-NEXT: {{.*}}declarations.dsl:22:19: error: no arm of the match fits `a` [SPK3033]
// CHECK-NEXT:    22 |             match mode {
// CHECK-NEXT:       |                   ^~~~
// CHECK-NEXT: {{.*}}declarations.dsl:27:27: error: a bound of the loop must be an integer, got `2.5` [SPK3037]
// CHECK-NEXT:    27 |             for i in 0 .. x { acc += 1.0 }
// CHECK-NEXT:       |                           ^
// CHECK-NEXT: {{.*}}declarations.dsl:36:21: error: expected an expression over axes and `device`, got `M` [SPK2002]
// CHECK-NEXT:    36 |         in x: f32 = M
// CHECK-NEXT:       |                     ^
// CHECK-NEXT: {{.*}}declarations.dsl:37:56: warning: range `m` runs over `M`, but this axis of `A` is `N` [SPK3035, -Wrange-dim]
// CHECK-NEXT:    37 |         grid (m in tiles(M, 64)) { store C[m] = load A[m] }
// CHECK-NEXT:       |                                                        ^
// CHECK-NEXT: {{.*}}declarations.dsl:37:15: note: the range is introduced here
// CHECK-NEXT:    37 |         grid (m in tiles(M, 64)) { store C[m] = load A[m] }
// CHECK-NEXT:       |               ^
// CHECK-NEXT: {{.*}}declarations.dsl:33:12: note: `A` is declared here
// CHECK-NEXT:    33 |         in A: f32[N]
// CHECK-NEXT:       |            ^
// CHECK-NOT: error
