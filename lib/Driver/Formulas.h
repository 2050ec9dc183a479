// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A checked kernel as mathematics: equations without tiles, and how much work
// and traffic they are. Private to the driver.
#ifndef SPAK_LIB_DRIVER_FORMULAS_H
#define SPAK_LIB_DRIVER_FORMULAS_H

#include "spak/Sema/Program.h"

#include <map>

namespace spak::driver {

/// The equations of \p program, in LaTeX, one each: loops over tiles become
/// sums over whole ranges. What has no closed form is a recurrence.
std::vector<std::string> equationsOf(const sema::Program &program);

/// A product of sizes with a factor.
struct WorkTerm {
  double factor = 1;
  /// Sizes: as it is written, and the expression or constant it stands for.
  struct Size {
    std::string text;
    const sema::Expr *lower = nullptr;
    const sema::Expr *upper = nullptr;
    std::string dim;      ///< a dim by itself, if `upper` is null
    int64_t constant = 0; ///< if neither is there
    int64_t tile = 1;     ///< what the range is cut into
  };
  std::vector<Size> sizes;
};

/// A sum of products.
struct Work {
  std::vector<WorkTerm> terms;

  /// `4*B*Hq*M*N*D`.
  std::string text() const;
  /// The value where dims have the sizes \p shape; nothing if one is missing.
  std::optional<double> at(const std::map<std::string, int64_t> &shape) const;
  /// The same with every range rounded up to whole tiles.
  std::optional<double>
  paddedAt(const std::map<std::string, int64_t> &shape) const;

private:
  std::optional<double> sumAt(const std::map<std::string, int64_t> &shape,
                              bool padded) const;
};

/// Two operations for each multiplication and addition of products over
/// tiles, masks not counted.
Work flopsOf(const sema::Program &program);

/// Each tensor read or written once. Unit: byte.
Work bytesOf(const sema::Program &program);

/// Blocks of a launch at \p shape, tiles of the grid multiplied; nothing if a
/// bound is not known.
std::optional<double> blocksAt(const sema::Program &program,
                               const std::map<std::string, int64_t> &shape);

/// The dims that ranges run over, and the others, in order of declaration.
struct DimKinds {
  std::vector<std::string> tiled;
  std::vector<std::string> others;
};
DimKinds dimKinds(const sema::Program &program);

/// The share of the elements that the masks keep at \p shape; 1 without a
/// mask, nothing if it cannot be counted.
std::optional<double> keptShare(const sema::Program &program,
                                const std::map<std::string, int64_t> &shape);

} // namespace spak::driver

#endif // SPAK_LIB_DRIVER_FORMULAS_H
