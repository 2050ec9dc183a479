// A static that nobody fixes follows the others where constraints on such axes
// alone ask for it; one that `-D` fixes does not.
// RUN: spakc %s -D D=64 --emit=spak -o - | FileCheck %s --check-prefix=SAME
// RUN: spakc %s -D D=192 --emit=spak -o - | FileCheck %s --check-prefix=FIRST
// RUN: not spakc %s -D D=64 -D Dv=128 -o - 2>&1 | FileCheck %s --check-prefix=FIXED
// RUN: spakc %s -D D=64 --remarks -o - 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK
// SAME: point = {D = 64 : i64, Dv = 64 : i64
// FIRST: point = {D = 192 : i64, Dv = 128 : i64
// FIXED: error: no point with `D=64,Dv=128` satisfies the constraint "widths"
// REMARK: remark: axis `Dv` is 64, the first that the constraints allow
system S {
    tuning_space { tile: [64, 128] }
    constraint "widths": Dv == D or (D == 192 and Dv == 128)
    kernel k {
        dims M, N
        static D: [128, 64, 192]
        static Dv: [128, 64]
        in A: bf16[M, D]   in B: bf16[N, D]   in V: bf16[N, Dv]   out C: bf16[M, Dv]
        grid (m in tiles(M, tile)) {
            a = load A[m, :]
            acc = zeros f32[m, Dv]
            for n in tiles(N, 64) {
                s = dot(a, load B[n, :], over: D)
                acc += dot(s as bf16, load V[n, :], over: n)
            }
            store C[m, :] = acc
        }
    }
}
