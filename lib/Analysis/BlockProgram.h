// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The program that a kernel is read into: the integers that trips, branches and
// boxes follow from, and costs that are numbers by then. Private to the
// analysis; knows nothing of how it is run.
#ifndef SPAK_LIB_ANALYSIS_BLOCKPROGRAM_H
#define SPAK_LIB_ANALYSIS_BLOCKPROGRAM_H

#include "Accesses.h"
#include "ScalarValues.h"

#include "spak/Device/Rates.h"

#include <memory>
#include <vector>

namespace spak::analysis {

using Slot = unsigned; ///< of a value of the kernel

struct Scalar {
  ScalarOp op;
  Slot result;
  Slot operands[ScalarOp::kMostOperands];
};

/// What an op costs a group.
struct Cost {
  enum Kind : uint8_t { Product, Commit, Wait, Arithmetic, Bytes, Stores };
  Kind kind;
  double flops = 0;  ///< of a product
  double cycles = 0; ///< of the tensor cores
  double sfu = 0, issue = 0;
  double bytes = 0;
  double reads = 0;  ///< wavefronts of a product's operands
  double stores = 0; ///< wavefronts
  size_t left = 0;   ///< groups that may be in flight after a wait
};

/// A copy of one box, for the footprint.
struct Copy {
  int64_t map;
  llvm::SmallVector<Slot, 5> coordinates;
};

/// A part of a cut tile that is left: whether all others were left before.
struct Leave {
  Slot result, counter, pieces;
};

struct Move {
  Slot to, from;
};

struct Body;

struct Loop {
  Slot low, high, stride, counter;
  llvm::SmallVector<Move, 4> enter, next, leave;
  bool leaf;
  std::unique_ptr<Body> body;
};

struct Branch {
  Slot condition;
  std::unique_ptr<Body> sides[2]; ///< then, else; null if there is none
  llvm::SmallVector<Move, 4> leave[2];
};

struct Step {
  enum Kind : uint8_t {
    IsScalar,
    IsCost,
    IsCopy,
    IsLeave,
    IsLoop,
    IsBranch,
    IsStop
  };
  Kind kind;
  unsigned index; ///< among the body's steps of its kind; of a stop, the slot
};

struct Body {
  std::vector<Step> steps;
  std::vector<Scalar> scalars;
  std::vector<Cost> costs;
  std::vector<Copy> copies;
  std::vector<Leave> leaves;
  std::vector<Loop> loops;
  std::vector<Branch> branches;

  /// Whether a box is copied here.
  bool copiesBoxes() const {
    auto side = [](const std::unique_ptr<Body> &body) {
      return body && body->copiesBoxes();
    };
    return !copies.empty() || llvm::any_of(loops, [&](const Loop &loop) {
      return side(loop.body);
    }) || llvm::any_of(branches, [&](const Branch &branch) {
      return side(branch.sides[0]) || side(branch.sides[1]);
    });
  }
};

/// What stands outside all roles, or a role.
struct PartProgram {
  int64_t groups;
  Body walked; ///< with costs
  Body boxed;  ///< with copies
};

struct BlockProgram {
  std::vector<PartProgram> parts;
  llvm::DenseMap<mlir::Value, Slot> slots;
  std::vector<std::pair<Slot, int64_t>> constants;
  std::vector<int64_t> boxBytes; ///< by number of the map
};

BlockProgram readProgram(cuda::KernelOp kernel, const TensorMaps &maps,
                         const device::Rates &rates);

} // namespace spak::analysis

#endif // SPAK_LIB_ANALYSIS_BLOCKPROGRAM_H
