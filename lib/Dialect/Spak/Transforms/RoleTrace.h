// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what a role does to rings, one after the other, once the few numbers
// that its control depends on are given. Knows nothing of other roles.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_ROLETRACE_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_ROLETRACE_H

#include "spak/Dialect/Spak/IR/Spak.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

namespace spak::ir {

/// Numbers values so that equal numbers are equal values, in whichever role
/// they are computed: pure ops by what they compute, arguments of grids by
/// their place.
class ValueNumbers {
public:
  unsigned of(mlir::Value value);

private:
  llvm::DenseMap<mlir::Value, unsigned> numbers;
  llvm::StringMap<unsigned> byKey;
};

/// The name of \p ring in the source; "?" if it is no op's result.
llvm::StringRef nameOfRing(mlir::Value ring);

/// Whether \p op, or an op inside it, concerns rings or batons.
bool concernsRings(mlir::Operation *op);

/// The numbers on which the control around ring ops depends: all that is not
/// computed from others by plain arithmetic. A number in `cut` is taken as
/// given, too. The value is one that has that number.
using Leaves = llvm::MapVector<unsigned, mlir::Value>;
void collectLeaves(mlir::Block *body, ValueNumbers &numbers,
                   const llvm::DenseSet<unsigned> &cut, Leaves &leaves);

/// The bounds of loops around ring ops below \p body.
llvm::DenseSet<unsigned> boundsOfRingLoops(mlir::Block *body,
                                           ValueNumbers &numbers);

/// A value for each leaf.
using Assignment = llvm::DenseMap<unsigned, int64_t>;

/// One step of a role.
struct RingEvent {
  enum Kind { Acquire, Commit, Wait, Release, Take, Pass } kind;
  mlir::Operation *op;
  mlir::Value ring; ///< null for batons
  llvm::StringRef baton;
  int64_t slot = 0; ///< the how manieth of its kind on this ring
};

/// What a role runs, found out once for all its runs: of each block the ops
/// that concern rings, and those that may read a tile in a slot.
class RolePlans {
public:
  struct Planned {
    enum Kind {
      Acquire,
      Fill,
      Put,
      Commit,
      Wait,
      Release,
      Turn,
      Grid,
      Loop,
      Branch,
      Strange, ///< has ring ops inside, but nothing is known of it
      Read
    } kind;
    mlir::Operation *op;
    /// Of those that read: the tiles that may lie in a slot.
    llvm::SmallVector<mlir::Value, 2> tiles;
  };
  llvm::ArrayRef<Planned> of(mlir::Block &block);

private:
  llvm::DenseMap<mlir::Block *, std::unique_ptr<std::vector<Planned>>> plans;
};

/// Runs \p body, each grid in it once per assignment of \p tiles. Fails, with
/// an error that names both places, if a slot is not committed or released
/// exactly once and in order, if it is filled too late or not at all, or if a
/// tile is read after its slot's release.
mlir::FailureOr<std::vector<RingEvent>>
traceRole(mlir::Block *body, ValueNumbers &numbers, RolePlans &plans,
          llvm::ArrayRef<const Assignment *> tiles);

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_ROLETRACE_H
