// C = relu(A B^T + bias) by hand, bf16, 128 x 256 x 64 tiles, 4 slots,
// persistent: what the passes are expected to arrive at.
#ad = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 16384, transposed = false>
#bd = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 32768, transposed = false>
#col = #spak_cuda.pattern<[2:1, 2:0, 32:8]>
!acc = !spak_cuda.frag<128xf32>
!p64 = !spak_cuda.frag<64xvector<2xbf16>>
!sa = !spak_cuda.smem<4 x 16384 bytes of bf16>
!sb = !spak_cuda.smem<4 x 32768 bytes of bf16>
!sc = !spak_cuda.smem<2 x 16384 bytes of bf16>
!ring = !spak_cuda.ring<4>
!g = !spak_cuda.global<bf16>
!gf = !spak_cuda.global<f32>
!tmap = !spak_cuda.tmap

spak_cuda.kernel @matmul_kernel(
    %ta: !tmap {spak.name = "A_map"}, %tb: !tmap {spak.name = "B_map"},
    %tc: !tmap {spak.name = "C_map"}, %bias: !gf {spak.name = "bias"},
    %N: i32 {spak.name = "N"}, %nm: i32 {spak.name = "nm"},
    %nn: i32 {spak.name = "nn"}, %nk: i32 {spak.name = "nk"},
    %tiles: i32 {spak.name = "tiles"})
    attributes {threads = 384, min_blocks = 1, smem_bytes = 229440} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %c4 = arith.constant 4 : i32
  %c16 = arith.constant 16 : i32
  %c64 = arith.constant 64 : i32
  %c128 = arith.constant 128 : i32
  %c192 = arith.constant 192 : i32
  %c256 = arith.constant 256 : i32
  %c8192 = arith.constant 8192 : i32
  %f0 = arith.constant 0.0 : f32
  %zero64 = arith.constant 0 : i64
  %one64 = arith.constant 1 : i64
  %sa = spak_cuda.shared "sA" at 0 : !sa
  %sb = spak_cuda.shared "sB" at 65536 : !sb
  %sc = spak_cuda.shared "sC" at 196608 : !sc
  %ring = spak_cuda.ring "ab" full 1 empty 8 at 229376 : !ring
  spak_cuda.syncthreads
  %bid = spak_cuda.block
  %nb = spak_cuda.blocks
  spak_cuda.roles {
    spak_cuda.role @producer warps 0 for 4 maxnreg 40 one_thread {
      %e = scf.for %tile = %bid to %tiles step %nb iter_args(%it = %c0) -> (i32) : i32 {
        %per = arith.muli %nn, %c16 : i32 loc("per_group")
        %gr = arith.divui %tile, %per : i32 loc("raster")
        %in = arith.remui %tile, %per : i32 loc("inside")
        %first = arith.muli %gr, %c16 : i32 loc("first_m")
        %lm = arith.subi %nm, %first : i32
        %gm = arith.minsi %lm, %c16 : i32 loc("rows")
        %nt = arith.divui %in, %gm : i32
        %mr = arith.remui %in, %gm : i32
        %mt = arith.addi %first, %mr : i32
        %m0 = arith.muli %mt, %c128 : i32 loc("m0")
        %n0 = arith.muli %nt, %c256 : i32 loc("n0")
        %it1 = scf.for %k = %c0 to %nk step %c1 iter_args(%i = %it) -> (i32) : i32 {
          %s = arith.remui %i, %c4 : i32 loc("slot")
          %k0 = arith.muli %k, %c64 : i32 loc("k0")
          spak_cuda.ring.acquire %ring, %i : !ring
          spak_cuda.ring.expect %ring, %i bytes 49152 : !ring
          spak_cuda.tma.load %ta[%k0, %m0] into %sa[%s] signals %ring, %i : !sa, !ring
          spak_cuda.tma.load %tb[%k0, %n0] into %sb[%s] signals %ring, %i : !sb, !ring
          %i1 = arith.addi %i, %c1 : i32
          scf.yield %i1 : i32
        } loc("it")
        scf.yield %it1 : i32
      }
    }
    spak_cuda.role @consumer warps 4 for 8 maxnreg 232 grow {
      %g = spak_cuda.group_in_role
      %lane = spak_cuda.lane
      %tid = spak_cuda.thread_in_group
      %lane0 = arith.cmpi eq, %lane, %c0 : i32 loc("lane_0")
      %tid0 = arith.cmpi eq, %tid, %c0 : i32 loc("thread_0")
      %mybar = arith.addi %g, %c1 : i32 loc("store_barrier")
      %goff = arith.muli %g, %c8192 : i32 loc("group_bytes")
      %g64 = arith.muli %g, %c64 : i32 loc("group_row")
      %lcol = arith.remui %lane, %c4 : i32
      %mycol = arith.muli %lcol, %c2 : i32 loc("my_col")
      %e = scf.for %tile = %bid to %tiles step %nb iter_args(%it = %c0) -> (i32) : i32 {
        %per = arith.muli %nn, %c16 : i32 loc("per_group")
        %gr = arith.divui %tile, %per : i32 loc("raster")
        %in = arith.remui %tile, %per : i32 loc("inside")
        %first = arith.muli %gr, %c16 : i32 loc("first_m")
        %lm = arith.subi %nm, %first : i32
        %gm = arith.minsi %lm, %c16 : i32 loc("rows")
        %nt = arith.divui %in, %gm : i32
        %mr = arith.remui %in, %gm : i32
        %mt = arith.addi %first, %mr : i32
        %m0 = arith.muli %mt, %c128 : i32 loc("m0")
        %n0 = arith.muli %nt, %c256 : i32 loc("n0")
        %some = arith.cmpi sgt, %nk, %c0 : i32
        %z = spak_cuda.frag.fill %f0 : f32 -> !acc
        %done:2 = scf.if %some -> (!acc, i32) {
          spak_cuda.ring.wait %ring, %it : !ring
          %s0 = arith.remui %it, %c4 : i32 loc("slot")
          spak_cuda.wgmma.fence
          %a0 = spak_cuda.wgmma.ss %sa[%s0] at %goff desc #ad, %sb[%s0] desc #bd n 256 k 64 : !sa, !sb -> !acc loc("acc")
          spak_cuda.wgmma.commit
          %first_it = arith.addi %it, %c1 : i32
          %l:2 = scf.for %k = %c1 to %nk step %c1 iter_args(%i = %first_it, %acc = %a0) -> (i32, !acc) : i32 {
            spak_cuda.ring.wait %ring, %i : !ring
            %s = arith.remui %i, %c4 : i32 loc("slot")
            spak_cuda.wgmma.fence
            %a1 = spak_cuda.wgmma.ss %sa[%s] at %goff desc #ad, %sb[%s] desc #bd acc %acc n 256 k 64 : !sa, !sb -> !acc
            spak_cuda.wgmma.commit
            spak_cuda.wgmma.wait 1
            %prev = arith.subi %i, %c1 : i32
            spak_cuda.ring.release %ring, %prev when %lane0 : !ring
            %i1 = arith.addi %i, %c1 : i32
            scf.yield %i1, %a1 : i32, !acc
          } {unroll = 1 : i64} loc("it")
          %aw = spak_cuda.wgmma.wait 0 of %l#1 : !acc -> !acc
          %prev = arith.subi %l#0, %c1 : i32
          spak_cuda.ring.release %ring, %prev when %lane0 : !ring
          scf.yield %aw, %l#0 : !acc, i32
        } else {
          scf.yield %z, %it : !acc, i32
        }
        %bcol = arith.addi %n0, %mycol : i32 loc("bias_col")
        %bias_f = spak_cuda.load_frag %bias[%zero64] coords(%bcol) by [#spak_cuda.pattern<[2:1, 32:8]>] strides(%one64) limits(%N) : !gf -> !spak_cuda.frag<64xf32> loc("bias_row")
        %r = spak_cuda.map of %done#0, %bias_f by [unit, #spak_cuda.pattern<[2:1, 2:0, 32:2]>] coords [] in_place 0 {
        ^bb0(%x: f32, %bb: f32):
          %sum = arith.addf %x, %bb : f32
          %y = arith.maximumf %sum, %f0 : f32
          spak_cuda.yield %y : f32
        } : (!acc, !spak_cuda.frag<64xf32>) -> !acc
        %ob = spak_cuda.pack %r : !acc -> !p64 loc("out")
        %mg = arith.addi %m0, %g64 : i32 loc("m_group")
        spak_cuda.tma.wait_read 1 when %tid0
        spak_cuda.bar.sync %mybar threads 128
        spak_cuda.stmatrix %ob from 0, %sc[%c0] row %g64 width 128 : !p64, !sc
        spak_cuda.fence_async
        spak_cuda.bar.sync %mybar threads 128
        %col0 = arith.addi %n0, %c0 : i32
        spak_cuda.tma.store %sc[%c0] at %goff to %tc[%col0, %mg] when %tid0 : !sc
        spak_cuda.tma.wait_read 1 when %tid0
        spak_cuda.bar.sync %mybar threads 128
        spak_cuda.stmatrix %ob from 16, %sc[%c1] row %g64 width 128 : !p64, !sc
        spak_cuda.fence_async
        spak_cuda.bar.sync %mybar threads 128
        %col1 = arith.addi %n0, %c64 : i32
        spak_cuda.tma.store %sc[%c1] at %goff to %tc[%col1, %mg] when %tid0 : !sc
        spak_cuda.tma.wait_read 1 when %tid0
        spak_cuda.bar.sync %mybar threads 128
        spak_cuda.stmatrix %ob from 32, %sc[%c0] row %g64 width 128 : !p64, !sc
        spak_cuda.fence_async
        spak_cuda.bar.sync %mybar threads 128
        %col2 = arith.addi %n0, %c128 : i32
        spak_cuda.tma.store %sc[%c0] at %goff to %tc[%col2, %mg] when %tid0 : !sc
        spak_cuda.tma.wait_read 1 when %tid0
        spak_cuda.bar.sync %mybar threads 128
        spak_cuda.stmatrix %ob from 48, %sc[%c1] row %g64 width 128 : !p64, !sc
        spak_cuda.fence_async
        spak_cuda.bar.sync %mybar threads 128
        %col3 = arith.addi %n0, %c192 : i32
        spak_cuda.tma.store %sc[%c1] at %goff to %tc[%col3, %mg] when %tid0 : !sc
        scf.yield %done#1 : i32
      }
      spak_cuda.tma.wait_all when %tid0
    }
  }
  spak_cuda.return
}

spak_cuda.host @matmul(
    %a: !g {spak.name = "A", spak.kind = "in", spak.axes = ["M", "K"], spak.extents = ["M", "K"]},
    %am: i64 {spak.name = "A_stride_M", spak.kind = "stride", spak.tensor = "A", spak.axis = "M"},
    %b: !g {spak.name = "B", spak.kind = "in", spak.axes = ["N", "K"], spak.extents = ["N", "K"]},
    %bn: i64 {spak.name = "B_stride_N", spak.kind = "stride", spak.tensor = "B", spak.axis = "N"},
    %bias: !gf {spak.name = "bias", spak.kind = "in", spak.axes = ["N"], spak.extents = ["N"]},
    %c: !g {spak.name = "C", spak.kind = "out", spak.axes = ["M", "N"], spak.extents = ["M", "N"]},
    %cm: i64 {spak.name = "C_stride_M", spak.kind = "stride", spak.tensor = "C", spak.axis = "M"},
    %M: i64 {spak.name = "M", spak.kind = "dim"}, %N: i64 {spak.name = "N", spak.kind = "dim"},
    %K: i64 {spak.name = "K", spak.kind = "dim"}) {
  %c8 = arith.constant 8 : i64
  %c0 = arith.constant 0 : i64
  %c64 = arith.constant 64 : i64
  %c128 = arith.constant 128 : i64
  %c256 = arith.constant 256 : i64
  %rem = arith.remsi %am, %c8 : i64
  %ok = arith.cmpi eq, %rem, %c0 : i64
  spak_cuda.host.check %ok, 4, "stride of `A` over M is not a multiple of 16 bytes"
  %ta = spak_cuda.host.tensor_map %a dims(%K, %M) strides(%am) box [64, 128] swizzle 128 : !g loc("A_map")
  %tb = spak_cuda.host.tensor_map %b dims(%K, %N) strides(%bn) box [64, 256] swizzle 128 : !g loc("B_map")
  %tc = spak_cuda.host.tensor_map %c dims(%N, %M) strides(%cm) box [64, 64] swizzle 128 : !g loc("C_map")
  %nm = arith.ceildivsi %M, %c128 : i64 loc("nm")
  %nn = arith.ceildivsi %N, %c256 : i64 loc("nn")
  %nk = arith.ceildivsi %K, %c64 : i64 loc("nk")
  %tiles = arith.muli %nm, %nn : i64 loc("tiles")
  %sms = spak_cuda.host.sms
  %grid = arith.minsi %tiles, %sms : i64 loc("grid")
  %xN = arith.trunci %N : i64 to i32
  %xm = arith.trunci %nm : i64 to i32
  %xn = arith.trunci %nn : i64 to i32
  %xk = arith.trunci %nk : i64 to i32
  %xt = arith.trunci %tiles : i64 to i32
  spak_cuda.host.launch @matmul_kernel grid %grid(%ta, %tb, %tc, %bias, %xN, %xm, %xn, %xk, %xt) : !tmap, !tmap, !tmap, !gf, i32, i32, i32, i32, i32
  spak_cuda.return
}
