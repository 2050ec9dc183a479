// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Proofs about conditions over sizes, by Presburger arithmetic. Knows integer
// arithmetic of the IR, nothing of kernels.
#ifndef SPAK_ANALYSIS_PROOF_H
#define SPAK_ANALYSIS_PROOF_H

#include "mlir/IR/Value.h"

#include <cstdint>
#include <memory>
#include <string>

namespace spak::analysis {

/// What is known of a condition.
enum class Verdict : uint8_t {
  Proved,  ///< it holds whatever the sizes are
  Refuted, ///< it holds for no sizes
  Unknown  ///< it depends on them, or cannot be decided
};

//===----------------------------------------------------------------------===//
// A condition is true or false for each choice of sizes. It is *proved* if no
// integers satisfy the assumptions and its negation; it is *refuted* if none
// satisfy the assumptions and itself.
//
//   law:  what is linear (+, -, * by a constant, / and % by a constant, min,
//         max, tile counts, comparisons, and, or, not) is read exactly
//   law:  every other term is a name for an unknown number; equal terms have
//         the same name, so `Hq % Hkv == 0` follows from itself
//
//   assume M >= 0;   ceil_div(M, 128) * 128 >= M       proved
//   assume M >= 0;   M % 128 == 0                      unknown
//   assume M >= 0;   M < 0                             refuted
//===----------------------------------------------------------------------===//

/// Collects assumptions and decides conditions under them.
class Prover {
public:
  Prover();
  ~Prover();
  Prover(const Prover &) = delete;
  Prover &operator=(const Prover &) = delete;

  /// \p condition (i1) holds from now on.
  void assume(mlir::Value condition);
  /// \p value (an integer) is at least \p least.
  void assumeAtLeast(mlir::Value value, int64_t least);

  Verdict decide(mlir::Value condition) const;

  /// Whether each of the elements [0, \p extent) lies in one of the tiles
  /// [0, \p count) of \p size elements. The extent is a value, or a number
  /// if the value is null. Unit: element.
  Verdict decideCovers(mlir::Value count, int64_t size, mlir::Value extent,
                       int64_t number) const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace spak::analysis

#endif // SPAK_ANALYSIS_PROOF_H
