// What a simulation that cannot be made says.
// RUN: not spakc %s --simulate --shape=M=20,N=20 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: not spakc %s --simulate --shape=M=20,N=20,K=2,L=3 2>&1 | FileCheck %s --check-prefix=DIM
// RUN: not spakc %s --simulate --kernel=other --shape=M=20,N=20,K=2 2>&1 | FileCheck %s --check-prefix=KERNEL
// RUN: not spakc %s --simulate --shape=M=20,N=20,K=2 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: mkdir -p %t/Inputs
// RUN: cp %S/Inputs/wrong_reference.py %t/Inputs
// RUN: sed 's/:shapeless/:raising/' %s > %t/raising.dsl
// RUN: not spakc %t/raising.dsl --simulate --shape=M=20,N=20,K=2 2>&1 | FileCheck %s --check-prefix=RAISES
// SIZE: error: --simulate needs the size of dim `K` [SPK0009]
// SIZE: help: add `K=SIZE` to --shape
// DIM: error: --shape names `L`, which is no dim of `product` [SPK0010]
// DIM: help: its dims are M, N, K
// KERNEL: error: unknown kernel `other` [SPK0004]
// SHAPE: error: the reference `Inputs/wrong_reference.py:shapeless` gave no result: shapeless gives C with shape [1, 1], expected [20, 20] [SPK0011]
// RAISES: error: the reference `Inputs/wrong_reference.py:raising` gave no result: ValueError: no such number [SPK0011]
system Wrong {
    tuning_space { tile: [64] }
    kernel product {
        dims M, N, K
        reference "Inputs/wrong_reference.py:shapeless"
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
