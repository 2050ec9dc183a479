// Late products in pieces, where the turn is handed on, and where accumulators
// are scaled.
// RUN: sed 's/%N: index {spak.name = "N", spak.kind = "dim"})/& attributes {request = #spak.request<{split_V = 6 : i64, hand_off_V = 4 : i64, rescale = "pinned", overlap = "both"}>}/' %S/Inputs/forward.mlir > %t.mlir
// RUN: spak-opt %t.mlir -assign-layouts -plan-staging -plan-roles -plan-overlap -plan-issue \
// RUN:   -o %t.1.mlir 2>%t.remarks
// RUN: FileCheck %s --input-file %t.1.mlir
// RUN: FileCheck %s --input-file %t.remarks --check-prefix REMARK

// A product in pieces stays as it is.
// RUN: spak-opt %t.1.mlir -plan-issue 2>/dev/null | diff %t.1.mlir -

// REMARK: steps 0 to 5 of 8 are issued first, the others right before the sum is read: request `split_V`
// REMARK: the turn is handed on behind step 3: request `hand_off_V`
// REMARK: done between the exponentials of a thread's rows, behind the wait for the next operands: request `rescale`

// The pieces in the text, their place in the rotated body by the order.
// CHECK: spak.dot {{.*}} over "d" {instr = {{.*}}, spak.stage = #spak.stage<0, 1>}
// CHECK: spak.softmax.advance {{.*}} #spak.stage<0, 7>
// CHECK: spak.softmax.rescale {{.*}} {await_next, between_rows, spak.stage = #spak.stage<0, 9>}
// CHECK: spak.softmax.probs {{.*}} #spak.stage<0, 10>
// CHECK: %[[A:.*]] = spak.dot %[[P:.*]], %[[V:.*]] acc %{{.*}} over "n" {hand_off, {{.*}}, part = array<i64: 0, 64>, spak.stage = #spak.stage<1, 3>}
// CHECK: %[[B:.*]] = spak.dot %[[P]], %[[V]] acc %[[A]] over "n" {instr = {{[^,]*}}, part = array<i64: 64, 32>, spak.stage = #spak.stage<1, 4>}
// CHECK: %[[C:.*]] = spak.dot %[[P]], %[[V]] acc %[[B]] over "n" {instr = {{[^,]*}}, part = array<i64: 96, 32>, spak.stage = #spak.stage<1, 8>}
// CHECK: spak.yield {{.*}}%[[C]]

// Rotated: first product, two pieces with the end of the turn between them,
// maxima, the last piece.
// RUN: spak-opt %t.1.mlir -stage-loads -specialize-roles -software-pipeline -unswitch-masked-loops -check-staged \
// RUN:   -o %t.2.mlir
// RUN: FileCheck %s --input-file %t.2.mlir --check-prefix ROTATED
// ROTATED: spak.role @consumer
// ROTATED: spak.for {{.*}} iter_args
// ROTATED: spak.turn "take"
// ROTATED-NEXT: spak.dot {{.*}} over "d"
// ROTATED: part = array<i64: 0, 64>
// ROTATED-NEXT: spak.turn "pass"
// ROTATED-NEXT: part = array<i64: 64, 32>
// ROTATED: spak.softmax.advance
// ROTATED-NEXT: part = array<i64: 96, 32>
// ROTATED: spak.softmax.rescale

// On the device: the last piece stays behind the maxima, which its fence pins;
// the next K is awaited after the first row's exponentials; then the sum.
// RUN: spak-opt %t.2.mlir -convert-spak-to-spak-cuda -canonicalize -cse -insert-sync -allocate-shared -check-cuda \
// RUN:   | FileCheck %s --check-prefix DEVICE
// DEVICE: spak_cuda.ring.wait %[[K:[^,]*]], %{{.*}} when %{{.*}}
// DEVICE: scf.for {{.*}} iter_args
// DEVICE-NOT: spak_cuda.ring.wait
// DEVICE: spak_cuda.bar.sync
// DEVICE: spak_cuda.wgmma.ss
// DEVICE: spak_cuda.wgmma.rs {{.*}} k 64 first 0
// DEVICE: spak_cuda.bar.arrive
// DEVICE: spak_cuda.wgmma.rs {{.*}} k 32 first 4
// DEVICE: spak_cuda.wgmma.wait 2
// DEVICE: spak_cuda.ring.release
// DEVICE: %[[MAX:.*]] = spak_cuda.lane_reduce "max"
// DEVICE: %[[PINNED:.*]] = spak_cuda.wgmma.fence of %[[MAX]]
// DEVICE-NEXT: spak_cuda.wgmma.rs {{.*}} k 32 first 6
// DEVICE: spak_cuda.map of %{{.*}} {only = array<i64: 2, 2, 0>}
// DEVICE: spak_cuda.row_reduce "add" {{.*}} {only = array<i64: 2, 2, 0>}
// DEVICE-NEXT: spak_cuda.ring.wait %[[K]], %{{.*}} when %{{.*}}
// DEVICE-NEXT: spak_cuda.wgmma.wait 0
// DEVICE-NEXT: spak_cuda.ring.release
// DEVICE: spak_cuda.map of %{{.*}} {only = array<i64: 2, 2, 0>}
// DEVICE: %[[ROW0:.*]] = spak_cuda.pack %{{.*}} {only = array<i64: 1, 2, 0>}
// DEVICE: spak_cuda.map of %{{.*}} {only = array<i64: 2, 2, 1>}
// DEVICE: spak_cuda.pack %{{.*}} into %[[ROW0]] {{.*}} {only = array<i64: 1, 2, 1>}
// DEVICE: scf.yield

// As many as there are is no split; nothing is asked, nothing is written.
// RUN: sed 's/split_V = 6/split_V = 8/;s/hand_off_V = 4/hand_off_V = 0/;s/rescale = "pinned"/rescale = "first"/' %t.mlir \
// RUN:   | spak-opt -assign-layouts -plan-staging -plan-roles -plan-overlap -plan-issue 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix WHOLE --implicit-check-not='part =' --implicit-check-not=between_rows --implicit-check-not='hand_off,'
// WHOLE: spak.dot {{.*}} over "n"

// What cannot be honoured is said.
// RUN: sed 's/overlap = "both"/overlap = "none"/;s/hand_off_V = 4/hand_off_V = 0/' %t.mlir \
// RUN:   | not spak-opt -assign-layouts -plan-staging -plan-roles -plan-overlap -plan-issue 2>&1 \
// RUN:   | FileCheck %s --check-prefix NONE
// NONE: error: 'spak.kernel' op request `split_V` is about a product with tensor `V` that runs beside the first product of the next iteration; there is none (see request `overlap`)

// RUN: sed 's/split_V/split_K/' %t.mlir \
// RUN:   | not spak-opt -assign-layouts -plan-staging -plan-roles -plan-overlap -plan-issue 2>&1 \
// RUN:   | FileCheck %s --check-prefix FIRST
// FIRST: error: 'spak.kernel' op request `split_K` is about a product with tensor `K`

// RUN: sed 's/overlap = "both"/overlap = "intra"/' %t.mlir \
// RUN:   | not spak-opt -assign-layouts -plan-staging -plan-roles -plan-overlap -plan-issue 2>&1 \
// RUN:   | FileCheck %s --check-prefix TURNS
// TURNS: error: 'spak.dot' op request `hand_off_V` asks to hand on a turn at the tensor core behind step 4 of this product, but its loop takes no turns (see request `overlap`)

// RUN: sed 's/split_V = 6 : i64, hand_off_V = 4 : i64, //;s/overlap = "both"/overlap = "none"/' %t.mlir \
// RUN:   | not spak-opt -assign-layouts -plan-staging -plan-roles -plan-overlap -plan-issue 2>&1 \
// RUN:   | FileCheck %s --check-prefix RESCALE
// RESCALE: error: 'spak.kernel' op request `rescale` = "pinned" is about an accumulator that is scaled while a product of another iteration runs; there is none (see request `overlap`)

// RUN: sed 's/split_V = 6/slots_V = 1/' %t.mlir \
// RUN:   | not spak-opt -assign-layouts -plan-staging -plan-roles -plan-overlap -plan-issue 2>&1 \
// RUN:   | FileCheck %s --check-prefix SLOT
// SLOT: error: 'spak.load' op has 1 slot; request `rescale` = "pinned" awaits operands of the next iteration while this one's are in use, which needs 2
