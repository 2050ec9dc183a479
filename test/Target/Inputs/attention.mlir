// A whole forward kernel by hand, bf16, 128 x 128 tiles, D = 128, persistent:
// what the passes are expected to arrive at. Used by several tests.
#kd = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 16384, transposed = false>
#vd = #spak_cuda.desc<lbo = 16384, sbo = 1024, swizzle = 128, kstep = 2048, ksteps_per_slab = 8, slab = 16384, transposed = true>
#row = #spak_cuda.pattern<[2:0, 2:1, 16:0]>
#col = #spak_cuda.pattern<[2:1, 2:0, 16:8]>
#row8 = #spak_cuda.pattern<[2:8]>
!f64 = !spak_cuda.frag<64xf32>
!p32 = !spak_cuda.frag<32xvector<2xbf16>>
!row = !spak_cuda.frag<2xf32>
!kv = !spak_cuda.smem<2 x 32768 bytes of bf16>
!q1 = !spak_cuda.smem<1 x 32768 bytes of bf16>
!g = !spak_cuda.global<bf16>
!gf = !spak_cuda.global<f32>
!tmap = !spak_cuda.tmap

spak_cuda.kernel @forward_kernel(
    %tq: !tmap {spak.name = "Q_map"}, %tk: !tmap {spak.name = "K_map"},
    %tv: !tmap {spak.name = "V_map"}, %to: !tmap {spak.name = "O_map"},
    %lse: !gf {spak.name = "LSE"}, %lsb: i64 {spak.name = "LSE_stride_B"},
    %lsh: i64 {spak.name = "LSE_stride_Hq"}, %scale: f32 {spak.name = "scale"},
    %Hq: i32 {spak.name = "Hq"}, %M: i32 {spak.name = "M"},
    %N: i32 {spak.name = "N"}, %ratio: i32 {spak.name = "ratio"},
    %tiles: i32 {spak.name = "tiles"})
    attributes {threads = 384, min_blocks = 1, smem_bytes = 196704,
                point = {tile_m = 128, tile_n = 128, D = 128}} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %c4 = arith.constant 4 : i32
  %c8 = arith.constant 8 : i32
  %c16 = arith.constant 16 : i32
  %c64 = arith.constant 64 : i32
  %c127 = arith.constant 127 : i32
  %c128 = arith.constant 128 : i32
  %c8192 = arith.constant 8192 : i32
  %f0 = arith.constant 0.0 : f32
  %fone = arith.constant 1.0 : f32
  %ninf = arith.constant 0xFF800000 : f32
  %log2e = arith.constant 1.44269502 : f32
  %one64 = arith.constant 1 : i64
  %sq = spak_cuda.shared "sQ" at 0 : !q1
  %sk = spak_cuda.shared "sK" at 65536 : !kv
  %sv = spak_cuda.shared "sV" at 131072 : !kv
  %so = spak_cuda.shared "sO" at 32768 : !q1
  %rq = spak_cuda.ring "q" full 1 empty 8 at 196608 : !spak_cuda.ring<1>
  %rk = spak_cuda.ring "k" full 1 empty 8 at 196624 : !spak_cuda.ring<2>
  %rv = spak_cuda.ring "v" full 1 empty 8 at 196656 : !spak_cuda.ring<2>
  spak_cuda.syncthreads
  %bid = spak_cuda.block
  %nb = spak_cuda.blocks
  %mup = arith.addi %M, %c127 : i32
  %nm = arith.divsi %mup, %c128 : i32 loc("nm")
  %nup = arith.addi %N, %c127 : i32
  %nn = arith.divsi %nup, %c128 : i32 loc("nn")
  %scale_log2 = arith.mulf %scale, %log2e : f32 loc("scale_log2")
  spak_cuda.roles {
    spak_cuda.role @producer warps 0 for 4 maxnreg 24 one_thread {
      %e:2 = scf.for %tile = %bid to %tiles step %nb iter_args(%it = %c0, %t = %c0) -> (i32, i32) : i32 {
        %m = arith.remsi %tile, %nm : i32 loc("m")
        %bh = arith.divsi %tile, %nm : i32 loc("bh")
        %h = arith.remsi %bh, %Hq : i32 loc("h")
        %b = arith.divsi %bh, %Hq : i32 loc("b")
        %hk = arith.divsi %h, %ratio : i32 loc("hk")
        spak_cuda.ring.acquire %rq, %t : !spak_cuda.ring<1>
        spak_cuda.ring.expect %rq, %t bytes 32768 : !spak_cuda.ring<1>
        %row0 = arith.muli %m, %c128 : i32 loc("m0")
        spak_cuda.tma.load %tq[%c0, %row0, %h, %b] into %sq[%c0] signals %rq, %t : !q1, !spak_cuda.ring<1>
        spak_cuda.tma.load %tq[%c64, %row0, %h, %b] into %sq[%c0] signals %rq, %t {offset = 16384 : i64} : !q1, !spak_cuda.ring<1>
        %it1 = scf.for %j = %c0 to %nn step %c1 iter_args(%i = %it) -> (i32) : i32 {
          %s = arith.remui %i, %c2 : i32 loc("slot")
          %left = arith.subi %nn, %j : i32
          %n = arith.subi %left, %c1 : i32
          %n0 = arith.muli %n, %c128 : i32 loc("n0")
          spak_cuda.ring.acquire %rk, %i : !spak_cuda.ring<2>
          spak_cuda.ring.expect %rk, %i bytes 32768 : !spak_cuda.ring<2>
          spak_cuda.tma.load %tk[%c0, %n0, %hk, %b] into %sk[%s] signals %rk, %i : !kv, !spak_cuda.ring<2>
          spak_cuda.tma.load %tk[%c64, %n0, %hk, %b] into %sk[%s] signals %rk, %i {offset = 16384 : i64} : !kv, !spak_cuda.ring<2>
          spak_cuda.ring.acquire %rv, %i : !spak_cuda.ring<2>
          spak_cuda.ring.expect %rv, %i bytes 32768 : !spak_cuda.ring<2>
          spak_cuda.tma.load %tv[%c0, %n0, %hk, %b] into %sv[%s] signals %rv, %i : !kv, !spak_cuda.ring<2>
          spak_cuda.tma.load %tv[%c64, %n0, %hk, %b] into %sv[%s] signals %rv, %i {offset = 16384 : i64} : !kv, !spak_cuda.ring<2>
          %i1 = arith.addi %i, %c1 : i32
          scf.yield %i1 : i32
        } loc("it")
        %t1 = arith.addi %t, %c1 : i32
        scf.yield %it1, %t1 : i32, i32
      }
    }
    spak_cuda.role @consumer warps 4 for 8 maxnreg 240 grow {
      %g = spak_cuda.group_in_role
      %w = spak_cuda.warp_in_group
      %lane = spak_cuda.lane
      %tid = spak_cuda.thread_in_group
      %lane0 = arith.cmpi eq, %lane, %c0 : i32 loc("lane_0")
      %tid0 = arith.cmpi eq, %tid, %c0 : i32 loc("thread_0")
      %mine = arith.addi %g, %c1 : i32 loc("mine")
      %theirs = arith.subi %c2, %g : i32 loc("theirs")
      %c3 = arith.constant 3 : i32
      %mybar = arith.addi %g, %c3 : i32 loc("store_barrier")
      %goff = arith.muli %g, %c8192 : i32 loc("group_bytes")
      %g64 = arith.muli %g, %c64 : i32 loc("group_row")
      %wrow = arith.muli %w, %c16 : i32
      %lrow = arith.divui %lane, %c4 : i32
      %r0 = arith.addi %g64, %wrow : i32
      %myrow = arith.addi %r0, %lrow : i32 loc("my_row")
      %lcol = arith.remui %lane, %c4 : i32 loc("quad_lane")
      %mycol = arith.muli %lcol, %c2 : i32 loc("my_col")
      %lcol0 = arith.cmpi eq, %lcol, %c0 : i32 loc("quad_lane_0")
      %g0 = arith.cmpi eq, %g, %c0 : i32
      scf.if %g0 { spak_cuda.bar.arrive %mine threads 256 }
      %z = spak_cuda.frag.fill %f0 : f32 -> !f64
      %e:2 = scf.for %tile = %bid to %tiles step %nb iter_args(%it = %c0, %t = %c0) -> (i32, i32) : i32 {
        %m = arith.remsi %tile, %nm : i32 loc("m")
        %bh = arith.divsi %tile, %nm : i32 loc("bh")
        %h = arith.remsi %bh, %Hq : i32 loc("h")
        %b = arith.divsi %bh, %Hq : i32 loc("b")
        spak_cuda.ring.wait %rq, %t : !spak_cuda.ring<1>
        %nonempty = arith.cmpi sgt, %nn, %c0 : i32
        %zl = spak_cuda.frag.fill %f0 : f32 -> !row
        %zm = spak_cuda.frag.fill %ninf : f32 -> !row
        %done:4 = scf.if %nonempty -> (!f64, !row, !row, i32) {
          spak_cuda.ring.wait %rk, %it : !spak_cuda.ring<2>
          %sl0 = arith.remui %it, %c2 : i32
          spak_cuda.wgmma.fence
          %sA = spak_cuda.wgmma.ss %sq[%c0] at %goff desc #kd, %sk[%sl0] desc #kd n 128 k 128 : !q1, !kv -> !f64 loc("s")
          spak_cuda.wgmma.commit
          %s0 = spak_cuda.wgmma.wait 0 of %sA : !f64 -> !f64
          spak_cuda.ring.release %rk, %it when %lane0 : !spak_cuda.ring<2>
          %last0 = arith.subi %nn, %c1 : i32 loc("last")
          %n0 = arith.muli %last0, %c128 : i32
          %rest = arith.subi %N, %n0 : i32
          %cols = arith.subi %rest, %mycol : i32 loc("cols_left")
          %sm = spak_cuda.map of %s0 by [unit] coords [#col] in_place 0 {
          ^bb0(%x: f32, %cc: i32):
            %in = arith.cmpi slt, %cc, %cols : i32
            %y = arith.select %in, %x, %ninf : f32
            spak_cuda.yield %y : f32
          } : (!f64) -> !f64
          %mx0t = spak_cuda.row_reduce "max" %sm rows #row : !f64 -> !row loc("row_max")
          %mx0 = spak_cuda.lane_reduce "max" %mx0t xor [1, 2] : !row
          %e0 = spak_cuda.map of %sm, %mx0 by [unit, #row] coords [] in_place 0 {
          ^bb0(%x: f32, %mm: f32):
            %ms = arith.mulf %mm, %scale_log2 : f32
            %neg = arith.negf %ms : f32
            %a = math.fma %x, %scale_log2, %neg : f32
            %y = math.exp2 %a : f32
            spak_cuda.yield %y : f32
          } : (!f64, !row) -> !f64
          %l0 = spak_cuda.row_reduce "add" %e0 rows #row : !f64 -> !row loc("row_sum")
          %p0 = spak_cuda.pack %e0 : !f64 -> !p32 loc("probs")
          %loop:5 = scf.for %j = %c0 to %last0 step %c1 iter_args(%i = %it, %o = %z, %p = %p0, %mx = %mx0, %l = %l0) -> (i32, !f64, !p32, !row, !row) : i32 {
            %i1 = arith.addi %i, %c1 : i32 loc("it_next")
            %slv = arith.remui %i, %c2 : i32
            %slk = arith.remui %i1, %c2 : i32
            spak_cuda.ring.wait %rk, %i1 : !spak_cuda.ring<2>
            spak_cuda.bar.sync %mine threads 256
            %pin:2 = spak_cuda.wgmma.fence of %o, %p : !f64, !p32 -> !f64, !p32
            %sB = spak_cuda.wgmma.ss %sq[%c0] at %goff desc #kd, %sk[%slk] desc #kd n 128 k 128 : !q1, !kv -> !f64 loc("s")
            spak_cuda.wgmma.commit
            spak_cuda.ring.wait %rv, %i : !spak_cuda.ring<2>
            spak_cuda.wgmma.fence
            %oB = spak_cuda.wgmma.rs %pin#1, %sv[%slv] desc #vd acc %pin#0 n 128 k 128 : !p32, !kv -> !f64 loc("o")
            spak_cuda.wgmma.commit
            spak_cuda.bar.arrive %theirs threads 256
            %s = spak_cuda.wgmma.wait 1 of %sB : !f64 -> !f64
            spak_cuda.ring.release %rk, %i1 when %lane0 : !spak_cuda.ring<2>
            %m1 = spak_cuda.row_reduce "max" %s rows #row from %mx : !row : !f64 -> !row loc("new_max")
            %m2 = spak_cuda.lane_reduce "max" %m1 xor [1, 2] : !row
            %corr = spak_cuda.map of %mx, %m2 by [unit, unit] coords [] {
            ^bb0(%a: f32, %bb: f32):
              %dlt = arith.subf %a, %bb : f32
              %sc = arith.mulf %dlt, %scale_log2 : f32
              %y = math.exp2 %sc : f32
              spak_cuda.yield %y : f32
            } : (!row, !row) -> !row loc("corr")
            %wt:2 = spak_cuda.wgmma.wait 0 of %oB, %pin#1 : !f64, !p32 -> !f64, !p32
            spak_cuda.ring.release %rv, %i when %lane0 : !spak_cuda.ring<2>
            %o2 = spak_cuda.map of %wt#0, %corr by [unit, #row] coords [] in_place 0 {
            ^bb0(%x: f32, %c: f32):
              %y = arith.mulf %x, %c : f32
              spak_cuda.yield %y : f32
            } : (!f64, !row) -> !f64
            %ex = spak_cuda.map of %s, %m2 by [unit, #row] coords [] in_place 0 {
            ^bb0(%x: f32, %mm: f32):
              %ms = arith.mulf %mm, %scale_log2 : f32
              %neg = arith.negf %ms : f32
              %a = math.fma %x, %scale_log2, %neg : f32
              %y = math.exp2 %a : f32
              spak_cuda.yield %y : f32
            } : (!f64, !row) -> !f64
            %lc = spak_cuda.map of %l, %corr by [unit, unit] coords [] in_place 0 {
            ^bb0(%x: f32, %c: f32):
              %y = arith.mulf %x, %c : f32
              spak_cuda.yield %y : f32
            } : (!row, !row) -> !row
            %l2 = spak_cuda.row_reduce "add" %ex rows #row from %lc : !row : !f64 -> !row
            %p2 = spak_cuda.pack %ex : !f64 -> !p32
            scf.yield %i1, %o2, %p2, %m2, %l2 : i32, !f64, !p32, !row, !row
          } {unroll = 1 : i64}
          %slv = arith.remui %loop#0, %c2 : i32
          spak_cuda.ring.wait %rv, %loop#0 : !spak_cuda.ring<2>
          %pin:2 = spak_cuda.wgmma.fence of %loop#1, %loop#2 : !f64, !p32 -> !f64, !p32
          %oL = spak_cuda.wgmma.rs %pin#1, %sv[%slv] desc #vd acc %pin#0 n 128 k 128 : !p32, !kv -> !f64
          spak_cuda.wgmma.commit
          %lq = spak_cuda.lane_reduce "add" %loop#4 xor [1, 2] : !row
          %oW = spak_cuda.wgmma.wait 0 of %oL : !f64 -> !f64
          spak_cuda.ring.release %rv, %loop#0 when %lane0 : !spak_cuda.ring<2>
          %itn = arith.addi %loop#0, %c1 : i32
          scf.yield %oW, %loop#3, %lq, %itn : !f64, !row, !row, i32
        } else {
          scf.yield %z, %zm, %zl, %it : !f64, !row, !row, i32
        }
        spak_cuda.ring.release %rq, %t when %lane0 : !spak_cuda.ring<1>
        %inv = spak_cuda.map of %done#2 by [unit] coords [] {
        ^bb0(%l: f32):
          %r = arith.divf %fone, %l : f32
          %ok = arith.cmpf ogt, %l, %f0 : f32
          %y = arith.select %ok, %r, %f0 : f32
          spak_cuda.yield %y : f32
        } : (!row) -> !row loc("inverse")
        %lserow = spak_cuda.map of %done#1, %done#2 by [unit, unit] coords [] {
        ^bb0(%mm: f32, %l: f32):
          %ln = math.log %l : f32
          %y = math.fma %mm, %scale, %ln : f32
          %ok = arith.cmpf ogt, %l, %f0 : f32
          %r = arith.select %ok, %y, %ninf : f32
          spak_cuda.yield %r : f32
        } : (!row, !row) -> !row loc("lse")
        %m0 = arith.muli %m, %c128 : i32 loc("m0")
        %rowg = arith.addi %m0, %myrow : i32 loc("row0")
        %b64 = arith.extsi %b : i32 to i64
        %h64 = arith.extsi %h : i32 to i64
        %ob1 = arith.muli %b64, %lsb : i64
        %ob2 = arith.muli %h64, %lsh : i64
        %obase = arith.addi %ob1, %ob2 : i64
        spak_cuda.store_frag %lserow, %lse[%obase] coords(%rowg) by [#row8] strides(%one64) limits(%M) when %lcol0 : !row, !gf
        %on = spak_cuda.map of %done#0, %inv by [unit, #row] coords [] in_place 0 {
        ^bb0(%x: f32, %l: f32):
          %y = arith.mulf %x, %l : f32
          spak_cuda.yield %y : f32
        } : (!f64, !row) -> !f64
        %ob = spak_cuda.pack %on : !f64 -> !p32 loc("out")
        spak_cuda.tma.wait_read 0 when %tid0
        spak_cuda.bar.sync %mybar threads 128
        spak_cuda.stmatrix %ob from 0, %so[%c0] row %g64 width 128 : !p32, !q1
        spak_cuda.stmatrix %ob from 16, %so[%c0] row %g64 width 128 {offset = 16384 : i64} : !p32, !q1
        spak_cuda.fence_async
        spak_cuda.bar.sync %mybar threads 128
        %orow = arith.addi %m0, %g64 : i32 loc("o_row")
        spak_cuda.tma.store %so[%c0] at %goff to %to[%c0, %orow, %h, %b] when %tid0 : !q1
        spak_cuda.tma.store %so[%c0] at %goff to %to[%c64, %orow, %h, %b] when %tid0 {offset = 16384 : i64} : !q1
        %tn = arith.addi %t, %c1 : i32
        scf.yield %done#3, %tn : i32, i32
      }
      spak_cuda.tma.wait_all when %tid0
    }
  }
  spak_cuda.return
}

spak_cuda.host @forward(
    %q: !g {spak.name = "Q", spak.kind = "in", spak.axes = ["B", "Hq", "M", "D"], spak.extents = ["B", "Hq", "M", 128]},
    %qb: i64 {spak.name = "Q_stride_B", spak.kind = "stride", spak.tensor = "Q", spak.axis = "B"},
    %qh: i64 {spak.name = "Q_stride_Hq", spak.kind = "stride", spak.tensor = "Q", spak.axis = "Hq"},
    %qm: i64 {spak.name = "Q_stride_M", spak.kind = "stride", spak.tensor = "Q", spak.axis = "M"},
    %k: !g {spak.name = "K", spak.kind = "in", spak.axes = ["B", "Hkv", "N", "D"], spak.extents = ["B", "Hkv", "N", 128]},
    %kb: i64 {spak.name = "K_stride_B", spak.kind = "stride", spak.tensor = "K", spak.axis = "B"},
    %kh: i64 {spak.name = "K_stride_Hkv", spak.kind = "stride", spak.tensor = "K", spak.axis = "Hkv"},
    %kn: i64 {spak.name = "K_stride_N", spak.kind = "stride", spak.tensor = "K", spak.axis = "N"},
    %v: !g {spak.name = "V", spak.kind = "in", spak.axes = ["B", "Hkv", "N", "D"], spak.extents = ["B", "Hkv", "N", 128]},
    %vb: i64 {spak.name = "V_stride_B", spak.kind = "stride", spak.tensor = "V", spak.axis = "B"},
    %vh: i64 {spak.name = "V_stride_Hkv", spak.kind = "stride", spak.tensor = "V", spak.axis = "Hkv"},
    %vn: i64 {spak.name = "V_stride_N", spak.kind = "stride", spak.tensor = "V", spak.axis = "N"},
    %scale: f32 {spak.name = "scale", spak.kind = "scalar", spak.default = 0.088388347648318447 : f64},
    %o: !g {spak.name = "O", spak.kind = "out", spak.axes = ["B", "Hq", "M", "D"], spak.extents = ["B", "Hq", "M", 128]},
    %ob: i64 {spak.name = "O_stride_B", spak.kind = "stride", spak.tensor = "O", spak.axis = "B"},
    %oh: i64 {spak.name = "O_stride_Hq", spak.kind = "stride", spak.tensor = "O", spak.axis = "Hq"},
    %om: i64 {spak.name = "O_stride_M", spak.kind = "stride", spak.tensor = "O", spak.axis = "M"},
    %lse: !gf {spak.name = "LSE", spak.kind = "out", spak.axes = ["B", "Hq", "M"], spak.extents = ["B", "Hq", "M"]},
    %lb: i64 {spak.name = "LSE_stride_B", spak.kind = "stride", spak.tensor = "LSE", spak.axis = "B"},
    %lh: i64 {spak.name = "LSE_stride_Hq", spak.kind = "stride", spak.tensor = "LSE", spak.axis = "Hq"},
    %B: i64 {spak.name = "B", spak.kind = "dim"}, %Hq: i64 {spak.name = "Hq", spak.kind = "dim"},
    %Hkv: i64 {spak.name = "Hkv", spak.kind = "dim"}, %M: i64 {spak.name = "M", spak.kind = "dim"},
    %N: i64 {spak.name = "N", spak.kind = "dim"})
    attributes {point = {tile_m = 128, tile_n = 128, D = 128}} {
  %c0 = arith.constant 0 : i64
  %c8 = arith.constant 8 : i64
  %c128 = arith.constant 128 : i64
  %big = arith.constant 2147483647 : i64
  %there = spak_cuda.host.present %q : !g
  spak_cuda.host.check %there, 1, "`Q` is null"
  %al = spak_cuda.host.aligned %q to 16 : !g
  spak_cuda.host.check %al, 2, "`Q` is not 16-byte aligned"
  %pos = arith.cmpi sgt, %Hkv, %c0 : i64
  spak_cuda.host.check %pos, 3, "Hkv is not positive"
  %rem = arith.remui %Hq, %Hkv : i64
  %ok = arith.cmpi eq, %rem, %c0 : i64
  spak_cuda.host.check %ok, 6, "Hq % Hkv == 0"
  %qrem = arith.remsi %qm, %c8 : i64
  %qok = arith.cmpi eq, %qrem, %c0 : i64
  spak_cuda.host.check %qok, 4, "stride of `Q` over M is not a multiple of 16 bytes"
  %small = arith.cmpi sle, %M, %big : i64
  spak_cuda.host.check %small, 5, "M is above 2147483647"
  %tq = spak_cuda.host.tensor_map %q dims(%c128, %M, %Hq, %B) strides(%qm, %qh, %qb) box [64, 128, 1, 1] swizzle 128 : !g loc("Q_map")
  %tk = spak_cuda.host.tensor_map %k dims(%c128, %N, %Hkv, %B) strides(%kn, %kh, %kb) box [64, 128, 1, 1] swizzle 128 : !g loc("K_map")
  %tv = spak_cuda.host.tensor_map %v dims(%c128, %N, %Hkv, %B) strides(%vn, %vh, %vb) box [64, 128, 1, 1] swizzle 128 : !g loc("V_map")
  %to = spak_cuda.host.tensor_map %o dims(%c128, %M, %Hq, %B) strides(%om, %oh, %ob) box [64, 64, 1, 1] swizzle 128 : !g loc("O_map")
  %nm = arith.ceildivsi %M, %c128 : i64
  %nmh = arith.muli %nm, %Hq : i64
  %tiles = arith.muli %nmh, %B : i64 loc("tiles")
  %sms = spak_cuda.host.sms
  %grid = arith.minsi %tiles, %sms : i64 loc("grid")
  %ratio = arith.divsi %Hq, %Hkv : i64
  %aHq = arith.trunci %Hq : i64 to i32
  %aM = arith.trunci %M : i64 to i32
  %aN = arith.trunci %N : i64 to i32
  %aratio = arith.trunci %ratio : i64 to i32
  %atiles = arith.trunci %tiles : i64 to i32
  spak_cuda.host.launch @forward_kernel grid %grid(%tq, %tk, %tv, %to, %lse, %lb, %lh, %scale, %aHq, %aM, %aN, %aratio, %atiles) : !tmap, !tmap, !tmap, !tmap, !gf, i64, i64, f32, i32, i32, i32, i32, i32
  spak_cuda.return
}
