// RUN: spakc %s --emit=spak -o - | FileCheck %s
//
// A loop over an index is one over tiles of one; a number that it rebinds is
// carried like any value.
// CHECK: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK: %[[DONE:.*]]:2 = spak.for %g: !spak.range<g=1> = %{{.*}} to %G iter_args(
// CHECK: %[[I:.*]] = spak.start %g
// CHECK: spak.load %A[%[[I]], %m]
// CHECK: arith.addi
// CHECK: spak.yield
system Loops {
    kernel k {
        dims G, M
        in A: f32[G, M]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            acc = zeros f32[m]
            count = 0
            for g in 0 .. G {
                acc += load A[g, m]
                count += 1
            }
            store C[m] = acc / select(count > 0, count, 1)
        }
    }
}
