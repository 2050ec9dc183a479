// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// Element types that do not fit.
system Dtypes {
    kernel sum_of_two {
        dims M
        in A: f32[M]
        in B: bf16[M]
        out C: f32[M]
        grid (m in tiles(M, 64)) { store C[m] = load A[m] + load B[m] }
    }
    kernel product_of_two {
        dims M, N
        static D: [64]
        in A: f16[M, D]
        in B: bf16[N, D]
        out C: f32[M, N]
        grid (m in tiles(M, 64), n in tiles(N, 64)) {
            store C[m, n] = dot(load A[m, :], load B[n, :], over: D)
        }
    }
    kernel unknown_type {
        dims M
        in A: bf61[M]
        out C: f32[M]
        grid (m in tiles(M, 64)) { store C[m] = (load A[m]) as f23 }
    }
    kernel logic_of_numbers {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            a = load A[m]
            p = a and a
            store C[m] = select(a, a, a)
        }
    }
    kernel masks_integers {
        dims M
        in A: s32[M]
        out C: s32[M]
        grid (m in tiles(M, 64)) { store C[m] = mask(load A[m], m < 4) }
    }
    kernel text_as_a_number {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M, 64)) { store C[m] = load A[m] + "one" }
    }
}

// CHECK: {{.*}}dtypes.dsl:10:49: error: the element types of `+` differ: `f32[m]` and `bf16[m]` [SPK3002]
// CHECK-NEXT:    10 |         grid (m in tiles(M, 64)) { store C[m] = load A[m] + load B[m] }
// CHECK-NEXT:       |                                                 ^~~~~~~~~~~~~~~~~~~~~
// CHECK-NEXT: {{.*}}dtypes.dsl:10:49: note: this is `f32[m]`
// CHECK-NEXT:    10 |         grid (m in tiles(M, 64)) { store C[m] = load A[m] + load B[m] }
// CHECK-NEXT:       |                                                 ^~~~~~~~~
// CHECK-NEXT: {{.*}}dtypes.dsl:10:61: note: this is `bf16[m]`
// CHECK-NEXT:    10 |         grid (m in tiles(M, 64)) { store C[m] = load A[m] + load B[m] }
// CHECK-NEXT:       |                                                             ^~~~~~~~~
// CHECK-NEXT: help: convert one of them, for instance with `as f32`
// CHECK-NEXT: {{.*}}dtypes.dsl:19:29: error: the element types of `dot` differ: `f16[m, D]` and `bf16[n, D]` [SPK3002]
// CHECK-NEXT:    19 |             store C[m, n] = dot(load A[m, :], load B[n, :], over: D)
// CHECK-NEXT:       |                             ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
// CHECK-NEXT: {{.*}}dtypes.dsl:19:33: note: this is `f16[m, D]`
// CHECK-NEXT:    19 |             store C[m, n] = dot(load A[m, :], load B[n, :], over: D)
// CHECK-NEXT:       |                                 ^~~~~~~~~~~~
// CHECK-NEXT: {{.*}}dtypes.dsl:19:47: note: this is `bf16[n, D]`
// CHECK-NEXT:    19 |             store C[m, n] = dot(load A[m, :], load B[n, :], over: D)
// CHECK-NEXT:       |                                               ^~~~~~~~~~~~
// CHECK-NEXT: help: convert the other operand with `as bf16`
// CHECK-NEXT: {{.*}}dtypes.dsl:24:15: error: expected an element type, got `bf61` [SPK3012]
// CHECK-NEXT:    24 |         in A: bf61[M]
// CHECK-NEXT:       |               ^~~~
// CHECK-NEXT: help: element types: `f32`, `f16`, `bf16`, `e4m3`, `e5m2`, `s8`, `u8`, `s32`, `u32`, `s64`, `bool`
// CHECK-NEXT: {{.*}}dtypes.dsl:26:64: error: expected an element type, got `f23` [SPK3012]
// CHECK-NEXT:    26 |         grid (m in tiles(M, 64)) { store C[m] = (load A[m]) as f23 }
// CHECK-NEXT:       |                                                                ^~~
// CHECK-NEXT: help: element types: `f32`, `f16`, `bf16`, `e4m3`, `e5m2`, `s8`, `u8`, `s32`, `u32`, `s64`, `bool`
// CHECK-NEXT: {{.*}}dtypes.dsl:34:17: error: `and` expects truth values, got `f32[m]` [SPK3005]
// CHECK-NEXT:    34 |             p = a and a
// CHECK-NEXT:       |                 ^~~~~~~
// CHECK-NEXT: {{.*}}dtypes.dsl:35:33: error: `select` expects truth values, got `f32[m]` [SPK3005]
// CHECK-NEXT:    35 |             store C[m] = select(a, a, a)
// CHECK-NEXT:       |                                 ^
// CHECK-NEXT: {{.*}}dtypes.dsl:42:54: error: `mask` expects a tile of floats, got `s32[m]` [SPK3008]
// CHECK-NEXT:    42 |         grid (m in tiles(M, 64)) { store C[m] = mask(load A[m], m < 4) }
// CHECK-NEXT:       |                                                      ^~~~~~~~~
// CHECK-NEXT: {{.*}}dtypes.dsl:48:61: error: expected a value in `+`, got text `one` [SPK3001]
// CHECK-NEXT:    48 |         grid (m in tiles(M, 64)) { store C[m] = load A[m] + "one" }
// CHECK-NEXT:       |                                                             ^~~~~
// CHECK-NOT: error
