// A result that is not the reference's: exit code 6, the case, how far off.
// The exact meaning agrees with the kernel, so it alone passes.
// RUN: not spakc %s --simulate --shape=M=20,N=0:20,K=20 > %t
// RUN: FileCheck %s < %t
// RUN: sh -c 'spakc %s --simulate --shape=M=20,N=20,K=20 > %t.out; test $? -eq 6'
// RUN: spakc %s --simulate=exact --shape=M=20,N=20,K=20 | FileCheck %s --check-prefix=EXACT
// RUN: not spakc %s --simulate=reference --json --shape=M=20,N=20,K=20 | FileCheck %s --check-prefix=JSON
// CHECK: FAILED  spak: K=20 M=20 N=20 normal seed 1
// CHECK-NEXT: C against reference: max {{.*}}
// CHECK-NEXT: relative L2 error {{.*}}, limit 5.000e-03
// CHECK-NEXT: the un-tiled meaning differs from the reference itself: relative L2 9.9{{.*}}e-03, limit 1.000e-06
// CHECK: C against exact meaning
// CHECK-NEXT: FAILED  opened
// CHECK: product after spak: 1 of 2 cases passed
// EXACT: product after scheduled: 1 of 1 cases passed
// JSON: {"dims":{"K":20,"M":20,"N":20},"inputs":"normal","kernel":"product",{{.*}}"outputs":{"C":{"reference":{"failures":["relative L2 error
// JSON-SAME: "pass":false,"phase":"spak","point":{"tile":64},"seed":1}
system Wrong {
    tuning_space { tile: [64] }
    kernel product {
        dims M, N, K
        reference "Inputs/wrong_reference.py:swapped"
        in A: bf16[M, K]
        in B: bf16[N, K]
        out C: bf16[M, N]
        grid (m in tiles(M, tile), n in tiles(N, tile)) {
            acc = zeros f32[m, n]
            for k in tiles(K, tile) {
                acc += dot(load A[m, k], load B[n, k], over: k)
            }
            store C[m, n] = acc
        }
        schedule { consumers = 1 }
    }
}
