// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Clusters of blocks: which variable of a grid they lie along, and what is the
// same in all blocks of one.
#ifndef SPAK_DIALECT_SPAK_IR_SPAKCLUSTER_H
#define SPAK_DIALECT_SPAK_IR_SPAKCLUSTER_H

#include "spak/Dialect/Spak/IR/Spak.h"

namespace spak::ir {

/// Blocks that take neighbouring values of one variable of the grid.
struct Cluster {
  /// The variable's place in the grid, and what the order calls it.
  unsigned variable = 0;
  std::string name;
  int64_t blocks = 1;
};

/// What the parameter of an order that says the cluster begins with; the rest
/// is the variable's name.
constexpr llvm::StringLiteral kClusterParam = "cluster_";

/// The cluster in the order of \p grid, if it has one.
std::optional<Cluster> clusterOf(GridOp grid);

/// The cluster of the first grid in \p kernel.
std::optional<Cluster> clusterOf(KernelOp kernel);

/// Whether \p value is the same in all blocks of a cluster along the grid
/// variable called \p axis, if its blocks run their loops in step.
bool sameInCluster(mlir::Value value, llvm::StringRef axis);

/// If \p index is \p variable, an index of the grid, divided by something that
/// the launch knows: that divisor. Where the cluster's size divides it, the
/// index is the same in all blocks of a cluster along the variable.
mlir::Value divisorOver(mlir::Value index, mlir::BlockArgument variable);

} // namespace spak::ir

#endif // SPAK_DIALECT_SPAK_IR_SPAKCLUSTER_H
