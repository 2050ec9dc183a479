// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What is in flight at a point of a kernel: the registers and the shared
// slots that asynchronous products still use. insert-sync obeys it and
// check-cuda verifies with it; it changes no IR itself.
#ifndef SPAK_LIB_DIALECT_SPAKCUDA_TRANSFORMS_INFLIGHT_H
#define SPAK_LIB_DIALECT_SPAKCUDA_TRANSFORMS_INFLIGHT_H

#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace spak::cuda {

/// True for the asynchronous products.
bool isProduct(mlir::Operation *op);
/// The accumulator operand of a product, null where it starts from zero.
mlir::Value accumulatorOf(mlir::Operation *product);
/// The A operand of a product if it is in registers, else null.
mlir::Value registersOf(mlir::Operation *product);

/// Whether \p fragment is what ldmatrix read, perhaps handed on by loops. No
/// ordinary instruction writes such registers again, so that the fence behind
/// the read is enough for all products.
bool isLoadedOperand(mlir::Value fragment);

/// The value behind results of fences and waits, which only rename.
mlir::Value originOf(mlir::Value fragment);

/// Which shared buffers a ring guards: those that the kernel's loads fill
/// while signalling it.
class RingBuffers {
public:
  explicit RingBuffers(KernelOp kernel);
  /// True if the read of \p buffer may be one of a slot of \p ring. A ring
  /// nobody loads into guards every buffer that no other ring guards.
  bool guards(mlir::Value ring, mlir::Value buffer) const;

private:
  llvm::DenseMap<mlir::Value, mlir::Value> ringOf;
};

/// Which op of a loop's body begins to write the registers of a carried
/// fragment for the next iteration: the start of the chain that is yielded.
class Overwrites {
public:
  explicit Overwrites(KernelOp kernel);
  /// The carried fragments whose registers \p op begins to write.
  llvm::ArrayRef<mlir::Value> of(mlir::Operation *op) const;

private:
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Value, 1>> begins;
};

/// Registers of a product in flight.
struct FragmentInFlight {
  /// The value before any renaming, by which the entry is found.
  mlir::Value origin;
  /// The name it has at this point.
  mlir::Value value;
  /// How many groups have been committed after its own; -1 before its own.
  int age;

  bool operator==(const FragmentInFlight &other) const {
    return origin == other.origin && value == other.value && age == other.age;
  }
};

/// A slot that a product in flight reads.
struct ReadInFlight {
  mlir::Value buffer;
  /// The ring counter of the slot; null if it is not known here, which stands
  /// for every slot.
  mlir::Value count;
  int age;

  bool operator==(const ReadInFlight &other) const {
    return buffer == other.buffer && count == other.count && age == other.age;
  }
};

/// The registers and slots in flight. On joining paths the younger age wins:
/// a wait that is enough for it is enough for both.
class InFlight {
public:
  llvm::SmallVector<FragmentInFlight> fragments;
  llvm::SmallVector<ReadInFlight> reads;

  bool empty() const { return fragments.empty() && reads.empty(); }
  void issue(mlir::Operation *product);
  void commit();
  /// Forgets what is complete once at most \p left groups are in flight.
  void completeTo(int left);
  /// The age of \p fragment, or nothing if it is not in flight.
  std::optional<int> ageOf(mlir::Value fragment) const;
  /// The age of what is in flight in the registers that begin as \p carried,
  /// an argument of a loop, and may have gone through loops inside it.
  std::optional<int> ageOfStorage(mlir::Value carried) const;
  /// The youngest read of the slot that \p release gives back.
  std::optional<int> ageOfReads(RingReleaseOp release,
                                const RingBuffers &buffers) const;
  void join(const InFlight &other);
  /// Follows values into a region or out of it: an entry of from[i] becomes
  /// one of to[i]. Entries of other values stay; counters that are not in
  /// \p from and are not defined outside \p left become unknown.
  void rename(mlir::ValueRange from, mlir::ValueRange to, mlir::Region *left);
  bool operator==(const InFlight &other) const;

private:
  void addFragment(FragmentInFlight entry);
  void addRead(ReadInFlight entry);
};

} // namespace spak::cuda

#endif // SPAK_LIB_DIALECT_SPAKCUDA_TRANSFORMS_INFLIGHT_H
