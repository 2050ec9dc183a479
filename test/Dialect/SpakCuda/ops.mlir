// Every op of spak_cuda keeps its text.
// RUN: spak-opt %s | spak-opt | FileCheck %s
// RUN: spak-opt %s --mlir-print-op-generic | spak-opt | FileCheck %s

#desc = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
#row = #spak_cuda.pattern<[2:0, 2:1, 4:0]>
!acc = !spak_cuda.frag<16xf32>
!rows = !spak_cuda.frag<2xf32>
!packed = !spak_cuda.frag<8xvector<2xbf16>>
!tile = !spak_cuda.smem<2 x 8192 bytes of bf16>
!ring = !spak_cuda.ring<2>

// CHECK-DAG: #[[DESC:.+]] = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 8192, transposed = false>
// CHECK-DAG: #[[ROW:.+]] = #spak_cuda.pattern<[2:0, 2:1, 4:0]>
// CHECK-LABEL: spak_cuda.kernel @k(
// CHECK-SAME: !spak_cuda.tmap {spak.name = "map"}
// CHECK-SAME: threads = 256
spak_cuda.kernel @k(%map: !spak_cuda.tmap {spak.name = "map"},
                    %out: !spak_cuda.global<f32>, %n: i32, %when: i1)
    attributes {threads = 256, min_blocks = 1} {
  %zero = arith.constant 0 : i32
  %base = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %f = arith.constant 0.0 : f32
  // CHECK: %[[A:.+]] = spak_cuda.shared "a" at 1024 : <2 x 8192 bytes of bf16>
  %a = spak_cuda.shared "a" at 1024 : !tile
  // CHECK: %[[R:.+]] = spak_cuda.ring "r" full 1 empty 4 at 17408 : <2>
  %r = spak_cuda.ring "r" full 1 empty 4 at 17408 : !ring
  // CHECK: spak_cuda.barrier_ids "turn" ids 2
  %ids = spak_cuda.barrier_ids "turn" ids 2
  // CHECK: spak_cuda.syncthreads
  spak_cuda.syncthreads
  // CHECK: spak_cuda.block
  %block = spak_cuda.block
  // CHECK: spak_cuda.blocks
  %blocks = spak_cuda.blocks
  // CHECK: spak_cuda.uniform
  %u = spak_cuda.uniform %block
  // CHECK: spak_cuda.roles {
  spak_cuda.roles {
    // CHECK: spak_cuda.role @producer warps 0 for 4 maxnreg 24 one_thread {
    spak_cuda.role @producer warps 0 for 4 maxnreg 24 one_thread {
      // CHECK: spak_cuda.ring.acquire %[[R]], %{{.+}} : <2>
      spak_cuda.ring.acquire %r, %n : !ring
      // CHECK: spak_cuda.ring.expect %[[R]], %{{.+}} bytes 8192
      spak_cuda.ring.expect %r, %n bytes 8192 : !ring
      // CHECK: spak_cuda.tma.load %{{.+}}[%{{.+}}, %{{.+}}] into %[[A]][%{{.+}}] at %{{.+}} signals %[[R]], %{{.+}} {offset = 64 : i64}
      spak_cuda.tma.load %map[%zero, %n] into %a[%zero] at %n signals %r, %n {offset = 64 : i64} : !tile, !ring
      // CHECK: spak_cuda.ring.commit %[[R]]
      spak_cuda.ring.commit %r, %n : !ring
    }
    // CHECK: spak_cuda.role @consumer warps 4 for 4 maxnreg 240 grow {
    spak_cuda.role @consumer warps 4 for 4 maxnreg 240 grow {
      // CHECK: spak_cuda.lane
      %lane = spak_cuda.lane
      // CHECK: spak_cuda.warp_in_group
      %warp = spak_cuda.warp_in_group
      // CHECK: spak_cuda.group_in_role
      %group = spak_cuda.group_in_role
      // CHECK: spak_cuda.thread_in_group
      %tg = spak_cuda.thread_in_group
      // CHECK: spak_cuda.thread_in_role
      %tr = spak_cuda.thread_in_role
      // CHECK: spak_cuda.ring.wait
      spak_cuda.ring.wait %r, %n : !ring
      // CHECK: spak_cuda.wgmma.fence
      spak_cuda.wgmma.fence
      // CHECK: %[[S:.+]] = spak_cuda.wgmma.ss %[[A]][%{{.+}}] at %{{.+}} desc #[[DESC]], %[[A]][%{{.+}}] desc #[[DESC]] n 32 k 64 : <2 x 8192 bytes of bf16>, <2 x 8192 bytes of bf16> -> <16xf32>
      %s = spak_cuda.wgmma.ss %a[%zero] at %n desc #desc, %a[%zero] desc #desc n 32 k 64 : !tile, !tile -> !acc
      // CHECK: spak_cuda.wgmma.commit
      spak_cuda.wgmma.commit
      // CHECK: %[[W:.+]] = spak_cuda.wgmma.wait 0 of %[[S]] : !spak_cuda.frag<16xf32> -> !spak_cuda.frag<16xf32>
      %w = spak_cuda.wgmma.wait 0 of %s : !acc -> !acc
      // CHECK: spak_cuda.ring.release %[[R]], %{{.+}} when
      spak_cuda.ring.release %r, %n when %when : !ring
      // CHECK: %[[MX:.+]] = spak_cuda.row_reduce "max" %[[W]] rows #[[ROW]] : <16xf32> -> <2xf32>
      %mx = spak_cuda.row_reduce "max" %w rows #row : !acc -> !rows
      // CHECK: spak_cuda.row_reduce "max" %[[W]] rows #[[ROW]] from %[[MX]] : !spak_cuda.frag<2xf32> {chains = 4 : i64}
      %mx2 = spak_cuda.row_reduce "max" %w rows #row from %mx : !rows {chains = 4 : i64} : !acc -> !rows
      // CHECK: spak_cuda.lane_reduce "max" %{{.+}} xor [1, 2]
      %mx3 = spak_cuda.lane_reduce "max" %mx2 xor [1, 2] : !rows
      // CHECK: spak_cuda.map of %[[W]], %{{.+}} by [unit, #[[ROW]]] coords [#{{.+}}] in_place 0 {
      %e = spak_cuda.map of %w, %mx3 by [unit, #row] coords [#spak_cuda.pattern<[2:1, 2:0, 4:8]>] in_place 0 {
      ^bb0(%x: f32, %m: f32, %at: i32):
        %d = arith.subf %x, %m : f32
        spak_cuda.yield %d : f32
      } : (!acc, !rows) -> !acc
      // CHECK: spak_cuda.map by [] coords []
      %none = spak_cuda.map by [] coords [] {
        spak_cuda.yield %f : f32
      } : () -> !rows
      // CHECK: spak_cuda.pack
      %p = spak_cuda.pack %e : !acc -> !packed
      // CHECK: spak_cuda.frag.fill
      %z = spak_cuda.frag.fill %f : f32 -> !acc
      // CHECK: spak_cuda.wgmma.fence of %{{.+}}, %{{.+}} : !spak_cuda.frag<16xf32>, !spak_cuda.frag<8xvector<2xbf16>> -> !spak_cuda.frag<16xf32>, !spak_cuda.frag<8xvector<2xbf16>>
      %pin:2 = spak_cuda.wgmma.fence of %z, %p : !acc, !packed -> !acc, !packed
      // CHECK: spak_cuda.wgmma.rs %{{.+}}, %[[A]][%{{.+}}] at %{{.+}} desc #[[DESC]] acc %{{.+}} n 32 k 32
      %o = spak_cuda.wgmma.rs %pin#1, %a[%zero] at %n desc #desc acc %pin#0 n 32 k 32 : !packed, !tile -> !acc
      spak_cuda.wgmma.commit
      %o1:2 = spak_cuda.wgmma.wait 0 of %o, %pin#1 : !acc, !packed -> !acc, !packed
      // CHECK: spak_cuda.frag.get %{{.+}}[3]
      %g = spak_cuda.frag.get %o1#0[3] : !acc -> f32
      // CHECK: spak_cuda.frag.copy
      %copy = spak_cuda.frag.copy %mx : !rows
      // CHECK: spak_cuda.warp_any
      %any = spak_cuda.warp_any %when
      // CHECK: spak_cuda.bar.sync %{{.+}} threads 128
      spak_cuda.bar.sync %ids threads 128
      // CHECK: spak_cuda.bar.arrive %{{.+}} threads 256
      spak_cuda.bar.arrive %ids threads 256
      // CHECK: spak_cuda.tma.wait_read 1 when
      spak_cuda.tma.wait_read 1 when %when
      // CHECK: spak_cuda.stmatrix %{{.+}} from 4, %[[A]][%{{.+}}] row %{{.+}} width 32 {offset = 64 : i64}
      spak_cuda.stmatrix %o1#1 from 4, %a[%zero] row %n width 32 {offset = 64 : i64} : !packed, !tile
      // CHECK: spak_cuda.ldmatrix %[[A]][%{{.+}}] row %{{.+}} width 32 slab 4096 : {{.+}} -> <8xvector<2xbf16>>
      %fetched = spak_cuda.ldmatrix %a[%zero] row %n width 32 slab 4096 : !tile -> !packed
      // CHECK: spak_cuda.fence_async
      spak_cuda.fence_async
      // CHECK: spak_cuda.tma.store %[[A]][%{{.+}}] at %{{.+}} to %{{.+}}[%{{.+}}, %{{.+}}] when %{{.+}} :
      spak_cuda.tma.store %a[%zero] at %n to %map[%zero, %n] when %when : !tile
      // CHECK: spak_cuda.tma.wait_all when
      spak_cuda.tma.wait_all when %when
      // CHECK: %[[L:.+]] = spak_cuda.load_frag %{{.+}}[%{{.+}}] coords(%{{.+}}) by [#{{.+}}] strides(%{{.+}}) limits(%{{.+}}) : <f32> -> <2xf32>
      %l = spak_cuda.load_frag %out[%base] coords(%n) by [#spak_cuda.pattern<[2:8]>] strides(%one) limits(%n) : !spak_cuda.global<f32> -> !rows
      // CHECK: spak_cuda.store_frag %[[L]], %{{.+}}[%{{.+}}] coords(%{{.+}}) by [#{{.+}}] strides(%{{.+}}) limits(%{{.+}}) when %{{.+}} :
      spak_cuda.store_frag %l, %out[%base] coords(%n) by [#spak_cuda.pattern<[2:8]>] strides(%one) limits(%n) when %when : !rows, !spak_cuda.global<f32>
      // CHECK: spak_cuda.load %{{.+}}[%{{.+}}]
      %v = spak_cuda.load %out[%base] : !spak_cuda.global<f32> -> f32
      // CHECK: spak_cuda.store %{{.+}}, %{{.+}}[%{{.+}}] when
      spak_cuda.store %v, %out[%base] when %when : f32, !spak_cuda.global<f32>
      // CHECK: spak_cuda.comment "text"
      spak_cuda.comment "text"
      // CHECK: spak_cuda.verbatim "text;"
      spak_cuda.verbatim "text;"
      // CHECK: spak_cuda.declare "x" : !spak_cuda.frag<16xf32>
      spak_cuda.declare "x" : !acc
    }
  }
  spak_cuda.return
}

// CHECK-LABEL: spak_cuda.host @h(
spak_cuda.host @h(%p: !spak_cuda.global<bf16> {spak.name = "P"}, %n: i64, %s: i64) {
  // CHECK: spak_cuda.host.present
  %there = spak_cuda.host.present %p : !spak_cuda.global<bf16>
  // CHECK: spak_cuda.host.check %{{.+}}, 1, "`P` is null"
  spak_cuda.host.check %there, 1, "`P` is null"
  // CHECK: spak_cuda.host.aligned %{{.+}} to 16
  %aligned = spak_cuda.host.aligned %p to 16 : !spak_cuda.global<bf16>
  // CHECK: spak_cuda.host.tensor_map %{{.+}} dims(%{{.+}}, %{{.+}}) strides(%{{.+}}) box [64, 64] swizzle 128
  %map = spak_cuda.host.tensor_map %p dims(%n, %n) strides(%s) box [64, 64] swizzle 128 : !spak_cuda.global<bf16>
  // CHECK: spak_cuda.host.sms
  %sms = spak_cuda.host.sms
  // CHECK: spak_cuda.host.launch @k grid %{{.+}}(%{{.+}}) : !spak_cuda.tmap
  spak_cuda.host.launch @k grid %sms(%map) : !spak_cuda.tmap
  spak_cuda.return
}

// CHECK-LABEL: spak_cuda.host @w(
spak_cuda.host @w(%p: !spak_cuda.global<i32> {spak.name = "workspace", spak.kind = "workspace"}) {
  %sms = spak_cuda.host.sms
  // CHECK: spak_cuda.host.workspace %{{.+}}
  spak_cuda.host.workspace %sms
  spak_cuda.return
}
