// Roles, loops and branches.
// RUN: spak-opt %s --prepare-emission | spak-translate --spak-cuda-to-cuda | FileCheck %s

// CHECK-LABEL: roles(
spak_cuda.kernel @roles() attributes {threads = 512} {
  // CHECK: const int warpgroup = spak::uniform(threadIdx.x / 128);
  // CHECK: if (warpgroup == 0) {
  // CHECK-NEXT: // Role load: 4 warps, 24 registers, one thread works.
  // CHECK-NEXT: spak::setmaxnreg_dec<24>();
  // CHECK-NEXT: if (threadIdx.x / 32 == 0 && spak::elect_one()) {
  // CHECK: } else if (warpgroup < 3) {
  // CHECK-NEXT: // Role compute: 8 warps, 240 registers.
  // CHECK-NEXT: spak::setmaxnreg_inc<240>();
  // CHECK-NEXT: const int group = warpgroup - 1;
  // CHECK-NEXT: const int thread = threadIdx.x % 128;
  // CHECK-NEXT: const int role_thread = threadIdx.x - 128;
  // CHECK-NEXT: const bool first_thread = thread == 0;
  // CHECK: } else {
  // CHECK-NEXT: // Role store: 4 warps.
  spak_cuda.roles {
    spak_cuda.role @load warps 0 for 4 maxnreg 24 one_thread {
      spak_cuda.comment "load"
    }
    spak_cuda.role @compute warps 4 for 8 maxnreg 240 grow {
      %c0 = arith.constant 0 : i32
      %g = spak_cuda.group_in_role
      %t = spak_cuda.thread_in_group
      %rt = spak_cuda.thread_in_role
      %first = arith.cmpi eq, %t, %c0 : i32
      spak_cuda.tma.wait_all when %first
      spak_cuda.tma.wait_read 0 when %first
      spak_cuda.bar.sync %g threads 128
      spak_cuda.bar.sync %rt threads 128
    }
    spak_cuda.role @store warps 12 for 4 {
      spak_cuda.comment "store"
    }
  }
  spak_cuda.return
}

// CHECK-LABEL: loops(
spak_cuda.kernel @loops(%n: i32 {spak.name = "n"}, %l: i64 {spak.name = "l"}, %out: !spak_cuda.global<i32> {spak.name = "out"}) attributes {threads = 128} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c4 = arith.constant 4 : i32
  %true = arith.constant true
  // CHECK: int count = 0;
  // CHECK-NEXT: #pragma unroll 1
  // CHECK-NEXT: for (int j = 4; j < n; j += 4) {
  // CHECK-NEXT: spak::store_if(true, out + l, count);
  // CHECK-NEXT: ++count;
  // CHECK-NEXT: }
  %r = scf.for %j = %c4 to %n step %c4 iter_args(%i = %c0) -> (i32) : i32 {
    spak_cuda.store %i, %out[%l] when %true : i32, !spak_cuda.global<i32>
    %i1 = arith.addi %i, %c1 : i32
    scf.yield %i1 : i32
  } {unroll = 1 : i64} loc("count")
  // CHECK-NEXT: const bool some = count > 4;
  // CHECK-NEXT: int chosen;
  // CHECK-NEXT: if (some) {
  // CHECK-NEXT: chosen = n - 1;
  // CHECK-NEXT: } else {
  // CHECK-NEXT: chosen = count;
  // CHECK-NEXT: }
  %some = arith.cmpi sgt, %r, %c4 : i32 loc("some")
  %c = scf.if %some -> (i32) {
    %n1 = arith.subi %n, %c1 : i32
    scf.yield %n1 : i32
  } else {
    scf.yield %r : i32
  } loc("chosen")
  // A branch that changes nothing has no else.
  // CHECK-NEXT: if (some) {
  // CHECK-NEXT: #pragma unroll
  // CHECK-NEXT: for (int j_1 = 0; j_1 < 4; ++j_1) {
  // CHECK-NEXT: spak::store_if(true, out + l, chosen);
  // CHECK-NEXT: }
  // CHECK-NEXT: }
  // CHECK-NEXT: spak::store_if(true, out + l, count);
  scf.if %some {
    scf.for %j = %c0 to %c4 step %c1 : i32 {
      spak_cuda.store %c, %out[%l] when %true : i32, !spak_cuda.global<i32>
    } {unroll = -1 : i64}
  }
  spak_cuda.store %r, %out[%l] when %true : i32, !spak_cuda.global<i32>
  spak_cuda.return
}
