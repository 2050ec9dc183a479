// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// A grid whose size only memory knows needs `atmost`.
system Ranges {
    kernel unknown_size {
        dims B, M
        in Length: s32[B]
        in A: f32[B, M]
        out C: f32[B, M]
        grid (m in tiles(load Length[b], 64), b in B) { store C[b, m] = load A[b, m] }
    }
    kernel unknown_begin {
        dims B, M
        in First: s32[B]
        in A: f32[B, M]
        out C: f32[B, M]
        grid (m in tiles(load First[b], M, 64), b in B) { store C[b, m] = load A[b, m] }
    }
}

// CHECK: {{.*}}not-compiled-ranges.dsl:10:15: error: a grid range whose bounds the launch does not know, without `atmost`, is not compiled yet [SPK3011]
// CHECK: {{.*}}not-compiled-ranges.dsl:17:15: error: a grid range whose bounds the launch does not know, without `atmost`, is not compiled yet [SPK3011]
// CHECK-NOT: error
