// What an op by itself may not look like.
// RUN: spak-opt %s -split-input-file -verify-diagnostics

// expected-error@+1 {{FRAG-POSITIVE: expected at least 1 register, got 0}}
spak_cuda.kernel @k(%f: !spak_cuda.frag<0xf32>) attributes {threads = 128} { spak_cuda.return }

// -----

// expected-error@+1 {{expected f32, bf16, f16, i32, i1, vector<2xbf16> or vector<2xf16> as register, got 'f64'}}
spak_cuda.kernel @k(%f: !spak_cuda.frag<4xf64>) attributes {threads = 128} { spak_cuda.return }

// -----

// expected-error@+1 {{expected an extent of at least 1 and a stride of at least 0, got 0:1}}
#p = #spak_cuda.pattern<[0:1]>
module attributes {x.p = #p} {}

// -----

// expected-error@+1 {{expected a swizzle of 0, 32, 64 or 128 bytes, got 100}}
#d = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 100, kstep = 32, ksteps_per_slab = 4, slab = 0, transposed = false>
module attributes {x.d = #d} {}

// -----

// expected-error@+1 {{expected multiples of 16 bytes in a descriptor, got 24}}
#d = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 24, ksteps_per_slab = 4, slab = 0, transposed = false>
module attributes {x.d = #d} {}

// -----

spak_cuda.kernel @k() attributes {threads = 128} {
  // expected-error@+1 {{ROLE-ONLY-ROLES: expected only roles inside, got `spak_cuda.syncthreads`}}
  spak_cuda.roles { spak_cuda.syncthreads }
  spak_cuda.return
}

// -----

spak_cuda.kernel @k() attributes {threads = 128} {
  spak_cuda.roles {
    // expected-error@+1 {{ROLE-MAXNREG: expected whole warpgroups (4 warps), got warps 0 for 2}}
    spak_cuda.role @r warps 0 for 2 { }
  }
  spak_cuda.return
}

// -----

spak_cuda.kernel @k() attributes {threads = 128} {
  spak_cuda.roles {
    // expected-error@+1 {{ROLE-MAXNREG: expected a multiple of 8 from 24 to 256, got 100}}
    spak_cuda.role @r warps 0 for 4 maxnreg 100 { }
  }
  spak_cuda.return
}

// -----

spak_cuda.kernel @k() attributes {threads = 128} {
  // expected-error@+1 {{SMEM-ALIGN: offset 512 is not a multiple of 1024 bytes}}
  %a = spak_cuda.shared "a" at 512 : !spak_cuda.smem<1 x 1024 bytes of bf16>
  spak_cuda.return
}

// -----

spak_cuda.kernel @k(%f: !spak_cuda.frag<4xf32>) attributes {threads = 128} {
  // expected-error@+1 {{MAP-PATTERNS: the pattern covers 8 registers, expected 4}}
  %m = spak_cuda.map of %f by [#spak_cuda.pattern<[8:1]>] coords [] {
  ^bb0(%x: f32):
    spak_cuda.yield %x : f32
  } : (!spak_cuda.frag<4xf32>) -> !spak_cuda.frag<4xf32>
  spak_cuda.return
}

// -----

spak_cuda.kernel @k(%f: !spak_cuda.frag<2xf32>) attributes {threads = 128} {
  // expected-error@+1 {{MAP-PATTERNS: the pattern reaches register 3 of an operand with 2}}
  %m = spak_cuda.map of %f by [#spak_cuda.pattern<[4:1]>] coords [] {
  ^bb0(%x: f32):
    spak_cuda.yield %x : f32
  } : (!spak_cuda.frag<2xf32>) -> !spak_cuda.frag<4xf32>
  spak_cuda.return
}

// -----

spak_cuda.kernel @k(%f: !spak_cuda.frag<4xf32>) attributes {threads = 128} {
  // expected-error@+1 {{MAP-FOURS: expected two patterns, a multiple of 4 registers and one tanh, got [unit, unit] for 4 registers}}
  %m = spak_cuda.map of %f by [unit] coords [] attributes {fours = [unit, unit]} {
  ^bb0(%x: f32):
    spak_cuda.yield %x : f32
  } : (!spak_cuda.frag<4xf32>) -> !spak_cuda.frag<4xf32>
  spak_cuda.return
}

// -----

spak_cuda.kernel @k(%f: !spak_cuda.frag<2xf32>, %g: !spak_cuda.frag<4xf32>) attributes {threads = 128} {
  // expected-error@+1 {{MAP-IN-PLACE-TYPE: input 0 must exist, have the result's type and pattern `unit`}}
  %m = spak_cuda.map of %f, %g by [#spak_cuda.pattern<[4:0]>, unit] coords [] in_place 0 {
  ^bb0(%x: f32, %y: f32):
    spak_cuda.yield %x : f32
  } : (!spak_cuda.frag<2xf32>, !spak_cuda.frag<4xf32>) -> !spak_cuda.frag<4xf32>
  spak_cuda.return
}

// -----

#d = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 0, transposed = false>
spak_cuda.kernel @k(%s: i32) attributes {threads = 128} {
  %a = spak_cuda.shared "a" : !spak_cuda.smem<1 x 8192 bytes of bf16>
  // expected-error@+1 {{WGMMA-SHAPE: expected 16 registers of f32, got '!spak_cuda.frag<8xf32>'}}
  %r = spak_cuda.wgmma.ss %a[%s] desc #d, %a[%s] desc #d n 32 k 64 : !spak_cuda.smem<1 x 8192 bytes of bf16>, !spak_cuda.smem<1 x 8192 bytes of bf16> -> !spak_cuda.frag<8xf32>
  spak_cuda.return
}

// -----

#d = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 0, transposed = false>
spak_cuda.kernel @k(%s: i32) attributes {threads = 128} {
  %a = spak_cuda.shared "a" : !spak_cuda.smem<1 x 8192 bytes of bf16>
  // expected-error@+1 {{WGMMA-BLOCKS: expected an accumulator and blocks of a multiple of 8 that divide 32, got 16}}
  %r = spak_cuda.wgmma.ss %a[%s] desc #d, %a[%s] desc #d n 32 k 64 blocks %s by 16 at 2048 : !spak_cuda.smem<1 x 8192 bytes of bf16>, !spak_cuda.smem<1 x 8192 bytes of bf16> -> !spak_cuda.frag<16xf32>
  spak_cuda.return
}

// -----

#d = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 0, transposed = false>
spak_cuda.kernel @k(%s: i32) attributes {threads = 128} {
  %a = spak_cuda.shared "a" : !spak_cuda.smem<1 x 8192 bytes of bf16>
  // expected-error@+1 {{WGMMA-SHAPE: expected n in 8, 16, ..., 256 and k a multiple of 16, got n 20 and k 64}}
  %r = spak_cuda.wgmma.ss %a[%s] desc #d, %a[%s] desc #d n 20 k 64 : !spak_cuda.smem<1 x 8192 bytes of bf16>, !spak_cuda.smem<1 x 8192 bytes of bf16> -> !spak_cuda.frag<10xf32>
  spak_cuda.return
}

// -----

#d = #spak_cuda.desc<lbo = 16, sbo = 1024, swizzle = 128, kstep = 32, ksteps_per_slab = 4, slab = 0, transposed = false>
spak_cuda.kernel @k(%s: i32, %p: !spak_cuda.frag<8xvector<2xbf16>>) attributes {threads = 128} {
  %a = spak_cuda.shared "a" : !spak_cuda.smem<1 x 8192 bytes of bf16>
  // expected-error@+1 {{WGMMA-SHAPE: expected 16 packed registers of A, got '!spak_cuda.frag<8xvector<2xbf16>>'}}
  %r = spak_cuda.wgmma.rs %p, %a[%s] desc #d n 32 k 64 : !spak_cuda.frag<8xvector<2xbf16>>, !spak_cuda.smem<1 x 8192 bytes of bf16> -> !spak_cuda.frag<16xf32>
  spak_cuda.return
}

// -----

spak_cuda.kernel @k(%f: !spak_cuda.frag<2xf32>) attributes {threads = 128} {
  // expected-error@+1 {{WAIT-TIED: results must be the operands, in order}}
  spak_cuda.wgmma.wait 0 of %f : !spak_cuda.frag<2xf32>
  spak_cuda.return
}

// -----

spak_cuda.kernel @k(%f: !spak_cuda.frag<4xf32>) attributes {threads = 128} {
  // expected-error@+1 {{expected 2N registers of f32 to N packed ones, got '!spak_cuda.frag<4xf32>' to '!spak_cuda.frag<4xvector<2xbf16>>'}}
  %p = spak_cuda.pack %f : !spak_cuda.frag<4xf32> -> !spak_cuda.frag<4xvector<2xbf16>>
  spak_cuda.return
}

// -----

spak_cuda.kernel @k(%f: !spak_cuda.frag<4xf32>) attributes {threads = 128} {
  // expected-error@+1 {{expected "max", "min" or "add", got "mul"}}
  %p = spak_cuda.lane_reduce "mul" %f xor [1] : !spak_cuda.frag<4xf32>
  spak_cuda.return
}

// -----

spak_cuda.kernel @k(%f: !spak_cuda.frag<4xvector<2xbf16>>, %s: i32) attributes {threads = 128} {
  %a = spak_cuda.shared "a" : !spak_cuda.smem<1 x 8192 bytes of bf16>
  // expected-error@+1 {{needs registers 0 to 15 of 4}}
  spak_cuda.stmatrix %f from 0, %a[%s] width 128 : !spak_cuda.frag<4xvector<2xbf16>>, !spak_cuda.smem<1 x 8192 bytes of bf16>
  spak_cuda.return
}

// -----

spak_cuda.kernel @k(%s: i32) attributes {threads = 128} {
  %a = spak_cuda.shared "a" : !spak_cuda.smem<1 x 8192 bytes of bf16>
  // expected-error@+1 {{expected registers of whole slabs of 64 rows of 128 bytes in 8192, 8192 apart, got 32}}
  %f = spak_cuda.ldmatrix %a[%s] width 128 slab 8192 : !spak_cuda.smem<1 x 8192 bytes of bf16> -> !spak_cuda.frag<32xvector<2xbf16>>
  spak_cuda.return
}

// -----

spak_cuda.kernel @k(%s: i32) attributes {threads = 128} {
  %a = spak_cuda.shared "a" : !spak_cuda.smem<1 x 8192 bytes of bf16>
  // expected-error@+1 {{expected packed registers, got '!spak_cuda.frag<32xf32>'}}
  %f = spak_cuda.ldmatrix %a[%s] width 128 slab 8192 : !spak_cuda.smem<1 x 8192 bytes of bf16> -> !spak_cuda.frag<32xf32>
  spak_cuda.return
}

// -----

spak_cuda.kernel @k(%s: i32) attributes {threads = 128} {
  %a = spak_cuda.shared "a" : !spak_cuda.smem<1 x 8192 bytes of bf16>
  // expected-error@+1 {{expected a width of 32, 64 or 128 bytes, got 96}}
  %f = spak_cuda.ldmatrix %a[%s] width 96 slab 8192 : !spak_cuda.smem<1 x 8192 bytes of bf16> -> !spak_cuda.frag<12xvector<2xbf16>>
  spak_cuda.return
}

// -----

spak_cuda.host @h(%p: !spak_cuda.global<bf16>, %n: i64) {
  // expected-error@+1 {{expected box sizes from 1 to 256 elements, got 512}}
  %map = spak_cuda.host.tensor_map %p dims(%n, %n) strides(%n) box [64, 512] swizzle 128 : !spak_cuda.global<bf16>
  spak_cuda.return
}
