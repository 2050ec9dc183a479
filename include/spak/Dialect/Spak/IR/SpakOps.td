// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: nothing; gathers the dialect for tablegen.
#ifndef SPAK_OPS
#define SPAK_OPS

include "spak/Dialect/Spak/IR/SpakComputeOps.td"
include "spak/Dialect/Spak/IR/SpakMemoryOps.td"
include "spak/Dialect/Spak/IR/SpakSoftmaxOps.td"
include "spak/Dialect/Spak/IR/SpakStagedOps.td"
include "spak/Dialect/Spak/IR/SpakStructureOps.td"

#endif // SPAK_OPS
