// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What one block of a launch does, with trip counts and branches as the kernel
// computes them. Private to the analysis; docs/Gates.md has the formulas.
#ifndef SPAK_LIB_ANALYSIS_BLOCKWALK_H
#define SPAK_LIB_ANALYSIS_BLOCKWALK_H

#include "Accesses.h"
#include "ScalarValues.h"

#include "spak/Device/Rates.h"

#include <memory>
#include <string>

namespace spak::analysis {

/// What one warpgroup of a role does, in cycles of a multiprocessor that it
/// has for itself, and in bytes.
struct Work {
  double tensor = 0;
  double sfu = 0;
  double issue = 0;
  double flops = 0;
  double bytes = 0;
  double reads = 0;  ///< wavefronts of products' operands in shared memory
  double stores = 0; ///< wavefronts of stores to shared memory

  Work &operator+=(const Work &other) { return add(other, 1); }
  Work &add(const Work &other, double times) {
    tensor += times * other.tensor;
    sfu += times * other.sfu;
    issue += times * other.issue;
    flops += times * other.flops;
    bytes += times * other.bytes;
    reads += times * other.reads;
    stores += times * other.stores;
    return *this;
  }
};

/// What a block does, all its groups together.
struct BlockWork {
  Work all;
  double chain = 0; ///< cycles of the slowest role, alone on its SM
};

/// Walks the blocks of a launch of one kernel.
///
/// The kernel is read once into a program of only what counts: the integers
/// that trips and branches follow from, and costs that are numbers by then. A
/// block is first run without its costs. The way that it takes, its trips and
/// branches in order, is all that its costs depend on, so they are summed once
/// for each way.
class BlockWalk {
public:
  BlockWalk(cuda::KernelOp kernel, const TensorMaps &maps,
            const device::Rates &rates);
  ~BlockWalk();

  /// The value of \p argument of the kernel.
  void assign(mlir::Value argument, Integer value);

  /// What the block at \p place does; false with \ref problem if that depends
  /// on data or is too much to walk.
  bool walk(const ThreadPlace &place, BlockWork &found);

  /// Adds the boxes that the first tile of the block at \p place copies.
  bool collect(const ThreadPlace &place);
  /// Bytes of all boxes collected, equal ones once.
  int64_t footprint() const;

  /// Ways whose costs were summed; unit: way of one role.
  int64_t ways() const;

  std::string problem;

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace spak::analysis

#endif // SPAK_LIB_ANALYSIS_BLOCKWALK_H
