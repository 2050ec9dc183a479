// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What a guide says, as data, and its Markdown. Private to the driver.
#ifndef SPAK_LIB_DRIVER_GUIDETEXT_H
#define SPAK_LIB_DRIVER_GUIDETEXT_H

#include "Formulas.h"

#include "spak/Sema/Sema.h"
#include "spak/Space/Counter.h"
#include "spak/Trace/Predictions.h"

namespace spak::driver {

using Shape = std::map<std::string, int64_t>;

/// A kernel at the guide's point.
struct GuideKernel {
  const ast::Kernel *kernel = nullptr;
  sema::Program program;
  std::vector<std::string> equations;
  /// `causal = true`, and the equations that are other ones there.
  std::vector<std::pair<std::string, std::vector<std::string>>> variants;
  Work flops, bytes;
  std::optional<double> rooflineMs; ///< at the guide's shape
  /// What came of the simulation; empty: it was not run.
  std::string simulation;
  bool simulatedRight = false;
};

/// What a compiled kernel of a point takes.
struct KernelBudget {
  std::string kernel;
  int64_t threads = 0;
  int64_t sharedBytes = 0;
  /// Of the role that comes nearest to its budget, per thread.
  std::string registers;
  std::optional<double> modelMs; ///< a launch at the shape, in the model
  std::string modelBound;        ///< what the model says it waits for
};

struct GuidePoint {
  space::Point point;
  std::string origin; ///< why it is here
  std::vector<KernelBudget> budgets;
  std::string failure; ///< why it has none
  /// Operations of whole tiles and of the last wave's idle multiprocessors,
  /// over those that the problem needs; none without a shape.
  std::optional<double> overhead;

  /// The modelled time of all kernels; none if one has none.
  std::optional<double> modelMs() const;
};

/// A sentence about an invariant, with its grade.
struct GuideSentence {
  std::string grade;
  std::string name;
  std::string text;
  std::string why;
};

/// Where the points of the space go.
struct GuideSpace {
  std::string raw, valid;
  std::vector<std::pair<std::string, std::string>> cuts;
  /// Why there is no count; else empty.
  std::string failure;
};

struct GuideData {
  const sema::System *system = nullptr;
  const device::Device *device = nullptr;
  std::string source;
  Shape shape;
  std::vector<GuideKernel> kernels;
  std::vector<GuidePoint> points; ///< the one to start with first
  std::vector<GuideSentence> invariants;
  std::vector<GuideSentence> knowledge;
  GuideSpace space;
};

struct GuideOutput {
  std::string markdown;
  trace::Guide guide;
};

/// Deterministic: no time, no path, no order of hashes.
GuideOutput writeGuide(const GuideData &data);

} // namespace spak::driver

#endif // SPAK_LIB_DRIVER_GUIDETEXT_H
