// RUN: spakc %s --emit=spak -o - | FileCheck %s
//
// What stands where a range has ended. A select only where it could matter.
system Absent {
    // Zero times something finite is zero: nothing to do.
    // CHECK-LABEL: spak.kernel @loaded
    // CHECK-NOT: spak.select
    kernel loaded {
        dims M, N
        in A: f32[M, N]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            acc = zeros f32[m]
            for n in tiles(N, 32) { acc += sum(2.0 * load A[m, n], over: n) }
            store C[m] = acc
        }
    }
    // exp(0) is 1: absent elements would count.
    // CHECK-LABEL: spak.kernel @not_zero_at_zero
    // CHECK: %[[E:.*]] = math.exp
    // CHECK: %[[I:.*]] = spak.index %n : !spak.range<n=32> -> !spak.tile<n=32 : i32>
    // CHECK: %[[END:.*]] = arith.index_cast %N : index to i32
    // CHECK: %[[ENDS:.*]] = spak.splat %[[END]]
    // CHECK: %[[P:.*]] = arith.cmpi slt, %[[I]], %[[ENDS]]
    // CHECK: %[[PM:.*]] = spak.broadcast %[[P]]
    // CHECK: %[[X:.*]] = spak.select %[[PM]], %[[E]],
    // CHECK: spak.reduce "add" %[[X]] over "n"
    kernel not_zero_at_zero {
        dims M, N
        in A: f32[M, N]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            acc = zeros f32[m]
            for n in tiles(N, 32) { acc += sum(exp(load A[m, n]), over: n) }
            store C[m] = acc
        }
    }
    // Zero is no neutral element of max.
    // CHECK-LABEL: spak.kernel @largest
    // CHECK: dense<0xFF800000>
    // CHECK: spak.select
    // CHECK: spak.reduce "max"
    kernel largest {
        dims M, N
        in A: f32[M, N]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            for n in tiles(N, 32) { store C[m] = max(load A[m, n], over: n) }
        }
    }
    // The mean divides by what is there.
    // CHECK-LABEL: spak.kernel @average
    // CHECK: %[[SUM:.*]] = spak.reduce "add"
    // CHECK: %[[START:.*]] = spak.start %n
    // CHECK: %[[LEFT:.*]] = arith.subi %N, %[[START]]
    // CHECK: arith.minsi %[[LEFT]],
    // CHECK: arith.divf %[[SUM]]
    kernel average {
        dims M, N
        in A: f32[M, N]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            for n in tiles(N, 32) { store C[m] = mean(load A[m, n], over: n) }
        }
    }
    // A range that ends before its tensor does reads real numbers there.
    // CHECK-LABEL: spak.kernel @cut_short
    // CHECK: %[[LEN:.*]] = spak.load_scalar %Len[%b]
    // CHECK: %[[A:.*]] = spak.load %A
    // CHECK: spak.select %{{.*}}, %[[A]],
    kernel cut_short {
        dims B, M, N
        in Len: s32[B]
        in A: f32[B, M, N]
        out C: f32[B, M]
        grid (m in tiles(M, 64), b in B) {
            len = load Len[b]
            acc = zeros f32[m]
            for n in tiles(len, 32) { acc += sum(load A[b, m, n], over: n) }
            store C[b, m] = acc
        }
    }
    // Static bounds that the tile divides have no absent elements.
    // CHECK-LABEL: spak.kernel @exact
    // CHECK-NOT: spak.select
    kernel exact {
        dims M
        static D: [64]
        in A: f32[M, D]
        out C: f32[M]
        grid (m in tiles(M, 64)) {
            acc = zeros f32[m]
            for d in tiles(D, 32) { acc += sum(exp(load A[m, d]), over: d) }
            store C[m] = acc
        }
    }
}
