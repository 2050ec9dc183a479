// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Only an erf to which 1 is added, all of whose readers round to 16 bits.
// RUN: spak-opt %s --relax-functions -split-input-file | FileCheck %s

#u = #spak_cuda.pattern<[4:1]>
!f = !spak_cuda.frag<4xf32>
!b = !spak_cuda.frag<2xvector<2xbf16>>
!h = !spak_cuda.frag<2xvector<2xf16>>

// CHECK-LABEL: @rounded
// CHECK: math.erf %{{.*}} {spak_cuda.rounded = bf16} : f32
spak_cuda.kernel @rounded(%x: f32) attributes {threads = 128} {
  %one = arith.constant 1.0 : f32
  %0 = spak_cuda.frag.fill %x : f32 -> <4xf32>
  %1 = spak_cuda.map of %0 by [unit] coords [] in_place 0 {
  ^bb0(%e: f32):
    %2 = math.erf %e : f32
    %3 = arith.addf %2, %one : f32
    %4 = arith.mulf %3, %e : f32
    spak_cuda.yield %4 : f32
  } : (!f) -> !f
  %5 = spak_cuda.pack %1 : <4xf32> -> <2xvector<2xbf16>>
  spak_cuda.return
}

// -----
!f = !spak_cuda.frag<4xf32>
// CHECK-LABEL: @half
// CHECK: math.erf %{{.*}} {spak_cuda.rounded = f16} : f32
// What is read as it is stays exact.
// CHECK: math.erf %{{[a-z0-9]+}} : f32
// One that is not added to 1, and one that something else is added to after.
// CHECK: math.erf %{{[a-z0-9]+}} : f32
// CHECK: math.erf %{{[a-z0-9]+}} : f32
spak_cuda.kernel @half(%x: f32, %p: !spak_cuda.global<f32>, %at: i64, %q: i1) attributes {threads = 128} {
  %one = arith.constant 1.0 : f32
  %0 = spak_cuda.frag.fill %x : f32 -> <4xf32>
  %1 = spak_cuda.map of %0 by [unit] coords [] {
  ^bb0(%e: f32):
    %2 = math.erf %e : f32
    %3 = arith.addf %one, %2 : f32
    spak_cuda.yield %3 : f32
  } : (!f) -> !f
  %5 = spak_cuda.pack %1 : <4xf32> -> <2xvector<2xf16>>
  %6 = spak_cuda.map of %0 by [unit] coords [] {
  ^bb0(%e: f32):
    %2 = math.erf %e : f32
    %3 = arith.addf %one, %2 : f32
    spak_cuda.yield %3 : f32
  } : (!f) -> !f
  %7 = spak_cuda.pack %6 : <4xf32> -> <2xvector<2xf16>>
  %8 = spak_cuda.frag.get %6[0] : <4xf32> -> f32
  spak_cuda.store %8, %p[%at] when %q : f32, !spak_cuda.global<f32>
  %9 = spak_cuda.map of %0 by [unit] coords [] {
  ^bb0(%e: f32):
    %2 = math.erf %e : f32
    spak_cuda.yield %2 : f32
  } : (!f) -> !f
  %10 = spak_cuda.pack %9 : <4xf32> -> <2xvector<2xf16>>
  %11 = spak_cuda.map of %0 by [unit] coords [] {
  ^bb0(%e: f32):
    %2 = math.erf %e : f32
    %3 = arith.addf %one, %2 : f32
    %4 = arith.subf %3, %one : f32
    spak_cuda.yield %4 : f32
  } : (!f) -> !f
  %12 = spak_cuda.pack %11 : <4xf32> -> <2xvector<2xf16>>
  spak_cuda.return
}
