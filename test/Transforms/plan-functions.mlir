// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Functions whose value is rounded next become one op, where they are asked for.
// RUN: sed 's/REQUEST/rounded/' %s > %t.mlir
// RUN: spak-opt %t.mlir -plan-functions -o %t.1.mlir 2>%t.remarks
// RUN: FileCheck %s --input-file %t.1.mlir
// RUN: FileCheck %s --input-file %t.remarks --check-prefix REMARK
// RUN: spak-opt %t.1.mlir -plan-functions 2>/dev/null | diff %t.1.mlir -
// RUN: sed 's/REQUEST/exact/' %s | spak-opt -plan-functions 2>&1 | FileCheck %s --check-prefix EXACT --implicit-check-not=spak.rounded --implicit-check-not=remark
// EXACT: math.erf
// EXACT: math.exp{{ }}

// REMARK: this gelu is no more exact than bf16 needs: request `functions`
// REMARK: this gelu is no more exact than f16 needs: request `functions`
// REMARK: this silu is no more exact than bf16 needs: request `functions`
// REMARK: this sigmoid is no more exact than bf16 needs: request `functions`

!f = !spak.tile<m=64, n=8 : f32>
!b = !spak.tile<m=64, n=8 : bf16>
!h = !spak.tile<m=64, n=8 : f16>

spak.kernel @taken(%x: !f, %gate: !f) attributes {request = #spak.request<{functions = "REQUEST"}>} {
  %one = arith.constant dense<1.0> : !f
  %half = arith.constant dense<0.5> : !f
  %c = arith.constant dense<0.707106769> : !f

  // As IRGen writes it; nothing of it is left.
  // CHECK-LABEL: @taken
  // CHECK-NOT: math.erf
  // CHECK: %[[G:.*]] = spak.rounded "gelu" %x for bf16
  // CHECK-NEXT: spak.convert %[[G]]
  %0 = arith.mulf %x, %c : !f
  %1 = math.erf %0 : !f
  %2 = arith.addf %1, %one : !f
  %3 = arith.mulf %x, %half : !f
  %4 = arith.mulf %3, %2 : !f
  %5 = spak.convert %4 : !f -> !b

  // Products in another order, and a gate behind it.
  // CHECK: %[[H:.*]] = spak.rounded "gelu" %x for f16
  // CHECK-NEXT: arith.mulf %[[H]], %gate
  %6 = arith.mulf %c, %x : !f
  %7 = math.erf %6 : !f
  %8 = arith.addf %one, %7 : !f
  %9 = arith.mulf %8, %x : !f
  %10 = arith.mulf %half, %9 : !f
  %11 = arith.mulf %10, %gate : !f
  %12 = spak.convert %11 : !f -> !h

  // CHECK: spak.rounded "silu" %x for bf16
  %13 = arith.negf %x : !f
  %14 = math.exp %13 : !f
  %15 = arith.addf %one, %14 : !f
  %16 = arith.divf %x, %15 : !f
  %17 = spak.convert %16 : !f -> !b

  // CHECK: spak.rounded "sigmoid" %x for bf16
  %18 = arith.negf %x : !f
  %19 = math.exp %18 : !f
  %20 = arith.addf %one, %19 : !f
  %21 = arith.divf %one, %20 : !f
  %22 = spak.convert %21 : !f -> !b
  spak.return
}

// What a sum reads stays: it could magnify the error. So does what two types
// read, another formula, and what is not rounded.
// CHECK-LABEL: @left
// CHECK-NOT: spak.rounded
// CHECK: spak.return
spak.kernel @left(%x: !f, %y: !f) attributes {request = #spak.request<{functions = "REQUEST"}>} {
  %one = arith.constant dense<1.0> : !f
  %half = arith.constant dense<0.5> : !f
  %c = arith.constant dense<0.707106769> : !f
  %0 = arith.mulf %x, %c : !f
  %1 = math.erf %0 : !f
  %2 = arith.addf %1, %one : !f
  %3 = arith.mulf %x, %half : !f
  %4 = arith.mulf %3, %2 : !f
  %5 = arith.subf %4, %y : !f
  %6 = spak.convert %5 : !f -> !b

  %7 = arith.mulf %x, %c : !f
  %8 = math.erf %7 : !f
  %9 = arith.addf %8, %one : !f
  %10 = arith.mulf %x, %half : !f
  %11 = arith.mulf %10, %9 : !f
  %12 = spak.convert %11 : !f -> !b
  %13 = spak.convert %11 : !f -> !h

  %14 = arith.mulf %x, %half : !f
  %15 = math.erf %14 : !f
  %16 = arith.addf %15, %one : !f
  %17 = arith.mulf %x, %half : !f
  %18 = arith.mulf %17, %16 : !f
  %19 = spak.convert %18 : !f -> !b

  %20 = arith.mulf %x, %c : !f
  %21 = math.erf %20 : !f
  %22 = arith.addf %21, %one : !f
  %23 = arith.mulf %y, %half : !f
  %24 = arith.mulf %23, %22 : !f
  %25 = spak.convert %24 : !f -> !b
  spak.return
}

// The sums that a softmax divides by, where the quotient is rounded next.
// RUN: spakc %S/../../examples/fmha/variants/window.dsl -D functions=rounded --compile-to=decided -o - 2>&1 | FileCheck %s --check-prefix SUMS
// RUN: spakc %S/../../examples/fmha/variants/window.dsl -D functions=exact --compile-to=decided -o - 2>&1 | FileCheck %s --check-prefix WHOLE
// RUN: spakc %S/../../examples/fmha/variants/window.dsl -D functions=rounded -o - | FileCheck %s --check-prefix TEXT
// SUMS: spak.softmax.finish {{.*}} {rounded = bf16}
// WHOLE: spak.softmax.finish
// WHOLE-NOT: rounded = bf16
// TEXT: spak::reciprocal_rounded(
// TEXT-NOT: 1.0f / state
