// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what a decision may rest on: the kernel's requests, the module's facts
// and the target's limits, and the remark that names the one used. Knows no
// decision.
#ifndef SPAK_LIB_DIALECT_SPAK_TRANSFORMS_REQUESTS_H
#define SPAK_LIB_DIALECT_SPAK_TRANSFORMS_REQUESTS_H

#include "spak/Dialect/Spak/IR/Spak.h"

#include "llvm/ADT/Twine.h"

#include <optional>
#include <string>

namespace spak::ir {

/// A number together with what it rests on, e.g. "request `slots_K`".
struct Ground {
  int64_t value = 0;
  std::string why;
};

/// The requests, facts and limits in force for one kernel.
class Requests {
public:
  explicit Requests(KernelOp kernel);

  /// The request or else the fact called \p name; nothing if there is neither
  /// or it is no integer.
  std::optional<Ground> number(llvm::StringRef name) const;

  /// The request \p name as an attribute; null if there is none.
  mlir::Attribute request(llvm::StringRef name) const;

  /// The request \p name as text; empty if there is none or it is not text.
  llvm::StringRef text(llvm::StringRef name) const;

  /// The target's limit \p name, e.g. "smem_per_block".
  std::optional<int64_t> limit(llvm::StringRef name) const;

  /// Whether the target can do \p capability, e.g. "wgmma".
  bool can(llvm::StringRef capability) const;

  /// The target's name for itself, e.g. "sm_90a".
  llvm::StringRef arch() const;

private:
  mlir::DictionaryAttr requests;
  mlir::DictionaryAttr target;
  mlir::ArrayAttr facts;
};

/// Checks that some decision pass reads every request of \p kernel: none may
/// be ignored. Diagnoses the first that none reads.
mlir::LogicalResult checkRequestsAreKnown(KernelOp kernel);

/// Tells on \p op that \p decision rests on \p why.
void remark(mlir::Operation *op, const llvm::Twine &decision,
            const llvm::Twine &why);

/// The source name of the kernel argument \p value, e.g. "K"; empty if it is
/// no argument or has no name.
llvm::StringRef sourceName(mlir::Value value);

} // namespace spak::ir

#endif // SPAK_LIB_DIALECT_SPAK_TRANSFORMS_REQUESTS_H
