// Names, variables and copies.
// RUN: spak-opt %s --prepare-emission | FileCheck %s

#row = #spak_cuda.pattern<[2:0, 2:1, 4:0]>
!acc = !spak_cuda.frag<16xf32>
!rows = !spak_cuda.frag<2xf32>

// One storage from the zero to the last result: one variable, declared where
// all of it is in scope. The names come from locations.
// CHECK-LABEL: spak_cuda.kernel @chain
// CHECK-SAME: spak_cuda.arg_names = ["n", "threadIdx_1"]
spak_cuda.kernel @chain(%n: i32 {spak.name = "n"}, %x: f32 {spak.name = "threadIdx"}) attributes {threads = 128} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %f0 = arith.constant 0.0 : f32
  // CHECK: spak_cuda.declare "o" : !spak_cuda.frag<16xf32>
  // CHECK: spak_cuda.frag.fill {{.*}} {spak_cuda.names = ["o"]}
  %z = spak_cuda.frag.fill %f0 : f32 -> !acc
  // CHECK: scf.for
  %r = scf.for %j = %c0 to %n step %c1 iter_args(%o = %z) -> (!acc) : i32 {
    // CHECK: spak_cuda.map of {{.*}} in_place 0 attributes {spak_cuda.arg_names = ["", ""], spak_cuda.names = ["o"]}
    %o1 = spak_cuda.map of %o by [unit] coords [#spak_cuda.pattern<[16:1]>] in_place 0 {
    ^bb0(%e: f32, %at: i32):
      %y = arith.mulf %e, %x : f32
      spak_cuda.yield %y : f32
    } : (!acc) -> !acc loc("o")
    scf.yield %o1 : !acc
  }
  // CHECK: } {spak_cuda.arg_names = ["j", "o"], spak_cuda.names = ["o"]}
  spak_cuda.return
}

// Two chains that begin with one constant are two variables.
// CHECK-LABEL: spak_cuda.kernel @two_chains
spak_cuda.kernel @two_chains(%n: i32, %x: f32) attributes {threads = 128} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %f0 = arith.constant 0.0 : f32
  %z = spak_cuda.frag.fill %f0 : f32 -> !acc
  // CHECK-DAG: spak_cuda.declare "tile" : !spak_cuda.frag<16xf32>
  // CHECK-DAG: spak_cuda.declare "tile_1" : !spak_cuda.frag<16xf32>
  // CHECK-DAG: spak_cuda.frag.fill {{.*}} {spak_cuda.names = ["tile"]}
  // CHECK-DAG: spak_cuda.frag.fill {{.*}} {spak_cuda.names = ["tile_1"]}
  %r:2 = scf.for %j = %c0 to %n step %c1 iter_args(%a = %z, %b = %z) -> (!acc, !acc) : i32 {
    %a1 = spak_cuda.map of %a by [unit] coords [] in_place 0 {
    ^bb0(%e: f32):
      %y = arith.mulf %e, %x : f32
      spak_cuda.yield %y : f32
    } : (!acc) -> !acc
    scf.yield %a1, %b : !acc, !acc
  }
  spak_cuda.return
}

// The old and the new maximum are needed at the same time: two variables and a
// copy of two registers at the end of the round.
// CHECK-LABEL: spak_cuda.kernel @old_and_new
spak_cuda.kernel @old_and_new(%n: i32, %g: !spak_cuda.global<f32>, %o: i64) attributes {threads = 128} {
  %f = spak_cuda.load_frag %g[%o] coords(%n) by [unit] strides(%o) limits(%n) : !spak_cuda.global<f32> -> !acc
  %m0 = spak_cuda.load_frag %g[%o] coords(%n) by [unit] strides(%o) limits(%n) : !spak_cuda.global<f32> -> !rows loc("old")
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  // CHECK: scf.for
  %r = scf.for %j = %c0 to %n step %c1 iter_args(%m = %m0) -> (!rows) : i32 {
    // CHECK: %[[NEW:.+]] = spak_cuda.row_reduce "max" {{.*}} {spak_cuda.names = ["next"]}
    %new = spak_cuda.row_reduce "max" %f rows #row from %m : !rows : !acc -> !rows loc("next")
    %d = spak_cuda.map of %m, %new by [unit, unit] coords [] {
    ^bb0(%a: f32, %b: f32):
      %y = arith.subf %a, %b : f32
      spak_cuda.yield %y : f32
    } : (!rows, !rows) -> !rows
    // CHECK: %[[COPY:.+]] = spak_cuda.frag.copy %[[NEW]] {spak_cuda.names = ["old"]}
    // CHECK: scf.yield %[[COPY]]
    scf.yield %new : !rows
  }
  spak_cuda.return
}

// Scalars: used once, they stand in the expression; a counter that a loop
// carries is one variable, also through a loop inside and a branch.
// CHECK-LABEL: spak_cuda.kernel @scalars
spak_cuda.kernel @scalars(%n: i32) attributes {threads = 128} {
  %r = spak_cuda.ring "r" full 1 empty 1 at 0 : !spak_cuda.ring<2>
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  // CHECK: arith.addi {{.*}} {spak_cuda.names = [""]}
  %once = arith.addi %n, %c1 : i32
  // CHECK: arith.muli {{.*}} {spak_cuda.names = ["twice"]}
  %twice = arith.muli %once, %n : i32 loc("twice")
  %more = arith.cmpi sgt, %n, %twice : i32
  // CHECK: scf.for
  %e = scf.for %tile = %c0 to %twice step %c1 iter_args(%it = %c0) -> (i32) : i32 {
    %i2 = scf.if %more -> (i32) {
      %i1 = scf.for %k = %c0 to %n step %c1 iter_args(%i = %it) -> (i32) : i32 {
        spak_cuda.ring.wait %r, %i : !spak_cuda.ring<2>
        // CHECK: arith.addi {{.*}} {spak_cuda.names = [""]}
        %next = arith.addi %i, %c1 : i32
        scf.yield %next : i32
      }
      // CHECK: } {spak_cuda.arg_names = ["j_1", "r_count"], spak_cuda.names = ["r_count"]}
      scf.yield %i1 : i32
    } else {
      scf.yield %it : i32
    }
    // CHECK: } {spak_cuda.names = ["r_count"]}
    scf.yield %i2 : i32
  }
  // CHECK: } {spak_cuda.arg_names = ["j", "r_count"], spak_cuda.names = ["r_count"]}
  spak_cuda.return
}

// A counter that is still needed cannot be the inner loop's.
// CHECK-LABEL: spak_cuda.kernel @counter_needed_later
spak_cuda.kernel @counter_needed_later(%n: i32) attributes {threads = 128} {
  %r = spak_cuda.ring "r" full 1 empty 1 at 0 : !spak_cuda.ring<2>
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %e = scf.for %tile = %c0 to %n step %c1 iter_args(%it = %c0) -> (i32) : i32 {
    %i1 = scf.for %k = %c0 to %n step %c1 iter_args(%i = %it) -> (i32) : i32 {
      spak_cuda.ring.wait %r, %i : !spak_cuda.ring<2>
      %next = arith.addi %i, %c1 : i32
      scf.yield %next : i32
    }
    // CHECK: } {spak_cuda.arg_names = ["j_1", "r_count_1"], spak_cuda.names = ["r_count_1"]}
    spak_cuda.ring.wait %r, %it : !spak_cuda.ring<2>
    scf.yield %i1 : i32
  }
  // CHECK: } {spak_cuda.arg_names = ["j", "r_count"], spak_cuda.names = ["r_count"]}
  spak_cuda.return
}
