// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// Extents that are expressions of dims: what they may hold, their names, and
// where a dim gets its value from.
system Extents {
    kernel not_a_size {
        dims B
        in scale: f32
        in A: f32[B + scale]
        in T: f32[B]
        out C: f32[B]
        grid (b in tiles(B, 64)) { store C[b] = load T[b] }
    }
    kernel never_alone {
        dims B, G
        in A: f32[B * G]
        in T: f32[B + 1]
        out C: f32[B]
        grid (b in tiles(B, 64)) { store C[b] = load T[b] }
    }
    kernel one_name {
        dims B, G
        in A: f32[B * 2 as L, G]
        in T: f32[B * 3 as L]
        out C: f32[B]
        grid (b in tiles(B, 64)) { store C[b] = load T[b] }
    }
}

// CHECK: {{.*}}extents.dsl:9:19: error: an extent is a constant from 1, or an expression of dims, got `B + scale` [SPK3034]
// CHECK-NEXT:     9 |         in A: f32[B + scale]
// CHECK-NEXT:       |                   ^~~~~~~~~
// CHECK: {{.*}}extents.dsl:15:17: error: dim `G` is the extent of no tensor [SPK3032]
// CHECK: {{.*}}extents.dsl:24:28: error: `L` is declared twice [SPK3027]
// CHECK: {{.*}}extents.dsl:23:19: note: the first declaration is here
// CHECK-NOT: error
