// Stages follow from dots and what lies between them.
// RUN: spak-opt %S/Inputs/forward.mlir -assign-layouts -plan-staging -plan-overlap \
// RUN:   -o %t.1.mlir 2>%t.remarks
// RUN: FileCheck %s --input-file %t.1.mlir
// RUN: FileCheck %s --input-file %t.remarks --check-prefix REMARK
// RUN: spak-opt %S/Inputs/chained.mlir -assign-layouts -plan-overlap 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix CHAINED
// RUN: spak-opt %S/Inputs/two-states.mlir -assign-layouts -plan-overlap 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix TWO
// RUN: spak-opt %S/Inputs/matmul.mlir -assign-layouts -plan-staging -plan-overlap 2>&1 \
// RUN:   | FileCheck %s --check-prefix MATMUL

// A planned loop stays as it is; nothing depends on names.
// RUN: spak-opt %t.1.mlir -plan-overlap | diff %t.1.mlir -
// RUN: sed 's/@forward/@zebra/' %S/Inputs/forward.mlir \
// RUN:   | spak-opt -assign-layouts -plan-staging -plan-overlap 2>/dev/null \
// RUN:   | sed 's/@zebra/@forward/' | diff %t.1.mlir -

// REMARK: runs in reverse: its masks cut at the high end, and its order is free
// REMARK: products of level 0 run beside the later ones of the iteration before: default

// CHECK: spak.for {{.*}} attributes {direction = "reverse", overlap = #spak.overlap<distance = 1, pingpong = false, rescale = "always">}
// CHECK: spak.load %K{{.*}} {spak.stage = #spak.stage<0, 0>
// CHECK: spak.load %V{{.*}} {spak.stage = #spak.stage<1, 2>
// CHECK: spak.dot {{.*}} over "d" {{.*}} spak.stage = #spak.stage<0, 1>
// CHECK: spak.mask {{.*}} #spak.stage<0, 4>
// CHECK: spak.mask {{.*}} #spak.stage<0, 5>
// CHECK: spak.softmax.advance {{.*}} #spak.stage<0, 6>
// CHECK: spak.softmax.rescale {{.*}} #spak.stage<0, 7>
// CHECK: spak.softmax.probs {{.*}} #spak.stage<0, 8>
// CHECK: spak.convert_layout {{.*}} #spak.stage<0, 9>
// CHECK: spak.dot {{.*}} over "n" {{.*}} spak.stage = #spak.stage<1, 3>

// CHAINED-NOT: direction
// CHAINED: spak.dot {{.*}} over "d" {{.*}} #spak.stage<0, 1>
// CHAINED: math.erf {{.*}} #spak.stage<0,
// CHAINED: spak.dot {{.*}} over "f" {{.*}} #spak.stage<1, 3>

// TWO: spak.dot {{.*}} over "d" {{.*}} #spak.stage<0, 1>
// TWO: spak.dot {{.*}} over "d" {{.*}} #spak.stage<0, 3>
// TWO: spak.dot {{.*}} over "n" {{.*}} #spak.stage<1, 5>
// TWO: spak.dot {{.*}} over "n" {{.*}} #spak.stage<1, 7>

// MATMUL: remark: operands are released one iteration late: default
// MATMUL: overlap = #spak.overlap<distance = 1, pingpong = false
// MATMUL: spak.dot {{.*}} #spak.stage<0, 2>

// A loop without products, or one that is told not to, has no stages.
// RUN: sed 's/slots_A = 3 : i64/overlap = "none"/' %S/Inputs/matmul.mlir \
// RUN:   | spak-opt -assign-layouts -plan-overlap 2>&1 | FileCheck %s --check-prefix OFF
// OFF: remark: no overlap of iterations: request `overlap`
// OFF-NOT: spak.stage

// RUN: sed 's/slots_A = 3 : i64/overlap = "much"/' %S/Inputs/matmul.mlir \
// RUN:   | not spak-opt -assign-layouts -plan-overlap 2>&1 | FileCheck %s --check-prefix WORD
// WORD: error: 'spak.kernel' op request `overlap`: expected "none", "intra", "pingpong" or "both", got "much"

// RUN: sed 's/slots_A = 3 : i64/slots_A = 1 : i64, overlap = "intra"/;s/slots_B = 3/slots_B = 1/' %S/Inputs/matmul.mlir \
// RUN:   | not spak-opt -assign-layouts -plan-staging -plan-overlap 2>&1 | FileCheck %s --check-prefix SLOT
// SLOT: error: 'spak.load' op has 1 slot; request `overlap` keeps 2 tiles of it in use

// RUN: sed 's/slots_A = 3 : i64/slots_A = 1 : i64/;s/slots_B = 3/slots_B = 1/' %S/Inputs/matmul.mlir \
// RUN:   | spak-opt -assign-layouts -plan-staging -plan-overlap 2>&1 | FileCheck %s --check-prefix KEEP
// KEEP: remark: no overlap of iterations: a tile has 1 slot
// KEEP-NOT: spak.stage

// A stage edited by hand is checked against def-use.
// RUN: sed 's/#spak.stage<0, 1>/#spak.stage<0, 20>/' %t.1.mlir \
// RUN:   | not spak-opt -plan-overlap 2>&1 | FileCheck %s --check-prefix EDITED
// EDITED: error: 'spak.mask' op with stage 0 and order 4 needs a value of its iteration, of stage 0 and order 20, which comes later
// EDITED: note: the value is defined here

// Where the tiles of two iterations do not fit the registers, the default is
// not to overlap them, and a request is refused.
// RUN: sed 's/"dim"}) {$/"dim"}) attributes {request = #spak.request<{registers_consumer = 160 : i64}>} {/' %S/Inputs/forward.mlir \
// RUN:   | spak-opt -assign-layouts -plan-staging -plan-roles -plan-overlap 2>&1 \
// RUN:   | FileCheck %s --check-prefix FEW
// FEW: remark: no overlap of iterations: its tiles would take more registers than a consumer has
// RUN: sed 's/"dim"}) {$/"dim"}) attributes {request = #spak.request<{registers_consumer = 160 : i64, overlap = "intra"}>} {/' %S/Inputs/forward.mlir \
// RUN:   | not spak-opt -assign-layouts -plan-staging -plan-roles -plan-overlap 2>&1 \
// RUN:   | FileCheck %s --check-prefix FEW-ASKED
// FEW-ASKED: error: 'spak.for' op request `overlap` needs 164 registers a thread for tiles; a consumer has 160
