// How far maxima may lag, and which exponentials are polynomials.
// RUN: sed 's/%N: index {spak.name = "N", spak.kind = "dim"})/& attributes {request = #spak.request<{rescale_bound = 8 : i64, exp2_polynomial = 2 : i64}>}/' %S/Inputs/forward.mlir > %t.mlir
// RUN: spak-opt %t.mlir -assign-layouts -plan-staging -plan-roles -plan-overlap -plan-softmax -o %t.1.mlir 2>%t.remarks
// RUN: FileCheck %s --input-file %t.1.mlir
// RUN: FileCheck %s --input-file %t.remarks --check-prefix REMARK
// RUN: spak-opt %t.1.mlir -plan-softmax 2>/dev/null | diff %t.1.mlir -
// REMARK: a row's maximum stays until it would rise by more than 8 powers of two: request `rescale_bound`
// REMARK: 2 of every 8 exponentials are a polynomial: request `exp2_polynomial`
// CHECK: spak.softmax.advance {{.*}} may_be_empty lazy 8.000000e+00
// CHECK: spak.softmax.probs {{.*}} {polynomial = 2 : i64

// On the device: selections, no branch; the choice of an exponential is by the
// number of the register, which is known when the loop is unrolled.
// RUN: spak-opt %t.1.mlir -stage-loads -specialize-roles -software-pipeline -unswitch-masked-loops \
// RUN:   -convert-spak-to-spak-cuda -canonicalize -cse -o %t.2.mlir
// RUN: FileCheck %s --input-file %t.2.mlir --check-prefix DEVICE
// DEVICE: scf.for {{.*}} !spak_cuda.frag
// DEVICE: %[[NEW:.*]] = spak_cuda.lane_reduce "max"
// DEVICE-NEXT: %[[MAX:.*]] = spak_cuda.map of %[[OLD:.*]], %[[NEW]]
// DEVICE: %[[RISE:.*]] = arith.subf
// DEVICE: %[[POWERS:.*]] = arith.mulf %[[RISE]]
// DEVICE: %[[MORE:.*]] = arith.cmpf ogt, %[[POWERS]], %{{.*}}
// DEVICE: arith.select %[[MORE]]
// DEVICE-NOT: scf.if
// DEVICE: coords [#[[EIGHT:.*]]]
// DEVICE: %[[X:.*]] = math.fma
// DEVICE: math.exp2 %[[X]] {spak_cuda.polynomial}
// DEVICE: arith.cmpi slt, %{{.*}}, %c2_i32
// DEVICE: scf.yield

// RUN: spak-opt %t.mlir -assign-layouts 2>/dev/null | sed 's/rescale_bound = 8/rescale_bound = 0/;s/exp2_polynomial = 2/exp2_polynomial = 0/' \
// RUN:   | spak-opt -plan-softmax 2>/dev/null | FileCheck %s --check-prefix OFF --implicit-check-not='lazy' --implicit-check-not='polynomial = '
// OFF: exp2_polynomial = 0 : i64, rescale_bound = 0 : i64
// OFF: spak.softmax.probs

// What the bound lets through must be a number of the type that it is rounded
// to: f16 has 2^15, e4m3 2^8.
// RUN: sed 's/bf16/f16/g;s/rescale_bound = 8/rescale_bound = 16/' %t.mlir \
// RUN:   | not spak-opt -assign-layouts -plan-softmax 2>&1 | FileCheck %s --check-prefix HEADROOM
// HEADROOM: error: 'spak.softmax.probs' op makes exponentials up to 2^16 because maxima may lag by as many powers of two; 'f16' leaves room up to 2^15
// RUN: sed 's/bf16/f8E4M3FN/g;s/rescale_bound = 8/rescale_bound = 9/' %t.mlir \
// RUN:   | not spak-opt -plan-softmax 2>&1 | FileCheck %s --check-prefix NARROW
// NARROW: 'f8E4M3FN' leaves room up to 2^8

// RUN: sed 's/slots_A = 3 : i64/rescale_bound = 4 : i64/' %S/Inputs/matmul.mlir \
// RUN:   | not spak-opt -assign-layouts -plan-softmax 2>&1 | FileCheck %s --check-prefix NONE
// NONE: error: 'spak.kernel' op request `rescale_bound` is about an online softmax; there is none
