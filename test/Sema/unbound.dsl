// RUN: spakc %s --emit=spak -o %t.mlir 2>&1 | FileCheck %s
//
// A sentence that looks formal but names nothing is a warning; prose is not.
system Knowledge {
    tuning_space { tile_m: [64, 128] }
    knowledge {
        invariant typo { assert: "num_hads % 4 == 0" }
        invariant good { assert: "heads % 4 == 0 and tile_m >= 64" }
        invariant prose { assert: "the rows of a tile belong to one head" }
        fact wrong_when { when: "tile_q == 64"  recommend: "tile_m = 128"  confidence: 1.0 }
        fact wrong_axis { recommend: "tile_n = 128"  confidence: 0.9 }
        rule "vague" { when: "the card is small"  recommend: "use less of everything" }
        rule "chained" { when: "good && device == 'NVIDIA H200'"  recommend: "tile_m = 128"  confidence: 0.1 }
    }
    kernel k {
        dims H as num_heads, heads, M
        in A: f32[H, heads, M]
        out C: f32[H, heads, M]
        grid (m in tiles(M, tile_m), h in H, g in heads) { store C[h, g, m] = load A[h, g, m] }
    }
}

// CHECK: {{.*}}unbound.dsl:7:35: warning: `num_hads` is no axis and no dim: this invariant `typo` is not checked [SPK2017, -Wunbound]
// CHECK-NEXT:     7 |         invariant typo { assert: "num_hads % 4 == 0" }
// CHECK-NEXT:       |                                   ^~~~~~~~
// CHECK-NEXT: help: did you mean `num_heads`?
// CHECK-NEXT: {{.*}}unbound.dsl:10:34: warning: `tile_q` is no axis and no dim: this fact `wrong_when` is not checked [SPK2017, -Wunbound]
// CHECK-NEXT:    10 |         fact wrong_when { when: "tile_q == 64"  recommend: "tile_m = 128"  confidence: 1.0 }
// CHECK-NEXT:       |                                  ^~~~~~
// CHECK-NEXT: help: did you mean `tile_m`?
// CHECK-NEXT: {{.*}}unbound.dsl:11:39: warning: `tile_n` is no axis and no dim: this fact `wrong_axis` is not checked [SPK2017, -Wunbound]
// CHECK-NEXT:    11 |         fact wrong_axis { recommend: "tile_n = 128"  confidence: 0.9 }
// CHECK-NEXT:       |                                       ^~~~~~
// CHECK-NEXT: help: did you mean `tile_m`?
// CHECK-NOT: error
