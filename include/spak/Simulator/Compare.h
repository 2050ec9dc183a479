// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The two-sided rule: how far a result may be from a float64 reference, given
// how far the plain low-precision computation is. Knows no IR.
//
// Let ref be the reference, std the plain computation in the kernel's own
// types, and out the result. Then
//   max |out - ref|   <= 2 max |std - ref| + 1e-6 max |ref|
//   mean |out - ref|  <= 1.5 mean |std - ref| + 1e-6 mean |ref|
//   |out - ref|_2     <= bound |ref|_2 of the tensor, twice that of each row
//   1 - cosine of each row <= cosine bound
// and not-a-number and infinities stand where ref has them. Where std equals
// ref this asks for equality up to f32's own rounding: exact inputs need no
// rule of their own.
#ifndef SPAK_SIMULATOR_COMPARE_H
#define SPAK_SIMULATOR_COMPARE_H

#include "spak/Simulator/Formats.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/JSON.h"

#include <string>
#include <vector>

namespace spak::sim {

/// How far two arrays are apart.
struct Distance {
  double max = 0;         ///< largest |a - b|
  double mean = 0;        ///< mean |a - b|
  double relative = 0;    ///< |a - b|_2 / |b|_2
  double rowRelative = 0; ///< the same of the worst row
  double cosine = 0;      ///< 1 - cosine of the worst row
  int64_t worst = -1;     ///< where |a - b| is largest; row-major
  /// Elements where one is finite and the other not, or with other signs.
  int64_t unlike = 0;
  int64_t firstUnlike = -1;
};

/// The distance of \p a from \p b; \p rowLength elements make a row.
Distance distance(llvm::ArrayRef<double> a, llvm::ArrayRef<double> b,
                  int64_t rowLength);

/// The bounds that do not depend on std.
struct Bounds {
  double relative = 0;
  double cosine = 0;
};

/// Bounds for results that were computed from \p inputs, the narrowest input
/// format, and stored as \p output.
Bounds boundsFor(Format inputs, Format output);

/// The judgement on one output.
struct Verdict {
  bool pass = true;
  Distance out;
  Distance std;
  std::vector<std::string> failures; ///< one sentence each

  llvm::json::Object toJson() const;
};

/// Applies the two-sided rule. \p extents is the output's shape.
Verdict judge(llvm::ArrayRef<double> out, llvm::ArrayRef<double> ref,
              llvm::ArrayRef<double> std, llvm::ArrayRef<int64_t> extents,
              const Bounds &bounds);

/// "[2, 0, 63, 5]" of the row-major \p place in \p extents.
std::string placeText(int64_t place, llvm::ArrayRef<int64_t> extents);

} // namespace spak::sim

#endif // SPAK_SIMULATOR_COMPARE_H
