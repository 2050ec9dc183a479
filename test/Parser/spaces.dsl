// RUN: spak-parse --locations %s | FileCheck %s
// Every form of an axis, and constraints wherever they may stand.
system Spaces {
    // CHECK: design_space <5:5>
    design_space {
        // CHECK-NEXT: axis scheme: ["online", "naive"] <7:9>
        scheme: ["online", 'naive']
        // CHECK-NEXT: axis flags: [true, false] <9:9>
        flags: [true, false],
        // CHECK-NEXT: axis one: "text" <11:9>
        one: "text"
        // CHECK-NEXT: axis order <13:9>
        order
        // CHECK-NEXT: axis empty <15:9>
        empty:
        // CHECK-NEXT: axis nested {} <19:9>
        // CHECK-NEXT: axis a: [1] <19:18>
        // CHECK-NEXT: axis b: 2 <19:25>
        nested { a: [1] b: 2 }
        // CHECK-NEXT: axis colon {} <22:9>
        // CHECK-NEXT: axis c: "x" <22:18>
        colon: { c: "x" }
    }
    // CHECK-NEXT: tuning_space Fast <25:5>
    tuning_space Fast {
        // CHECK-NEXT: axis size: [1, 2, 3] <27:9>
        size: [1, 2, // in between
               3]
        // CHECK-NEXT: axis stages: range[1, 4] <30:9>
        stages: range[1, 4]
        // CHECK-NEXT: axis steps: range[8, 64, 8] <32:9>
        steps: range [8, 64, 8]   rate: [1e-1, -1e20, .5]
        // CHECK-NEXT: axis rate: [0.1, -1e+20, 0.5] <32:35>
        // CHECK-NEXT: constraint "fits": 2 * size * (1 + stages) <= device.smem_per_block <36:9>
        // CHECK-NEXT: constraint size % 2 == 0 or size == 1 <38:9>
        constraint "fits": 2 * size * (1 + stages)
            <= device.smem_per_block
        constraint size % 2 == 0 || size == 1
    }
    // CHECK-NEXT: constraint "chain": 1 <= size < 4 and not rate == 0.5 <41:5>
    constraint "chain": 1 <= size < 4 && !(rate == 0.5)
}
