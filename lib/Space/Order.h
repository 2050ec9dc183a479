// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// In which order the axes of a space are fixed. Private to Space.
#ifndef SPAK_LIB_SPACE_ORDER_H
#define SPAK_LIB_SPACE_ORDER_H

#include "llvm/ADT/ArrayRef.h"

#include <vector>

namespace spak::space {

/// How the axes are gone through.
struct AxisOrder {
  /// Level to axis. Axes of one component are neighbours.
  std::vector<unsigned> axes;
  /// Axes that conditions tie together, each as in `axes`. Components are
  /// independent: their counts multiply.
  std::vector<std::vector<unsigned>> components;
};

/// An order in which few partial points differ in what they still allow: the
/// axes that later levels must remember are kept few and small.
AxisOrder chooseOrder(llvm::ArrayRef<size_t> sizes,
                      llvm::ArrayRef<std::vector<unsigned>> scopes);

} // namespace spak::space

#endif // SPAK_LIB_SPACE_ORDER_H
