// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the arithmetic of the two-sided rule.
#include "spak/Simulator/Compare.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace spak::sim {

namespace {

bool isLike(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) {
    return std::isnan(a) && std::isnan(b);
  }
  if (std::isinf(a) || std::isinf(b)) {
    return a == b;
  }
  return true;
}

/// The error that the rule lets pass anywhere, over the largest value.
constexpr double kFloor = 1e-6;

/// Sums over one row, or over all.
struct Sums {
  double error = 0, ref = 0, out = 0, product = 0;

  void add(double a, double b) {
    error += (a - b) * (a - b);
    ref += b * b;
    out += a * a;
    product += a * b;
  }
  double relative() const {
    if (error == 0) {
      return 0;
    }
    return ref == 0 ? HUGE_VAL : std::sqrt(error / ref);
  }
  double cosine() const {
    // From the error, not from 1 - product: no cancellation. With a and b the
    // vectors, |a - b|^2 = (|a| - |b|)^2 + 2 |a| |b| (1 - cos).
    double norms = std::sqrt(ref * out);
    if (norms == 0) {
      return error == 0 ? 0 : 1;
    }
    double longer = std::sqrt(out) - std::sqrt(ref);
    return std::max(0.0, (error - longer * longer) / (2 * norms));
  }
};

} // namespace

Distance distance(llvm::ArrayRef<double> a, llvm::ArrayRef<double> b,
                  int64_t rowLength) {
  assert(a.size() == b.size() && "arrays of one shape");
  Distance d;
  // What no element is held to, no row is either: beside an error so small,
  // zeros of the reference would make a relative one infinite.
  double floor = 0;
  for (double value : b) {
    floor = std::isfinite(value) ? std::max(floor, kFloor * std::fabs(value))
                                 : floor;
  }
  Sums all, row;
  double total = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!isLike(a[i], b[i])) {
      d.firstUnlike = d.unlike++ ? d.firstUnlike : static_cast<int64_t>(i);
    } else if (std::isfinite(b[i])) {
      double error = std::fabs(a[i] - b[i]);
      total += error;
      if (error > d.max || d.worst < 0) {
        d.max = error;
        d.worst = static_cast<int64_t>(i);
      }
      all.add(a[i], b[i]);
      row.add(a[i], b[i]);
    }
    if ((i + 1) % rowLength == 0) {
      if (row.error > floor * floor) {
        d.rowRelative = std::max(d.rowRelative, row.relative());
        d.cosine = std::max(d.cosine, row.cosine());
      }
      row = Sums();
    }
  }
  d.mean = a.empty() ? 0 : total / a.size();
  d.relative = all.relative();
  return d;
}

Bounds boundsFor(Format inputs, Format output) {
  auto of = [](Format format) -> Bounds {
    switch (format) {
    case Format::BF16:
      return {5e-3, 5e-6};
    case Format::F16:
      return {1e-3, 5e-6};
    case Format::E4M3:
    case Format::E5M2:
      return {6e-2, 2e-3};
    default:
      return {2e-5, 1e-9};
    }
  };
  Bounds a = of(inputs), b = of(output);
  return {std::max(a.relative, b.relative), std::max(a.cosine, b.cosine)};
}

std::string placeText(int64_t place, llvm::ArrayRef<int64_t> extents) {
  llvm::SmallVector<int64_t, 5> index;
  for (int64_t extent : llvm::reverse(extents)) {
    index.push_back(extent ? place % extent : 0);
    place = extent ? place / extent : 0;
  }
  std::string text = "[";
  for (int64_t i : llvm::reverse(index)) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(i);
  }
  return text + "]";
}

Verdict judge(llvm::ArrayRef<double> out, llvm::ArrayRef<double> ref,
              llvm::ArrayRef<double> std, llvm::ArrayRef<int64_t> extents,
              const Bounds &bounds) {
  int64_t rowLength =
      std::max<int64_t>(1, extents.empty() ? 1 : extents.back());
  Verdict verdict;
  verdict.out = distance(out, ref, rowLength);
  verdict.std = distance(std, ref, rowLength);
  const Distance &d = verdict.out, &s = verdict.std;
  double maxRef = 0, meanRef = 0;
  for (double value : ref) {
    if (std::isfinite(value)) {
      maxRef = std::max(maxRef, std::fabs(value));
      meanRef += std::fabs(value) / static_cast<double>(ref.size());
    }
  }
  auto failIf = [&](bool bad, std::string sentence) {
    if (bad) {
      verdict.pass = false;
      verdict.failures.push_back(std::move(sentence));
    }
  };
  if (d.unlike) {
    failIf(true,
           llvm::formatv("{0} elements are infinite or not-a-number where the "
                         "reference is not, or the other way round; first at "
                         "{1}: got {2}, expected {3}",
                         d.unlike, placeText(d.firstUnlike, extents),
                         out[d.firstUnlike], ref[d.firstUnlike])
               .str());
  }
  double maxLimit = 2 * s.max + kFloor * maxRef;
  failIf(!(d.max <= maxLimit),
         llvm::formatv("largest error {0:e3} at {1}, limit {2:e3}", d.max,
                       placeText(d.worst, extents), maxLimit)
             .str());
  double meanLimit = 1.5 * s.mean + 1e-6 * meanRef;
  failIf(!(d.mean <= meanLimit),
         llvm::formatv("mean error {0:e3}, limit {1:e3}", d.mean, meanLimit)
             .str());
  // Where the plain computation loses every digit there is nothing to compare:
  // the far tail of a function, and nothing else in the tensor.
  double allLimit = s.relative > 0.5 ? 1.5 * s.relative : bounds.relative;
  failIf(!(d.relative <= allLimit),
         llvm::formatv("relative L2 error {0:e3}, limit {1:e3}", d.relative,
                       allLimit)
             .str());
  // A row whose terms cancel is small beside its own rounding: it may be as
  // far as the plain computation's worst row.
  double rowLimit = std::max(2 * bounds.relative, 2 * s.rowRelative);
  failIf(!(d.rowRelative <= rowLimit),
         llvm::formatv("relative L2 error {0:e3} of a row, limit {1:e3}",
                       d.rowRelative, rowLimit)
             .str());
  double cosineLimit = std::max(bounds.cosine, 4 * s.cosine);
  failIf(!(d.cosine <= cosineLimit),
         llvm::formatv("1 - cosine {0:e3} of a row, limit {1:e3}", d.cosine,
                       cosineLimit)
             .str());
  return verdict;
}

llvm::json::Object Verdict::toJson() const {
  // JSON has no infinity.
  auto number = [](double value) -> llvm::json::Value {
    return std::isfinite(value) ? llvm::json::Value(value) : nullptr;
  };
  auto of = [&](const Distance &d) {
    return llvm::json::Object{{"max", number(d.max)},
                              {"mean", number(d.mean)},
                              {"relative_l2", number(d.relative)},
                              {"row_relative_l2", number(d.rowRelative)},
                              {"one_minus_cosine", number(d.cosine)}};
  };
  return llvm::json::Object{{"pass", pass},
                            {"out", of(out)},
                            {"std", of(std)},
                            {"failures", llvm::json::Array(failures)}};
}

} // namespace spak::sim
