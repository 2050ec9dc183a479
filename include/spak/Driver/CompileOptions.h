// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Everything that a compilation depends on, as one value: no flag, variable
// or file changes the result that is not written here. Knows no parser of
// command lines.
#ifndef SPAK_DRIVER_COMPILEOPTIONS_H
#define SPAK_DRIVER_COMPILEOPTIONS_H

#include "spak/Driver/Pipelines.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace spak::driver {

/// What is written to the output.
enum class Emit {
  Ast,
  System,
  Spak,
  SpakScheduled,
  SpakCuda,
  Cuda,
  Ptx,
  Cubin,
  Guide
};

/// What is done with the lay-out of the input.
enum class Layout { None, Print, Check };

/// What a simulation is compared with.
enum class SimulateMode { None, Both, Reference, Exact };

/// What is asked of the space instead of compiling.
enum class SpaceQuery { None, Count, Sample, List, Neighbours };

/// Options of one run of spakc.
struct CompileOptions {
  std::string input;  ///< path, or "-" for standard input
  std::string output; ///< path, folder (several points), "-", or empty
  Emit emit = Emit::Cuda;
  bool deviceHeaders = false;

  bool builds = false;             ///< --build
  std::vector<std::string> traces; ///< --traces, for reports

  std::string depfile; ///< empty: none
  std::string depfileTarget;
  bool writeDepfile = false;

  std::string arch = "sm_90a";
  std::string device;
  std::string toolkit; ///< version that facts are compared with; empty: any
  std::string nvcc;
  std::string toolchain = "nvcc";
  /// `-D axis=value[,value…]`, in the order given.
  std::vector<std::pair<std::string, std::vector<std::string>>> axes;
  /// `--shape`: sizes per dim, every combination is meant.
  std::vector<std::pair<std::string, std::vector<int64_t>>> shape;

  std::string deviceRates; ///< file; empty: the data sheet's

  bool explain = false;
  Layout layout = Layout::None;

  /// `--all-points` and what goes with it.
  bool allPoints = false;
  std::string gates = "static"; ///< or "ptxas"
  bool pruneOpinions = false;
  uint64_t pointLimit = 0; ///< 0: the default
  unsigned jobs = 0;       ///< 0: one a core

  SpaceQuery spaceQuery = SpaceQuery::None;
  /// `--sample-points=n`, `--list-points=first:n`, `--neighbours=first`.
  uint64_t pointCount = 0;
  uint64_t firstPoint = 0;
  /// `--device-limit=field=n,…`.
  std::vector<std::pair<std::string, int64_t>> deviceLimits;

  SimulateMode simulate = SimulateMode::None;
  std::vector<Phase> simulateAt;
  std::string inputs = "normal";
  uint64_t seed = 1;
  /// `--values`: name, then what stands after `=`, at the colons.
  std::vector<std::pair<std::string, std::vector<std::string>>> values;
  std::string kernel;
  bool json = false;

  std::vector<std::string> disabledWarnings;
  std::vector<std::string> errorWarnings; ///< "*" for all
  bool jsonDiagnostics = false;
  unsigned errorLimit = 20;
  bool remarks = false;

  std::optional<Phase> compileTo;
  std::optional<Phase> compileFrom;
  bool timePasses = false;
  bool verifyEach = false;

  /// The options that decide the text, canonically spelled: what the header
  /// of an emitted file shows and what its hash is taken of.
  std::string canonicalText() const;
};

} // namespace spak::driver

#endif // SPAK_DRIVER_COMPILEOPTIONS_H
