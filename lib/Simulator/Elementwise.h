// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A function applied to the elements of operands, or to uniform operands, with
// the rounding of the result's type.
#ifndef SPAK_LIB_SIMULATOR_ELEMENTWISE_H
#define SPAK_LIB_SIMULATOR_ELEMENTWISE_H

#include "Machine.h"

namespace spak::sim {

/// a / b, rounded down.
inline int64_t floorDiv(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/// Bits of an element; 64 of an index.
inline unsigned widthOf(mlir::Type type) {
  mlir::Type element = mlir::getElementTypeOrSelf(type);
  return element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
}

/// The value of \p width bits, as it is kept: sign-extended, or 0 and 1.
inline int64_t wrap(int64_t value, unsigned width) {
  return width == 1 ? value & 1 : llvm::SignExtend64(value, width);
}

/// What element-wise code needs of a machine, for one op.
class Elementwise {
public:
  Elementwise(Simulation &sim, mlir::Operation *op,
              llvm::SmallVector<RuntimeValue, 3> operands)
      : sim(sim), op(op), operands(std::move(operands)) {}

  RuntimeValue result;
  bool failed = false;
  std::string why;

  bool isTile() const {
    return mlir::isa<ir::TileType>(op->getResult(0).getType());
  }

  /// A tile for the result; elements are present where all operands' are.
  TileValue makeTile(Buffer::Kind kind) {
    TileValue tile;
    tile.type = mlir::cast<ir::TileType>(op->getResult(0).getType());
    tile.buffer = sim.pool.get(kind, tile.count());
    tile.present.assign(tile.type.getShape().begin(),
                        tile.type.getShape().end());
    for (const RuntimeValue &operand : operands) {
      if (auto *other = std::get_if<TileValue>(&operand)) {
        for (auto [mine, theirs] :
             llvm::zip_equal(tile.present, other->present)) {
          mine = std::min(mine, theirs);
        }
      }
    }
    return tile;
  }

  /// result[i] = fn(operand 0[i], ...) over arrays of Out and In.
  template <typename Out, typename In, typename Fn, size_t... I>
  void loop(Out *out, int64_t count, Fn fn, std::index_sequence<I...>) {
    const In *in[] = {tileOperand(I).template data<In>()...};
    for (int64_t i = 0; i < count; ++i) {
      out[i] = fn(in[I][i]...);
    }
  }

  const TileValue &tileOperand(size_t i) {
    return std::get<TileValue>(operands[i]);
  }

  /// Float operands to a float result.
  template <size_t N, typename Fn>
  void real(Fn fn) {
    auto indices = std::make_index_sequence<N>();
    Format format =
        *formatOf(mlir::getElementTypeOrSelf(op->getResult(0).getType()));
    if (isTile()) {
      TileValue tile = makeTile(sim.realKind());
      int64_t count = tile.count();
      if (sim.options.exact) {
        loop<double, double>(tile.data<double>(), count, fn, indices);
      } else {
        loop<float, float>(tile.data<float>(), count, fn, indices);
        roundTo(format, tile.data<float>(), count);
      }
      result = std::move(tile);
      return;
    }
    result = realScalar(fn, format, indices);
  }

  template <typename Fn, size_t... I>
  double realScalar(Fn fn, Format format, std::index_sequence<I...>) {
    if (sim.options.exact) {
      return fn(std::get<double>(operands[I])...);
    }
    return roundTo(format,
                   fn(static_cast<float>(std::get<double>(operands[I]))...));
  }

  /// Integer operands to an integer result of its width.
  template <size_t N, typename Fn>
  void integer(Fn fn) {
    integerLoop(fn, std::make_index_sequence<N>());
  }

  template <typename Fn, size_t... I>
  void integerLoop(Fn fn, std::index_sequence<I...> indices) {
    unsigned width = widthOf(op->getResult(0).getType());
    auto wrapped = [&](auto... x) { return wrap(fn(x...), width); };
    if (isTile()) {
      TileValue tile = makeTile(Buffer::Kind::Integer);
      loop<int64_t, int64_t>(tile.data<int64_t>(), tile.count(), wrapped,
                             indices);
      result = std::move(tile);
      return;
    }
    result = wrapped(std::get<int64_t>(operands[I])...);
  }

  /// A division, whose divisor may not be 0.
  template <typename Fn>
  void quotient(Fn fn) {
    integer<2>([&](int64_t a, int64_t b) -> int64_t {
      if (b == 0) {
        failed = true;
        why = "division by zero";
        return 0;
      }
      return fn(a, b);
    });
  }

  /// Float operands to a truth value.
  template <typename Fn>
  void realPredicate(Fn fn) {
    if (!isTile()) {
      result = static_cast<int64_t>(
          fn(std::get<double>(operands[0]), std::get<double>(operands[1])));
      return;
    }
    TileValue tile = makeTile(Buffer::Kind::Integer);
    auto indices = std::make_index_sequence<2>();
    if (sim.options.exact) {
      loop<int64_t, double>(tile.data<int64_t>(), tile.count(), fn, indices);
    } else {
      loop<int64_t, float>(tile.data<int64_t>(), tile.count(), fn, indices);
    }
    result = std::move(tile);
  }

  /// Conversions of uniform values.
  template <typename Out, typename In, typename Fn>
  void scalar(Fn fn) {
    result = static_cast<Out>(fn(std::get<In>(operands[0])));
  }

  Simulation &sim;
  mlir::Operation *op;
  llvm::SmallVector<RuntimeValue, 3> operands;
};

} // namespace spak::sim

#endif // SPAK_LIB_SIMULATOR_ELEMENTWISE_H
