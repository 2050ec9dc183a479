// RUN: spakc %s --emit=spak -o - | FileCheck %s
//
// Predicates as data: unions of conjunctions of affine conditions. Aliases of
// maps stand at the top, in the order of use.
// CHECK-DAG: #[[CAUSAL:.*]] = affine_map<(d0, d1) -> (d0 - d1)>
// CHECK-DAG: #[[WINDOW:.*]] = affine_map<(d0, d1) -> (d0 - d1, -d0 + d1 + 127)>
// CHECK-DAG: #[[WINDOW2:.*]] = affine_map<(d0, d1) -> (-d0 + d1 + 127, d0 - d1)>
// CHECK-DAG: #[[SINK:.*]] = affine_map<(d0, d1) -> (-d1 + 3)>
// CHECK-DAG: #[[CHUNK:.*]] = affine_map<(d0, d1) -> (-d1 + (d0 floordiv 256) * 256 + 255, d1 - (d0 floordiv 256) * 256)>
// CHECK-DAG: #[[NAMED:.*]] = affine_map<(d0, d1)[s0] -> (d0 - d1 + s0, -d0 + d1 - s0 + 64)>
// CHECK-DAG: #[[LENGTH:.*]] = affine_map<(d0)[s0] -> (-d0 + s0 - 1)>
system Masks {
    design_space { which: ["causal"] }
    kernel masks {
        dims M, N
        in A: f32[M, N]
        in limit: s32
        out C: f32[M, N]
        grid (m in tiles(M, 64), n in tiles(N, 64)) {
            a = load A[m, n]
            // CHECK: spak.mask %{{.*}} where [#[[CAUSAL]]](%m, %n) []
            causal = mask(a, n <= m)
            // CHECK: spak.mask %{{.*}} where [#[[WINDOW]]](%m, %n) []
            window = mask(causal, n <= m and n > m - 128)
            // CHECK: spak.mask %{{.*}} where [#[[WINDOW2]], #[[SINK]]](%m, %n) []
            sink = mask(window, (m - 128 < n <= m) or n < 4)
            // CHECK: spak.mask %{{.*}} where [#[[CHUNK]]](%m, %n) []
            chunk = mask(sink, m / 256 == n / 256)
            // CHECK: spak.mask %{{.*}} where [#[[LENGTH]]](%n) [%{{.*}}]
            length = mask(chunk, n < limit)
            // Not affine: a select per element.
            // CHECK-NOT: spak.mask
            // CHECK: arith.muli
            // CHECK: arith.cmpi slt
            // CHECK: spak.select
            product = mask(length, m * n < 100)
            // A predicate that the point decides leaves no trace.
            nothing = mask(product, which == "causal")
            // An index or a predicate with a name is what it stands for.
            // CHECK: %named = spak.mask %product where [#[[NAMED]]](%m, %n) [%{{.*}}]
            i = m + limit
            near = n <= i
            named = mask(nothing, near and n >= i - 64)
            // One that reads what is bound again is a select: when did it?
            // CHECK: %[[EARLY:.*]] = arith.cmpi sle
            // CHECK: spak.select %[[EARLY]], %named
            // CHECK: spak.store
            shift = limit + 1
            early = n <= m + shift
            for k in 0 .. 4 { shift = shift + 1 }
            nothing = mask(named, early)
            store C[m, n] = nothing
        }
    }
}
