// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// Axes that do not fit: each kernel has one mistake.
system Axes {
    kernel sum_of_strangers {
        dims M, N
        in A: f32[M]
        in B: f32[N]
        out C: f32[M, N]
        grid (m in tiles(M, 64), n in tiles(N, 64)) {
            a = load A[m]
            b = load B[n]
            store C[m, n] = a + b
        }
    }
    kernel contracts_a_stranger {
        dims M, N
        static D: [64]
        in A: bf16[M, D]
        in B: bf16[N, D]
        out C: f32[M, N]
        grid (m in tiles(M, 64), n in tiles(N, 64)) {
            a = load A[m, :]
            b = load B[n, :]
            store C[m, n] = dot(a, b, over: m)
        }
    }
    kernel shares_an_axis {
        dims M
        static D: [64]
        in A: bf16[M, D]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            a = load A[m, :]
            store C[m] = dot(a, a, over: D)
        }
    }
    kernel masks_with_a_stranger {
        dims M, N
        in A: f32[M]
        in B: f32[N]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            a = load A[m]
            for n in tiles(N, 64) { a = mask(a, n < m) }
            store C[m] = a
        }
    }
    kernel stores_too_much {
        dims M, N
        in A: f32[M, N]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            for n in tiles(N, 64) { store C[m] = load A[m, n] }
        }
    }
    kernel wrong_count {
        dims M, N
        in A: f32[M, N]
        out C: f32[M]
        grid (m in tiles(M, 64)) { store C[m] = load A[m] }
    }
    kernel no_range {
        dims M, N
        in A: f32[M, N]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            for n in tiles(N, 64) { store C[m] = sum(load A[m, n], over: N) }
        }
    }
    kernel colon_at_run_time {
        dims M, N
        in A: f32[M, N]
        out C: f32[M]
        grid (m in tiles(M, 64)) { store C[m] = sum(load A[m, :], over: N) }
    }
    kernel wrong_values {
        dims M
        static D: [64]
        in A: bf16[M, D]
        out C: f32[M, D]
        grid (m in tiles(M, 64)) {
            q = load A[m, :]
            state = online_softmax(rows: m, width: D)
            for n in tiles(M, 64) {
                s = dot(q, load A[n, :], over: D)
                state.update(s, q)
            }
            store C[m, :] = state.output
        }
    }
}

// CHECK: {{.*}}axes.dsl:13:29: error: the axes in `+` do not fit: `f32[m]` and `f32[n]` [SPK3003]
// CHECK-NEXT:    13 |             store C[m, n] = a + b
// CHECK-NEXT:       |                             ^~~~~
// CHECK-NEXT: {{.*}}axes.dsl:13:29: note: this is `f32[m]`
// CHECK-NEXT:    13 |             store C[m, n] = a + b
// CHECK-NEXT:       |                             ^
// CHECK-NEXT: {{.*}}axes.dsl:13:33: note: this is `f32[n]`
// CHECK-NEXT:    13 |             store C[m, n] = a + b
// CHECK-NEXT:       |                                 ^
// CHECK-NEXT: help: tiles combine if the axes of one are among those of the other
// CHECK-NEXT: {{.*}}axes.dsl:25:36: error: `dot` contracts `m`, which is no axis of `bf16[n, D]` [SPK3006]
// CHECK-NEXT:    25 |             store C[m, n] = dot(a, b, over: m)
// CHECK-NEXT:       |                                    ^
// CHECK-NEXT: {{.*}}axes.dsl:25:33: note: the other operand is `bf16[m, D]`
// CHECK-NEXT:    25 |             store C[m, n] = dot(a, b, over: m)
// CHECK-NEXT:       |                                 ^
// CHECK-NEXT: {{.*}}axes.dsl:35:26: error: both operands of `dot` have the axis `m`, which is not contracted: `bf16[m, D]` and `bf16[m, D]` [SPK3007]
// CHECK-NEXT:    35 |             store C[m] = dot(a, a, over: D)
// CHECK-NEXT:       |                          ^~~~~~~~~~~~~~~~~~
// CHECK-NEXT: {{.*}}axes.dsl:35:30: note: this is `bf16[m, D]`
// CHECK-NEXT:    35 |             store C[m] = dot(a, a, over: D)
// CHECK-NEXT:       |                              ^
// CHECK-NEXT: {{.*}}axes.dsl:35:33: note: this is `bf16[m, D]`
// CHECK-NEXT:    35 |             store C[m] = dot(a, a, over: D)
// CHECK-NEXT:       |                                 ^
// CHECK-NEXT: {{.*}}axes.dsl:45:41: error: the axes in `mask` do not fit: `f32[m]` and `bool[m, n]` [SPK3003]
// CHECK-NEXT:    45 |             for n in tiles(N, 64) { a = mask(a, n < m) }
// CHECK-NEXT:       |                                         ^~~~~~~~~~~~~~
// CHECK-NEXT: {{.*}}axes.dsl:45:46: note: this is `f32[m]`
// CHECK-NEXT:    45 |             for n in tiles(N, 64) { a = mask(a, n < m) }
// CHECK-NEXT:       |                                              ^
// CHECK-NEXT: {{.*}}axes.dsl:45:49: note: this is `bool[m, n]`
// CHECK-NEXT:    45 |             for n in tiles(N, 64) { a = mask(a, n < m) }
// CHECK-NEXT:       |                                                 ^~~~~
// CHECK-NEXT: {{.*}}axes.dsl:54:43: error: the axes stored do not fit: `C` has `f32[m]` here, the value is `f32[m, n]` [SPK3016]
// CHECK-NEXT:    54 |             for n in tiles(N, 64) { store C[m] = load A[m, n] }
// CHECK-NEXT:       |                                           ^~~~
// CHECK-NEXT: {{.*}}axes.dsl:54:50: note: this is `f32[m, n]`
// CHECK-NEXT:    54 |             for n in tiles(N, 64) { store C[m] = load A[m, n] }
// CHECK-NEXT:       |                                                  ^~~~~~~~~~~~
// CHECK-NEXT: {{.*}}axes.dsl:52:13: note: `C` is declared here
// CHECK-NEXT:    52 |         out C: f32[M]
// CHECK-NEXT:       |             ^
// CHECK-NEXT: {{.*}}axes.dsl:61:49: error: `A` has 2 axes, got 1 indices [SPK3013]
// CHECK-NEXT:    61 |         grid (m in tiles(M, 64)) { store C[m] = load A[m] }
// CHECK-NEXT:       |                                                 ^~~~~~~~~
// CHECK-NEXT: {{.*}}axes.dsl:59:12: note: `A` is declared here
// CHECK-NEXT:    59 |         in A: f32[M, N]
// CHECK-NEXT:       |            ^
// CHECK-NEXT: {{.*}}axes.dsl:68:74: error: expected a range or the dim of a `:` axis, got `N` [SPK3036]
// CHECK-NEXT:    68 |             for n in tiles(N, 64) { store C[m] = sum(load A[m, n], over: N) }
// CHECK-NEXT:       |                                                                          ^
// CHECK-NEXT: note: the ranges here are m, n
// CHECK-NEXT: {{.*}}axes.dsl:75:63: error: `:` needs a size known at compile time, but axis `N` of `A` has none [SPK3015]
// CHECK-NEXT:    75 |         grid (m in tiles(M, 64)) { store C[m] = sum(load A[m, :], over: N) }
// CHECK-NEXT:       |                                                               ^
// CHECK-NEXT: {{.*}}axes.dsl:73:12: note: `A` is declared here
// CHECK-NEXT:    73 |         in A: f32[M, N]
// CHECK-NEXT:       |            ^
// CHECK-NEXT: help: load tiles of it with a range, or make `N` a `static`
// CHECK-NEXT: {{.*}}axes.dsl:87:33: error: `update` of a state over `m, D` expects values over `[n, D]`, got `bf16[m, D]` [SPK3021]
// CHECK-NEXT:    87 |                 state.update(s, q)
// CHECK-NEXT:       |                                 ^
// CHECK-NEXT: {{.*}}axes.dsl:84:13: note: the state is introduced here
// CHECK-NEXT:    84 |             state = online_softmax(rows: m, width: D)
// CHECK-NEXT:       |             ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
// CHECK-NOT: error
