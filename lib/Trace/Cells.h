// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Measurements of one configuration at one shape, taken together. Private to
// the library.
#ifndef SPAK_LIB_TRACE_CELLS_H
#define SPAK_LIB_TRACE_CELLS_H

#include "spak/Trace/Facts.h"

namespace spak::trace {

using Configuration = std::map<std::string, space::AxisValue>;
using Shape = std::map<std::string, int64_t>;

/// Measurements of one configuration at one shape as one: figures are medians,
/// samples are added, the spread is the widest.
struct Cell {
  Measurement merged;
  std::vector<const Measurement *> parts;
};

/// A figure and whether more of it is better.
struct RankFigure {
  std::string name;
  bool isHigherBetter = true;

  /// \p value so that more is better.
  double score(double value) const {
    return isHigherBetter ? value : 1 / value;
  }
};

/// `axis=value` of every entry, in the order of names.
std::string configurationText(const Configuration &configuration);
std::string shapeText(const Shape &shape);

/// The cells of \p measurements, in the order of configuration and shape.
std::vector<Cell> cellsOf(const std::vector<const Measurement *> &measurements);

/// The figure that orders \p cells: the one that all of them have. Ratios
/// come first, they were measured beside a peer in one process; then times.
std::optional<RankFigure> rankFigure(llvm::ArrayRef<const Cell *> cells);

/// What one value of an axis costs against another.
struct PairEffect {
  double ratio = 1; ///< geometric mean of score(value) / score(against)
  double low = 1;   ///< 95% interval of the mean; both 1 pair: the ratio
  double high = 1;
  unsigned pairs = 0;
  /// Every pair differs in one direction by more than three times the spread
  /// of its cells.
  bool isClear = true;
};

/// The effect of \p axis = \p value against \p against over all pairs of
/// \p cells that agree in everything else. Nothing if there is no pair.
std::optional<PairEffect> pairEffect(llvm::ArrayRef<const Cell *> cells,
                                     const RankFigure &figure,
                                     llvm::StringRef axis,
                                     const space::AxisValue &value,
                                     const space::AxisValue &against,
                                     std::vector<const Cell *> *used = nullptr);

/// \p number with \p digits significant digits and no zeros at its end.
std::string shortNumber(double number, int digits = 4);

double medianOf(std::vector<double> values);

} // namespace spak::trace

#endif // SPAK_LIB_TRACE_CELLS_H
