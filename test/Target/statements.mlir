// The text of single ops.
// RUN: spak-opt %s --prepare-emission | spak-translate --spak-cuda-to-cuda | FileCheck %s

!rows = !spak_cuda.frag<2xf32>
!f8 = !spak_cuda.frag<8xf32>

// CHECK-LABEL: copies(
// CHECK-SAME: const __grid_constant__ spak::TensorMap map,
// CHECK: const float *__restrict__ in, float *__restrict__ out,
spak_cuda.kernel @copies(%map: !spak_cuda.tmap {spak.name = "map"}, %in: !spak_cuda.global<f32> {spak.name = "in"},
    %out: !spak_cuda.global<f32> {spak.name = "out"}, %x: i32 {spak.name = "x"}, %n: i32 {spak.name = "n"},
    %sx: i64 {spak.name = "sx"}, %when: i1 {spak.name = "when"}) attributes {threads = 128, smem_bytes = 20000} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %l0 = arith.constant 0 : i64
  %l1 = arith.constant 1 : i64
  // CHECK: extern __shared__ __align__(1024) uint8_t smem[];
  // CHECK: const uint32_t smem_base = spak::smem_addr(smem);
  // CHECK: const uint32_t tile = smem_base + 1024;
  %t = spak_cuda.shared "tile" at 1024 : !spak_cuda.smem<2 x 8192 bytes of bf16>
  // CHECK: const spak::Ring<2> in_ring{smem_base + 17408};
  // CHECK-NEXT: if (threadIdx.x == 0) {
  // CHECK-NEXT: in_ring.init(1, 4);
  // CHECK-NEXT: spak::fence_mbarrier_init();
  // CHECK-NEXT: }
  // CHECK-NEXT: __syncthreads();
  %r = spak_cuda.ring "in" full 1 empty 4 at 17408 : !spak_cuda.ring<2>
  spak_cuda.syncthreads
  // CHECK-NEXT: in_ring.acquire(x);
  spak_cuda.ring.acquire %r, %x : !spak_cuda.ring<2>
  // CHECK-NEXT: in_ring.expect(x, 8192);
  spak_cuda.ring.expect %r, %x bytes 8192 : !spak_cuda.ring<2>
  // CHECK-NEXT: spak::tma_load(tile + 8192, map, in_ring.full(x), 0, n);
  spak_cuda.tma.load %map[%c0, %n] into %t[%c1] signals %r, %x : !spak_cuda.smem<2 x 8192 bytes of bf16>, !spak_cuda.ring<2>
  // CHECK-NEXT: spak::tma_load(tile + x * 8192 + n + 64, map, in_ring.full(x), 0, n, 1);
  spak_cuda.tma.load %map[%c0, %n, %c1] into %t[%x] at %n signals %r, %x {offset = 64 : i64} : !spak_cuda.smem<2 x 8192 bytes of bf16>, !spak_cuda.ring<2>
  // CHECK-NEXT: in_ring.commit(x);
  spak_cuda.ring.commit %r, %x : !spak_cuda.ring<2>
  // CHECK-NEXT: in_ring.wait(x);
  spak_cuda.ring.wait %r, %x : !spak_cuda.ring<2>
  // CHECK-NEXT: in_ring.release_if(when, x);
  spak_cuda.ring.release %r, %x when %when : !spak_cuda.ring<2>
  // CHECK-NEXT: float rows[2];
  // CHECK-NEXT: {
  // CHECK-NEXT: auto *const origin = in + x * sx;
  // CHECK-NEXT: #pragma unroll
  // CHECK-NEXT: for (int i = 0; i < 2; ++i) {
  // CHECK-NEXT: const bool keep = i * 8 < n - x;
  // CHECK-NEXT: const int64_t offset = i * 8 * sx;
  // CHECK-NEXT: rows[i] = spak::load_if(keep, origin + offset);
  // CHECK-NEXT: }
  // CHECK-NEXT: }
  %row = spak_cuda.load_frag %in[%l0] coords(%x) by [#spak_cuda.pattern<[2:8]>] strides(%sx) limits(%n) : !spak_cuda.global<f32> -> !rows loc("rows")
  // CHECK: auto *const origin = out + x;
  // CHECK: const bool keep = when && i * 8 < n - x;
  // CHECK-NEXT: const int64_t offset = i * 8;
  // CHECK-NEXT: spak::store_if(keep, origin + offset, rows[i]);
  spak_cuda.store_frag %row, %out[%l0] coords(%x) by [#spak_cuda.pattern<[2:8]>] strides(%l1) limits(%n) when %when : !rows, !spak_cuda.global<f32>
  // CHECK: auto *const origin = spak::pinned(out + (sx + x));
  // CHECK: for (int i = 0; i < 2; i += 2) {
  // CHECK-NEXT: const bool keep = i < n - x;
  // CHECK-NEXT: const int64_t offset = i;
  // CHECK-NEXT: spak::store2_if(keep, origin + offset, rows[i], rows[i + 1]);
  spak_cuda.store_frag %row, %out[%sx] coords(%x) by [#spak_cuda.pattern<[2:1]>] strides(%l1) limits(%n) {pinned, vec = 2 : i64} : !rows, !spak_cuda.global<f32>
  // CHECK: const float x_1 = in[sx];
  %v = spak_cuda.load %in[%sx] : !spak_cuda.global<f32> -> f32
  // CHECK-NEXT: spak::store_if(when, out + sx, x_1);
  spak_cuda.store %v, %out[%sx] when %when : f32, !spak_cuda.global<f32>
  // CHECK-NEXT: spak::bar_sync(1, 128);
  spak_cuda.bar.sync %c1 threads 128
  // CHECK-NEXT: spak::bar_arrive(1, 256);
  spak_cuda.bar.arrive %c1 threads 256
  // CHECK-NEXT: spak::fence_async();
  spak_cuda.fence_async
  // CHECK-NEXT: spak::tma_store_if(when, map, tile, 0, n);
  spak_cuda.tma.store %t[%c0] to %map[%c0, %n] when %when : !spak_cuda.smem<2 x 8192 bytes of bf16>
  // CHECK-NEXT: spak::tma_wait_read_if<1>(when);
  spak_cuda.tma.wait_read 1 when %when
  // CHECK-NEXT: spak::tma_wait_all_if(when);
  spak_cuda.tma.wait_all when %when
  // CHECK-NEXT: // A remark.
  spak_cuda.comment "A remark."
  // CHECK-NEXT: }
  spak_cuda.return
}

// CHECK-LABEL: registers(
spak_cuda.kernel @registers(%halves: !spak_cuda.global<f16> {spak.name = "halves"}, %in: !spak_cuda.global<f32> {spak.name = "in"}, %n: i32 {spak.name = "n"}, %l: i64 {spak.name = "l"}, %f: f32 {spak.name = "f"}) attributes {threads = 128} {
  %inf = arith.constant 0xFF800000 : f32
  %x = spak_cuda.load_frag %in[%l] coords(%n) by [unit] strides(%l) limits(%n) : !spak_cuda.global<f32> -> !f8 loc("x")
  // One chain per row.
  // CHECK: sum[i] = 0.0f;
  // CHECK: for (int i = 0; i < 8; ++i) {
  // CHECK-NEXT: sum[i / 2 % 2] += x[i];
  %sum = spak_cuda.row_reduce "add" %x rows #spak_cuda.pattern<[2:0, 2:1, 2:0]> {chains = 1 : i64} : !f8 -> !rows loc("sum")
  // Two chains per row, continued from a start.
  // CHECK: float part[4];
  // CHECK: part[i] = -spak::infinity();
  // CHECK: part[i / 2 % 2 * 2 + i % 2] = fmaxf(part[i / 2 % 2 * 2 + i % 2], x[i]);
  // CHECK: largest[i] = fmaxf(sum[i], fmaxf(part[i * 2], part[i * 2 + 1]));
  %max = spak_cuda.row_reduce "max" %x rows #spak_cuda.pattern<[2:0, 2:1, 2:0]> from %sum : !rows : !f8 -> !rows loc("largest")
  // CHECK: all[i] = fmaxf(largest[i], spak::shuffle_xor(largest[i], 1));
  // CHECK-NEXT: all[i] = fmaxf(all[i], spak::shuffle_xor(all[i], 2));
  %all = spak_cuda.lane_reduce "max" %max xor [1, 2] : !rows loc("all")
  // The pattern is an index expression, the coordinate a number known once
  // the loop is unrolled.
  // CHECK: for (int i = 0; i < 8; ++i) {
  // CHECK-NEXT: x[i] =
  // CHECK-NEXT: i % 2 + i / 4 * 8 < n ? x[i] - all[i / 2 % 2] * f : -spak::infinity();
  %y = spak_cuda.map of %x, %all by [unit, #spak_cuda.pattern<[2:0, 2:1, 2:0]>] coords [#spak_cuda.pattern<[2:1, 2:0, 2:8]>] in_place 0 {
  ^bb0(%e: f32, %m: f32, %at: i32):
    %mf = arith.mulf %m, %f : f32
    %d = arith.subf %e, %mf : f32
    %in_range = arith.cmpi slt, %at, %n : i32
    %z = arith.select %in_range, %d, %inf : f32
    spak_cuda.yield %z : f32
  } : (!f8, !rows) -> !f8
  // CHECK: packed[i] = spak::pack_f16(x[2 * i], x[2 * i + 1]);
  %p = spak_cuda.pack %y : !f8 -> !spak_cuda.frag<4xvector<2xf16>>
  // CHECK: for (int i = 0; i < 8; ++i) {
  // CHECK-NEXT: const bool keep = i < n - n;
  // CHECK-NEXT: const int64_t offset = i * l;
  // CHECK-NEXT: spak::store_if(keep, origin + offset,
  // CHECK-NEXT: spak::unpack_f16(packed[i / 2], i % 2));
  %zero = arith.constant 0 : i64
  spak_cuda.store_frag %p, %halves[%zero] coords(%n) by [#spak_cuda.pattern<[8:1]>] strides(%l) limits(%n) : !spak_cuda.frag<4xvector<2xf16>>, !spak_cuda.global<f16>
  // CHECK: for (int i = 0; i < 8; i += 2) {
  // CHECK: spak::store_pair_if(keep, origin + offset, packed[i / 2]);
  spak_cuda.store_frag %p, %halves[%zero] coords(%n) by [#spak_cuda.pattern<[8:1]>] strides(%l) limits(%n) {vec = 2 : i64} : !spak_cuda.frag<4xvector<2xf16>>, !spak_cuda.global<f16>
  // CHECK: const float e3 = x[3];
  %g = spak_cuda.frag.get %y[3] : !f8 -> f32 loc("e3")
  %true = arith.constant true
  spak_cuda.store %g, %in[%l] when %true : f32, !spak_cuda.global<f32>
  // CHECK: keepsake[i] = largest[i] - sum[i];
  %k = spak_cuda.map of %max, %sum by [unit, unit] coords [] {
  ^bb0(%a: f32, %b: f32):
    %c = arith.subf %a, %b : f32
    spak_cuda.yield %c : f32
  } : (!rows, !rows) -> !rows loc("keepsake")
  spak_cuda.return
}

// CHECK-LABEL: scalars(
spak_cuda.kernel @scalars(%a: i32 {spak.name = "a"}, %b: i32 {spak.name = "b"}, %l: i64 {spak.name = "l"}, %f: f32 {spak.name = "f"}, %out: !spak_cuda.global<f32> {spak.name = "out"}, %outi: !spak_cuda.global<i32> {spak.name = "outi"}) attributes {threads = 128} {
  %true = arith.constant true
  %c3 = arith.constant 3 : i32
  %l0 = arith.constant 0 : i64
  %i1 = arith.addi %a, %b : i32
  %i2 = arith.muli %i1, %c3 : i32
  // CHECK: const int x = a + b;
  // CHECK-NEXT: spak::store_if(true, outi + 0, x * 3);
  spak_cuda.store %i2, %outi[%l0] when %true : i32, !spak_cuda.global<i32>
  %i3 = arith.subi %a, %i1 : i32
  %r = arith.remui %i3, %c3 : i32
  // Unsigned results become signed again where it matters.
  // CHECK: spak::store_if(int(uint32_t(a - x) % 3) < b, outi + 0, min(a, b));
  %less = arith.cmpi slt, %r, %b : i32
  %m = arith.minsi %a, %b : i32
  spak_cuda.store %m, %outi[%l0] when %less : i32, !spak_cuda.global<i32>
  // CHECK: spak::store_if(true, outi + int64_t(a) * l, spak::floor_div(a, b));
  %wide = arith.extsi %a : i32 to i64
  %off = arith.muli %wide, %l : i64
  %fd = arith.floordivsi %a, %b : i32
  spak_cuda.store %fd, %outi[%off] when %true : i32, !spak_cuda.global<i32>
  // CHECK: spak::store_if(true, out + 0, -(f * f));
  %ff = arith.mulf %f, %f : f32
  %neg = arith.negf %ff : f32
  spak_cuda.store %neg, %out[%l0] when %true : f32, !spak_cuda.global<f32>
  // CHECK: const float e = spak::exp2_approx(f - 1.0f);
  // CHECK-NEXT: spak::store_if(true, out + 0, e / (e + f));
  %one = arith.constant 1.0 : f32
  %f1 = arith.subf %f, %one : f32
  %e = math.exp2 %f1 : f32 loc("e")
  %den = arith.addf %e, %f : f32
  %q = arith.divf %e, %den : f32
  spak_cuda.store %q, %out[%l0] when %true : f32, !spak_cuda.global<f32>
  spak_cuda.return
}
