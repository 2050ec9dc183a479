// RUN: not spakc %s --emit=spak -o - 2>&1 | FileCheck %s

// What may stand in a schedule.
system Schedules {
    tuning_space { stages: [2, 3]  how: ["intra"] }
    kernel k {
        dims M, N
        in A: f32[M, N]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            acc = zeros f32[m]
            for n in tiles(N, 64) { acc += sum(load A[m, n], over: n) }
            store C[m] = acc
        }
        schedule {
            slot(A) = stages
            slots(B) = stages
            slots(C) = stages
            slots = stages
            prefetch(A) = how
            consumers = 0
            registers(producer) = 30
            registers(helper) = 32
            overlap = "everything"
            order = grouped(h, 4)
            persistent = stages
            raster = grouped(m, 0)
            consumers = 1
            epilogue_slots = 1
            epilogue_slots = 2
            cluster(m) = 9
            cluster(n) = 2
        }
    }
}

// CHECK: {{.*}}schedule.dsl:16:13: error: unknown schedule key `slot` [SPK3029]
// CHECK-NEXT:    16 |             slot(A) = stages
// CHECK-NEXT:       |             ^~~~
// CHECK-NEXT: help: did you mean `slots`?
// CHECK-NEXT: {{.*}}schedule.dsl:17:19: error: `slots` expects an input tensor in parentheses, got `B` [SPK3031]
// CHECK-NEXT:    17 |             slots(B) = stages
// CHECK-NEXT:       |                   ^
// CHECK-NEXT: help: names that fit: `A`
// CHECK-NEXT: {{.*}}schedule.dsl:18:19: error: `slots` expects an input tensor in parentheses, got `C` [SPK3031]
// CHECK-NEXT:    18 |             slots(C) = stages
// CHECK-NEXT:       |                   ^
// CHECK-NEXT: help: names that fit: `A`
// CHECK-NEXT: {{.*}}schedule.dsl:19:13: error: `slots` expects an input tensor in parentheses, got 0 arguments [SPK3031]
// CHECK-NEXT:    19 |             slots = stages
// CHECK-NEXT:       |             ^~~~~~~~~~~~~~
// CHECK-NEXT: {{.*}}schedule.dsl:20:27: error: `prefetch` expects an integer from 0 to 16, got `intra` [SPK3030]
// CHECK-NEXT:    20 |             prefetch(A) = how
// CHECK-NEXT:       |                           ^~~
// CHECK-NEXT: {{.*}}schedule.dsl:21:25: error: `consumers` expects an integer from 1 to 3, got `0` [SPK3030]
// CHECK-NEXT:    21 |             consumers = 0
// CHECK-NEXT:       |                         ^
// CHECK-NEXT: {{.*}}schedule.dsl:22:35: error: `registers` expects a multiple of 8, got `30` [SPK3030]
// CHECK-NEXT:    22 |             registers(producer) = 30
// CHECK-NEXT:       |                                   ^~
// CHECK-NEXT: {{.*}}schedule.dsl:23:23: error: `registers` expects `producer` or `consumer` in parentheses, got `helper` [SPK3031]
// CHECK-NEXT:    23 |             registers(helper) = 32
// CHECK-NEXT:       |                       ^~~~~~
// CHECK-NEXT: help: names that fit: `producer`, `consumer`
// CHECK-NEXT: {{.*}}schedule.dsl:24:23: error: `overlap` expects one of "none", "intra", "pingpong", "both", got `everything` [SPK3030]
// CHECK-NEXT:    24 |             overlap = "everything"
// CHECK-NEXT:       |                       ^~~~~~~~~~~~
// CHECK-NEXT: {{.*}}schedule.dsl:25:29: error: `grouped` expects a grid variable in parentheses, got `h` [SPK3031]
// CHECK-NEXT:    25 |             order = grouped(h, 4)
// CHECK-NEXT:       |                             ^
// CHECK-NEXT: help: names that fit: `m`
// CHECK-NEXT: {{.*}}schedule.dsl:26:26: error: `persistent` expects `true` or `false`, got `2` [SPK3030]
// CHECK-NEXT:    26 |             persistent = stages
// CHECK-NEXT:       |                          ^~~~~~
// CHECK-NEXT: {{.*}}schedule.dsl:27:33: error: `grouped` expects an integer from 1, got `0` [SPK3030]
// CHECK-NEXT:    27 |             raster = grouped(m, 0)
// CHECK-NEXT:       |                                 ^
// CHECK-NEXT: {{.*}}schedule.dsl:30:13: error: `epilogue_slots` is declared twice [SPK3027]
// CHECK-NEXT:    30 |             epilogue_slots = 2
// CHECK-NEXT:       |             ^~~~~~~~~~~~~~~~~~
// CHECK-NEXT: {{.*}}schedule.dsl:29:13: note: the first one is here
// CHECK-NEXT:    29 |             epilogue_slots = 1
// CHECK-NEXT:       |             ^~~~~~~~~~~~~~~~~~
// CHECK-NEXT: {{.*}}schedule.dsl:31:26: error: `cluster` expects an integer from 1 to 8, got `9` [SPK3030]
// CHECK-NEXT:    31 |             cluster(m) = 9
// CHECK-NEXT:       |                          ^
// CHECK-NEXT: {{.*}}schedule.dsl:32:21: error: `cluster` expects a grid variable in parentheses, got `n` [SPK3031]
// CHECK-NEXT:    32 |             cluster(n) = 2
// CHECK-NEXT:       |                     ^
// CHECK-NEXT: help: names that fit: `m`
// CHECK-NOT: error
