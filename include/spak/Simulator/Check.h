// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Many simulations and their judgement in one call: a kernel after several
// phases, at many shapes, against its reference function and against its
// un-tiled meaning.
#ifndef SPAK_SIMULATOR_CHECK_H
#define SPAK_SIMULATOR_CHECK_H

#include "spak/Simulator/Compare.h"
#include "spak/Simulator/Reference.h"
#include "spak/Simulator/Simulator.h"

#include "mlir/IR/OwningOpRef.h"

#include <functional>
#include <optional>

namespace spak::sim {

/// The kernel as it is after one phase.
struct PhaseModule {
  std::string name;
  mlir::ModuleOp module;
  /// The passes since the phase before only move code: the bits must be those
  /// of the phase before.
  bool keepsBits = false;
};

/// One set of inputs.
struct Case {
  std::map<std::string, int64_t> dims;
  InputKind kind = InputKind::Normal;
  uint64_t seed = 1;
  MemoryOrder order = MemoryOrder::RowMajor;
};

/// Whole numbers for one tensor or scalar.
struct ValueRule {
  std::string name;
  std::string low, high; ///< a number or a dim; both are taken
  /// They never fall along the last axis, whose ends are the bounds.
  bool sorted = false;
};

struct CheckRequest {
  std::string kernel;
  std::string label; ///< what reports call it; empty: the kernel's name
  std::vector<PhaseModule> phases;
  std::vector<Case> cases;
  std::map<std::string, double> scalars; ///< where not the default
  std::vector<ValueRule> values;         ///< in place of the inputs' kind
  int64_t blocks = 3;                    ///< of a persistent grid

  /// Compared with if given.
  std::optional<ReferenceFunction> reference;
  /// Makes the kernel with tiles as large as their axes at these dims, before
  /// any pass. Run in float64 it is the un-tiled meaning; run in its own
  /// formats it is `std` of the two-sided rule. Without it the first phase's
  /// result stands for `std`, and only the fixed bounds bite.
  std::function<llvm::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>(
      const std::map<std::string, int64_t> &dims)>
      untiled;
  /// Compare with the un-tiled meaning.
  bool exact = true;
};

/// What came of one output of one case.
struct OutputResult {
  std::string name;
  std::optional<Verdict> reference;
  std::optional<Verdict> exact;
};

/// What came of one case in one phase.
struct CaseResult {
  std::string phase;
  Case inputs;
  bool pass = true;
  std::string error; ///< of a run that ended early, located; else empty
  std::vector<OutputResult> outputs;
  Result work;
  /// The bits are those of the phase before; none in the first.
  std::optional<bool> sameBits;
};

struct Report {
  std::string kernel;
  std::string label;
  llvm::json::Object point; ///< of the kernel, by axis
  std::vector<CaseResult> results;

  bool pass() const;
  /// A line for each phase, and several for the first cases that do not pass;
  /// with \p all for every case.
  void print(llvm::raw_ostream &os, bool all = false) const;
  /// A JSON object a line for each case.
  void printJson(llvm::raw_ostream &os) const;
};

/// Runs every case of every phase. A run that ends with an error is a result,
/// not a failure of the call.
/// Errors: the reference or the un-tiled kernel cannot be had.
llvm::Expected<Report> check(const CheckRequest &request);

/// The lengths that CI runs every kernel at, in every pairing.
llvm::ArrayRef<int64_t> checkLengths();

/// Cases for every combination of \p values of the dims; every second has its
/// tensors in the other memory order.
std::vector<Case> allCases(
    const std::vector<std::pair<std::string, std::vector<int64_t>>> &values,
    InputKind kind, uint64_t seed);

} // namespace spak::sim

#endif // SPAK_SIMULATOR_CHECK_H
