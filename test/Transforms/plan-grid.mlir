// RUN: spak-opt %S/Inputs/forward.mlir -plan-grid -o %t.1.mlir 2>%t.remarks
// RUN: FileCheck %s --input-file %t.1.mlir
// RUN: FileCheck %s --input-file %t.remarks --check-prefix REMARK
// RUN: spak-opt %S/Inputs/matmul.mlir -plan-grid 2>&1 | FileCheck %s --check-prefix MATMUL
// RUN: spak-opt %S/Inputs/chained.mlir -plan-grid 2>&1 | FileCheck %s --check-prefix NATURAL

// An order that is there stays.
// RUN: spak-opt %t.1.mlir -plan-grid | diff %t.1.mlir -

// CHECK: order = #spak.order<"one_per_cta", ["h", "b", "m"], {m = "longest_first"}>
// REMARK: longest tiles of `m` first: a loop's upper bound grows along it
// REMARK: schedule one_per_cta: default
// MATMUL: remark: groups of 8 along `m`: default for a grid of two ranges
// MATMUL: order = #spak.order<"one_per_cta", ["m", "n"], {group_m = 8 : i64}>
// NATURAL: order = #spak.order<"one_per_cta", ["m"], {}>

// RUN: sed 's/slots_A = 3 : i64/order = "persistent_static", raster = "grouped", group_n = 4 : i64/' \
// RUN:   %S/Inputs/matmul.mlir | spak-opt -plan-grid 2>/dev/null | FileCheck %s --check-prefix ASKED
// ASKED: order = #spak.order<"persistent_static", ["m", "n"], {group_n = 4 : i64}>

// RUN: sed 's/slots_A = 3 : i64/persistent = true, raster = "natural"/' \
// RUN:   %S/Inputs/matmul.mlir | spak-opt -plan-grid 2>/dev/null | FileCheck %s --check-prefix PERSISTENT
// PERSISTENT: order = #spak.order<"persistent_static", ["m", "n"], {}>

// RUN: sed 's/slots_A = 3 : i64/raster = "longest_first"/' %S/Inputs/matmul.mlir \
// RUN:   | not spak-opt -plan-grid 2>&1 | FileCheck %s --check-prefix LONGEST
// LONGEST: error: 'spak.grid' op request `raster` = longest_first: the work of a tile grows along no range of this grid

// Said so, too.
// RUN: sed 's/slots_A = 3 : i64/raster = "by_work"/' %S/Inputs/matmul.mlir \
// RUN:   | spak-opt -plan-grid 2>&1 | FileCheck %s --check-prefix MATMUL

// Where a loop's lower bound moves up, the first tiles are the longest: they
// stay in front, of all heads. Where both ends move up, only who asks gets the
// longer ones first, those behind the begin.
// RUN: spakc %S/../../examples/fmha/variants/window.dsl -D sides=left --compile-to=decided -o - \
// RUN:   | FileCheck %s --check-prefix SHRINKS
// RUN: spakc %S/../../examples/fmha/variants/window.dsl -D sides=right --compile-to=decided -o - \
// RUN:   | FileCheck %s --check-prefix GROWS
// RUN: spakc %S/../../examples/fmha/variants/window.dsl -D sides=both -D raster=by_work --compile-to=decided -o - \
// RUN:   | FileCheck %s --check-prefix MOVES
// RUN: spakc %S/../../examples/fmha/variants/window.dsl -D sides=both -D raster=longest_first --compile-to=decided -o - \
// RUN:   | FileCheck %s --check-prefix GROWS
// SHRINKS: order = #spak.order<"{{.*}}", ["h", "b", "m"], {}>
// GROWS: order = #spak.order<"{{.*}}", ["h", "b", "m"], {m = "longest_first"}>
// MOVES: order = #spak.order<"{{.*}}", ["m", "h", "b"], {}>

// RUN: sed 's/slots_A = 3 : i64/raster = "spiral"/' %S/Inputs/matmul.mlir \
// RUN:   | not spak-opt -plan-grid 2>&1 | FileCheck %s --check-prefix RASTER
// RASTER: error: 'spak.grid' op request `raster`: expected "by_work", "natural", "longest_first" or "grouped", got "spiral"

// RUN: sed 's/slots_A = 3 : i64/order = "dynamic"/' %S/Inputs/matmul.mlir \
// RUN:   | not spak-opt -plan-grid 2>&1 | FileCheck %s --check-prefix ORDER
// ORDER: error: 'spak.grid' op request `order`: expected "one_per_cta", "persistent_static", "persistent_snake", "persistent_paired" or "persistent_dynamic", got "dynamic"

// Somebody has to claim the tiles.
// RUN: sed 's/slots_A = 3 : i64/order = "persistent_dynamic"/' %S/Inputs/matmul.mlir \
// RUN:   | not spak-opt -plan-grid 2>&1 | FileCheck %s --check-prefix CLAIM
// CLAIM: error: 'spak.grid' op request `order` = persistent_dynamic needs a role that only fetches tiles

// RUN: sed 's/slots_A = 3 : i64/order = "one_per_cta", persistent = true/' %S/Inputs/matmul.mlir \
// RUN:   | not spak-opt -plan-grid 2>&1 | FileCheck %s --check-prefix BOTH
// BOTH: error: 'spak.grid' op request `persistent` = true contradicts request `order` = one_per_cta
