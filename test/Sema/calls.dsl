// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// Calls with the wrong arguments.
system Calls {
    kernel k {
        dims M, N
        static D: [64]
        in A: f32[M, N]
        in Q: bf16[M, D]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            for n in tiles(N, 64) {
                a = load A[m, n]
                b = dot(a, a)
                c = sum(a)
                d = exp(a, a)
                e = mask(a)
                f = online_softmax(m, D)
                g = select(a)
                h = max(a)
                exp(a)
                j = a.b(1)
            }
            state = online_softmax(rows: m, width: D)
            state.update(1.0)
            state.upgrade(1.0, 2.0)
            i = state + 1.0
            store C[m] = 1.0
        }
    }
}

// CHECK: {{.*}}calls.dsl:14:21: error: `dot` expects two tiles and the axis to contract [SPK3019]
// CHECK-NEXT:    14 |                 b = dot(a, a)
// CHECK-NEXT:       |                     ^~~~~~~~~
// CHECK-NEXT: help: write `dot(a, b, over: k)`
// CHECK-NEXT: {{.*}}calls.dsl:15:21: error: `sum` expects a tile and the axis to contract [SPK3019]
// CHECK-NEXT:    15 |                 c = sum(a)
// CHECK-NEXT:       |                     ^~~~~~
// CHECK-NEXT: help: write `sum(x, over: n)`
// CHECK-NEXT: {{.*}}calls.dsl:16:21: error: `exp` expects 1 argument [SPK3019]
// CHECK-NEXT:    16 |                 d = exp(a, a)
// CHECK-NEXT:       |                     ^~~~~~~~~
// CHECK-NEXT: {{.*}}calls.dsl:17:21: error: `mask` expects 2 arguments [SPK3019]
// CHECK-NEXT:    17 |                 e = mask(a)
// CHECK-NEXT:       |                     ^~~~~~~
// CHECK-NEXT: {{.*}}calls.dsl:18:21: error: `online_softmax` expects `rows:` and `width:` [SPK3019]
// CHECK-NEXT:    18 |                 f = online_softmax(m, D)
// CHECK-NEXT:       |                     ^~~~~~~~~~~~~~~~~~~~
// CHECK-NEXT: help: write `online_softmax(rows: m, width: D)`
// CHECK-NEXT: {{.*}}calls.dsl:19:21: error: `select` expects 3 arguments [SPK3019]
// CHECK-NEXT:    19 |                 g = select(a)
// CHECK-NEXT:       |                     ^~~~~~~~~
// CHECK-NEXT: {{.*}}calls.dsl:20:21: error: `max` expects 2 arguments [SPK3019]
// CHECK-NEXT:    20 |                 h = max(a)
// CHECK-NEXT:       |                     ^~~~~~
// CHECK-NEXT: {{.*}}calls.dsl:21:17: error: `exp` expects its value to be used: only `update` stands alone [SPK3019]
// CHECK-NEXT:    21 |                 exp(a)
// CHECK-NEXT:       |                 ^~~~~~
// CHECK-NEXT: {{.*}}calls.dsl:22:21: error: expected a value in an expression, got `a.b(...)` [SPK3001]
// CHECK-NEXT:    22 |                 j = a.b(1)
// CHECK-NEXT:       |                     ^~~~~~
// CHECK-NEXT: {{.*}}calls.dsl:25:13: error: `update` expects 2 arguments [SPK3019]
// CHECK-NEXT:    25 |             state.update(1.0)
// CHECK-NEXT:       |             ^~~~~~~~~~~~~~~~~
// CHECK-NEXT: {{.*}}calls.dsl:26:19: error: unknown name `upgrade` [SPK3010]
// CHECK-NEXT:    26 |             state.upgrade(1.0, 2.0)
// CHECK-NEXT:       |                   ^~~~~~~
// CHECK-NEXT: help: a state has `update`, `output` and `lse`
// CHECK-NEXT: {{.*}}calls.dsl:27:17: error: expected a value in `+`, got an `online_softmax` state [SPK3001]
// CHECK-NEXT:    27 |             i = state + 1.0
// CHECK-NEXT:       |                 ^~~~~
// CHECK-NEXT: help: read its `output` or its `lse`
// CHECK-NOT: error
