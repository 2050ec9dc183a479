// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// Names that mean nothing, and names that mean something else. A name is
// reported where it is first read, once.
system Names {
    tuning_space { tile_m: [64, 128] }
    constraint "read": tile_m > 0
    kernel misspelt {
        dims M
        in Query: f32[M]
        out C: f32[M]
        grid (m in tiles(M, tile_n)) {
            q = load Qeury[m]
            r = sqroot(q)
            s = scael * q + scael
            store C[m] = q
        }
    }
    kernel twice {
        dims M, M
        in A: f32[M]
        out A: f32[M]
        grid (m in tiles(M, 64)) { store A[m] = 1.0 }
    }
    kernel hides {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            tile_m = 3
            A = load A[m]
            store C[m] = 1.0
        }
    }
    kernel tensor_as_value {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M, 64)) { store C[m] = A + 1.0 }
    }
    kernel wrong_way {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            store A[m] = 1.0
            c = load C[m]
        }
    }
    kernel no_state {
        dims M
        in A: f32[M]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            a = load A[m]
            b = a.output
            a.update(a, a)
            c = a.maximum
            store C[m] = a
        }
    }
    kernel forgotten { dims M  in A: f32[M]  out C: f32[M] }
}

// CHECK: {{.*}}names.dsl:12:29: error: unknown name `tile_n` [SPK3010]
// CHECK-NEXT:    12 |         grid (m in tiles(M, tile_n)) {
// CHECK-NEXT:       |                             ^~~~~~
// CHECK-NEXT: help: did you mean `tile_m`?
// CHECK-NEXT: {{.*}}names.dsl:13:22: error: unknown name `Qeury` [SPK3010]
// CHECK-NEXT:    13 |             q = load Qeury[m]
// CHECK-NEXT:       |                      ^~~~~
// CHECK-NEXT: help: tensors: `Query`, `C`
// CHECK-NEXT: {{.*}}names.dsl:14:17: error: unknown name `sqroot` [SPK3010]
// CHECK-NEXT:    14 |             r = sqroot(q)
// CHECK-NEXT:       |                 ^~~~~~
// CHECK-NEXT: help: did you mean `sqrt`?
// CHECK-NEXT: {{.*}}names.dsl:15:17: error: unknown name `scael` [SPK3010]
// CHECK-NEXT:    15 |             s = scael * q + scael
// CHECK-NEXT:       |                 ^~~~~
// CHECK-NEXT: {{.*}}names.dsl:20:17: error: `M` is declared twice [SPK3027]
// CHECK-NEXT:    20 |         dims M, M
// CHECK-NEXT:       |                 ^
// CHECK-NEXT: {{.*}}names.dsl:20:14: note: the first declaration is here
// CHECK-NEXT:    20 |         dims M, M
// CHECK-NEXT:       |              ^
// CHECK-NEXT: {{.*}}names.dsl:22:13: error: `A` is declared twice [SPK3027]
// CHECK-NEXT:    22 |         out A: f32[M]
// CHECK-NEXT:       |             ^
// CHECK-NEXT: {{.*}}names.dsl:21:12: note: the first declaration is here
// CHECK-NEXT:    21 |         in A: f32[M]
// CHECK-NEXT:       |            ^
// CHECK-NEXT: {{.*}}names.dsl:30:13: error: `tile_m` is declared twice [SPK3027]
// CHECK-NEXT:    30 |             tile_m = 3
// CHECK-NEXT:       |             ^~~~~~
// CHECK-NEXT: {{.*}}names.dsl:6:20: note: it is an axis of the space
// CHECK-NEXT:     6 |     tuning_space { tile_m: [64, 128] }
// CHECK-NEXT:       |                    ^~~~~~
// CHECK-NEXT: {{.*}}names.dsl:31:13: error: `A` is declared twice [SPK3027]
// CHECK-NEXT:    31 |             A = load A[m]
// CHECK-NEXT:       |             ^
// CHECK-NEXT: {{.*}}names.dsl:27:12: note: the first declaration is here
// CHECK-NEXT:    27 |         in A: f32[M]
// CHECK-NEXT:       |            ^
// CHECK-NEXT: {{.*}}names.dsl:39:49: error: expected a value in an expression, got the tensor `A` [SPK3001]
// CHECK-NEXT:    39 |         grid (m in tiles(M, 64)) { store C[m] = A + 1.0 }
// CHECK-NEXT:       |                                                 ^
// CHECK-NEXT: help: `load A[...]` reads a tile of it
// CHECK-NEXT: {{.*}}names.dsl:46:19: error: `A` is an `in` parameter and cannot be stored [SPK3026]
// CHECK-NEXT:    46 |             store A[m] = 1.0
// CHECK-NEXT:       |                   ^
// CHECK-NEXT: {{.*}}names.dsl:43:12: note: it is declared here
// CHECK-NEXT:    43 |         in A: f32[M]
// CHECK-NEXT:       |            ^
// CHECK-NEXT: {{.*}}names.dsl:47:22: error: `C` is an `out` parameter and cannot be loaded [SPK3026]
// CHECK-NEXT:    47 |             c = load C[m]
// CHECK-NEXT:       |                      ^
// CHECK-NEXT: {{.*}}names.dsl:44:13: note: it is declared here
// CHECK-NEXT:    44 |         out C: f32[M]
// CHECK-NEXT:       |             ^
// CHECK-NEXT: {{.*}}names.dsl:56:17: error: `.output` needs an `online_softmax` state, got `f32[m]` [SPK3020]
// CHECK-NEXT:    56 |             b = a.output
// CHECK-NEXT:       |                 ^~~~~~~~
// CHECK-NEXT: {{.*}}names.dsl:57:13: error: `.update` needs an `online_softmax` state, got `f32[m]` [SPK3020]
// CHECK-NEXT:    57 |             a.update(a, a)
// CHECK-NEXT:       |             ^
// CHECK-NEXT: {{.*}}names.dsl:58:19: error: unknown name `maximum` [SPK3010]
// CHECK-NEXT:    58 |             c = a.maximum
// CHECK-NEXT:       |                   ^~~~~~~
// CHECK-NEXT: help: a state has `update`, `output` and `lse`
// CHECK-NEXT: {{.*}}names.dsl:62:12: error: kernel `forgotten` has no `grid` [SPK3024]
// CHECK-NEXT:    62 |     kernel forgotten { dims M  in A: f32[M]  out C: f32[M] }
// CHECK-NEXT:       |            ^~~~~~~~~
// CHECK-NOT: error
