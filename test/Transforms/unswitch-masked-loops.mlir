// RUN: spak-opt %s -unswitch-masked-loops -o %t.1.mlir && FileCheck %s --input-file %t.1.mlir
// RUN: spak-opt %t.1.mlir -unswitch-masked-loops | diff %t.1.mlir -

// Only the last tile of this loop is masked, and it is peeled: that no masked
// loop is left to run is proved, from ceil(N / 64) - 1 <= floor(N / 64).
// RUN: spak-opt %S/Inputs/two-states.mlir -assign-layouts -plan-staging -plan-roles \
// RUN:   -plan-overlap -stage-loads -specialize-roles -software-pipeline \
// RUN:   -unswitch-masked-loops 2>/dev/null | FileCheck %s --check-prefix PROVED
// PROVED: spak.role @consumer
// PROVED: spak.mask
// PROVED: spak.for
// PROVED-NOT: {{spak.mask|spak.for}}
// PROVED: spak.return

!s = !spak.tile<m=64, n=64 : f32>
!r = !spak.tile<m=64 : f32>
!rs = !spak.rows<!spak.tile<m=64 : f32>>
!mr = !spak.range<m=64>
!nr = !spak.range<n=64>
#window = affine_map<(i, j)[N] -> (i - j + N)>

// Three loops, the carried values handed on; no mask in the middle one.
// CHECK-LABEL: @both_ends
// CHECK-SAME: (%[[SV:.*]]: !spak.{{.*}}, %[[M:.*]]: !spak{{.*}}, %{{.*}}: f32, %[[LO:.*]]: index, %[[HI:.*]]: index, %[[FLO:.*]]: index, %[[FHI:.*]]: index, %{{.*}}: index)
// CHECK: %[[A:.*]] = arith.maxsi %[[FLO]], %[[LO]]
// CHECK: %[[F:.*]] = arith.minsi %[[A]], %[[HI]]
// CHECK: %[[B:.*]] = arith.minsi %[[FHI]], %[[HI]]
// CHECK: %[[L:.*]] = arith.maxsi %[[B]], %[[F]]
// CHECK: %[[ONE:.*]] = spak.for {{.*}} = %[[LO]] to %[[F]] iter_args(
// CHECK: spak.mask
// CHECK: may_be_empty
// CHECK: %[[TWO:.*]] = spak.for {{.*}} = %[[F]] to %[[L]] iter_args({{.*}} = %[[ONE]])
// CHECK-NOT: spak.mask
// CHECK-NOT: may_be_empty
// CHECK: spak.yield
// CHECK: spak.for {{.*}} = %[[L]] to %[[HI]] iter_args({{.*}} = %[[TWO]])
// CHECK: spak.mask
// CHECK: may_be_empty
spak.kernel @both_ends(%S: !spak.view<M, N : f32>, %m: !mr, %scale: f32, %lo: index, %hi: index, %flo: index, %fhi: index, %N: index) {
  %rows0 = spak.softmax.rows : !rs
  %done = spak.for %n : !nr = %lo to %hi full %flo to %fhi iter_args(%rows = %rows0) -> (!rs) {
    %s = spak.splat %scale : f32 -> !s
    %s1 = spak.mask %s where [#window] (%m, %n) [%N] : (!mr, !nr) !s
    %adv, %corr = spak.softmax.advance %rows, %s1 scale %scale may_be_empty : !rs, !s -> !r
    spak.yield %adv : !rs
  }
  spak.return
}

// A full range that begins with the loop needs no loop before it; in reverse
// the masked end comes first.
// CHECK-LABEL: @reverse
// CHECK: %[[B:.*]] = arith.minsi %[[FHI:.*]], %[[HI:.*]] :
// CHECK: %[[L:.*]] = arith.maxsi %[[B]], %[[LO:.*]] :
// CHECK: %[[ONE:.*]] = spak.for {{.*}} = %[[L]] to %[[HI]] iter_args({{.*}}direction = "reverse"
// CHECK: spak.mask
// CHECK: spak.for {{.*}} = %[[LO]] to %[[L]] iter_args({{.*}} = %[[ONE]]){{.*}}direction = "reverse"
// CHECK-NOT: spak.mask
// CHECK-NOT: spak.for
// CHECK: spak.return
spak.kernel @reverse(%S: !spak.view<M, N : f32>, %m: !mr, %scale: f32, %lo: index, %hi: index, %fhi: index, %N: index) {
  %rows0 = spak.softmax.rows : !rs
  %done = spak.for %n : !nr = %lo to %hi full %lo to %fhi iter_args(%rows = %rows0) -> (!rs) attributes {direction = "reverse"} {
    %s = spak.load %S[%m, %n] : !spak.view<M, N : f32>[!mr, !nr] -> !s
    %s1 = spak.mask %s where [#window] (%m, %n) [%N] : (!mr, !nr) !s
    %adv, %corr = spak.softmax.advance %rows, %s1 scale %scale may_be_empty : !rs, !s -> !r
    spak.yield %adv : !rs
  }
  spak.return
}

// Without masks only the range goes; without a range nothing does.
// CHECK-LABEL: @no_mask
// CHECK: spak.for {{.*}} = %[[LO:[a-z0-9]*]] to %[[HI:[a-z0-9]*]] {
// CHECK-NOT: spak.for
// CHECK-LABEL: @no_range
// CHECK: spak.for {{.*}} iter_args
// CHECK: spak.mask
// CHECK-NOT: spak.for
spak.kernel @no_mask(%S: !spak.view<M, N : f32>, %T: !spak.view<M, N : f32>, %m: !mr, %lo: index, %hi: index, %fhi: index) {
  spak.for %n : !nr = %lo to %hi full %lo to %fhi {
    %s = spak.load %S[%m, %n] : !spak.view<M, N : f32>[!mr, !nr] -> !s
    spak.store %s, %T[%m, %n] : !s, !spak.view<M, N : f32>[!mr, !nr]
  }
  spak.return
}
spak.kernel @no_range(%S: !spak.view<M, N : f32>, %m: !mr, %scale: f32, %lo: index, %hi: index, %N: index) {
  %rows0 = spak.softmax.rows : !rs
  %done = spak.for %n : !nr = %lo to %hi iter_args(%rows = %rows0) -> (!rs) {
    %s = spak.load %S[%m, %n] : !spak.view<M, N : f32>[!mr, !nr] -> !s
    %s1 = spak.mask %s where [#window] (%m, %n) [%N] : (!mr, !nr) !s
    %adv, %corr = spak.softmax.advance %rows, %s1 scale %scale may_be_empty : !rs, !s -> !r
    spak.yield %adv : !rs
  }
  spak.return
}
