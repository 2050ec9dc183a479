// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: nothing of its own; the one file given to TableGen.
#ifndef SPAK_CUDA_OPS
#define SPAK_CUDA_OPS

include "spak/Dialect/SpakCuda/IR/CopyOps.td"
include "spak/Dialect/SpakCuda/IR/FragmentOps.td"
include "spak/Dialect/SpakCuda/IR/HostOps.td"
include "spak/Dialect/SpakCuda/IR/PartialOps.td"
include "spak/Dialect/SpakCuda/IR/StructureOps.td"
include "spak/Dialect/SpakCuda/IR/SyncOps.td"
include "spak/Dialect/SpakCuda/IR/TensorCoreOps.td"

#endif // SPAK_CUDA_OPS
