// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A kernel at one point, checked: every name resolved, every expression
// typed, every compile-time choice folded. This is what IRGen reads. Knows no
// MLIR and no syntax beyond locations.
#ifndef SPAK_SEMA_PROGRAM_H
#define SPAK_SEMA_PROGRAM_H

#include "spak/Space/Point.h"
#include "spak/Support/SourceFile.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spak::sema {

/// Element types of tensors and tiles. `Index` is a uniform integer.
enum class Dtype : uint8_t {
  F32,
  F16,
  BF16,
  E4M3,
  E5M2,
  S8,
  U8,
  S32,
  U32,
  S64,
  Bool,
  Index
};

/// The language's spelling of \p dtype, e.g. "bf16".
llvm::StringRef dtypeName(Dtype dtype);

/// The element type spelled \p name.
std::optional<Dtype> parseDtype(llvm::StringRef name);

/// True for the floating-point types.
bool isFloat(Dtype dtype);

/// Bits of one element in memory.
unsigned bitWidth(Dtype dtype);

struct Expr;
struct Variable;

/// An axis of tiles: a range variable, or the whole of a tensor axis.
struct TileAxis {
  std::string name; ///< unique in the kernel; what the IR shows
  std::string dim;  ///< for a whole axis, the dim's name in the source
  int64_t size = 0; ///< elements of one tile
  bool whole = false;
  /// Where the axis stands in a union of axes: ranges as they are introduced,
  /// then whole axes.
  unsigned position = 0;
  /// First index and one past the last, for a range. Uniform.
  const Expr *lower = nullptr;
  const Expr *upper = nullptr;
  /// Of the grid: what upper - lower never exceeds, known at launch; or null.
  const Expr *atMost = nullptr;
  SourceRange range; ///< where the axis is introduced
  /// Of a packed axis: row r is row r / inner->size of `outer` and element
  /// r % inner->size of `inner`.
  const TileAxis *outer = nullptr;
  const TileAxis *inner = nullptr;
};

/// The type of an expression.
struct Type {
  enum class Kind : uint8_t {
    Poison,   ///< an error was reported; anything goes
    Constant, ///< known at compile time; `Expr::constant` has it
    Scalar,   ///< uniform over a block
    Tile,     ///< an element per index of `axes`
    Range,    ///< a slice of an axis (`axes[0]`)
    Softmax   ///< an online-softmax state: rows `axes[0]`, width `axes[1]`
  };
  Kind kind = Kind::Poison;
  Dtype dtype = Dtype::F32;
  llvm::SmallVector<const TileAxis *, 4> axes;

  bool is(Kind other) const { return kind == other; }
  bool poisoned() const { return kind == Kind::Poison; }
  bool hasAxis(const TileAxis *axis) const;
  bool operator==(const Type &other) const;
  bool operator!=(const Type &other) const { return !(*this == other); }

  /// As a person would write it: `f32[m, n]`, `index`, `online_softmax`.
  std::string text() const;
};

/// Functions that apply per element.
enum class Function : uint8_t {
#define SPAK_FUNCTION(Name, Text, Arity, Domain) Name,
#include "spak/Sema/Functions.def"
#undef SPAK_FUNCTION
};

/// The spelling of \p function.
llvm::StringRef functionName(Function function);

enum class BinaryOp : uint8_t { Add, Sub, Mul, Div, Mod, And, Or };
enum class CompareOp : uint8_t { Lt, Le, Gt, Ge, Eq, Ne };
enum class ReduceKind : uint8_t { Sum, Max, Min, Mean };

struct TensorParam;
struct ScalarParam;

/// Affine conditions that must all hold: each is `expr >= 0`, over ranges,
/// dims and uniform integers.
using Conjunction = std::vector<const Expr *>;

/// A typed expression.
struct Expr {
  enum class Kind : uint8_t {
    Constant,   ///< constant
    Dim,        ///< text: the dim's name
    Argument,   ///< scalar: a scalar parameter
    Variable,   ///< variable
    RangeIndex, ///< operand 0, a range, as the vector of its indices
    Slice,      ///< operand 0, a range, moved on by operand 1, uniform
    Start,      ///< the first index of operand 0, a range
    Splat,      ///< operand 0, uniform, at every index of the type
    Broadcast,  ///< operand 0 with axes added
    Convert,    ///< operand 0 in another element type
    Negate,
    Not,
    Binary,  ///< binary
    Compare, ///< compare
    Select,  ///< operands: condition, then, else
    Call,    ///< function
    Load,    ///< tensor, indices
    Dot,     ///< operands: a, b; over
    Reduce,  ///< reduce; over
    Mask,    ///< operand 0 where some of `keep` holds
    Fill,    ///< operand 0, uniform, at every index of the type
    SoftmaxInit,
    SoftmaxOutput,
    SoftmaxLse
  };
  Kind kind = Kind::Constant;
  Type type;
  SourceRange range;
  llvm::SmallVector<const Expr *, 3> operands;

  space::AxisValue constant;
  std::string text;
  const ScalarParam *scalar = nullptr;
  const Variable *variable = nullptr;
  /// Variable: what it holds, where that is an affine index or predicate of
  /// ranges and of what is bound once.
  const Expr *meaning = nullptr;
  const TensorParam *tensor = nullptr;
  /// One a tensor axis: a uniform integer, or an expression of type Range.
  llvm::SmallVector<const Expr *, 5> indices;
  const TileAxis *over = nullptr;
  bool within = false; ///< Slice: it is known not to begin before 0
  BinaryOp binary = BinaryOp::Add;
  CompareOp compare = CompareOp::Lt;
  ReduceKind reduce = ReduceKind::Sum;
  Function function = Function();
  std::vector<Conjunction> keep;
};

/// A name of the kernel's body. Rebinding changes what it holds, not its
/// type where it is carried by a loop.
struct Variable {
  std::string name;
  Type type;
  SourceRange range; ///< the first binding
};

/// An `in` or `out` tensor.
struct TensorParam {
  std::string name;
  Dtype dtype = Dtype::F32;
  /// Per axis: the name of the dim or extent, its size where that is known,
  /// else what it is.
  llvm::SmallVector<std::string, 5> axes;
  llvm::SmallVector<std::optional<int64_t>, 5> sizes;
  llvm::SmallVector<const Expr *, 5> extents;
  bool isOutput = false;
  SourceRange range;
};

/// An axis of tensors whose size follows from dims: `B + 1`.
struct Extent {
  std::string name;            ///< of the axis
  const Expr *value = nullptr; ///< over dims and constants
  SourceRange range;
};

/// Whether \p a and \p b, over dims and constants, are written alike.
bool sameSize(const Expr *a, const Expr *b);

/// An `in` scalar.
struct ScalarParam {
  std::string name;
  Dtype dtype = Dtype::F32;
  std::optional<double> defaultValue;
  SourceRange range;
};

/// A statement of the body.
struct Statement {
  enum class Kind : uint8_t {
    Bind,   ///< variable = value
    For,    ///< a loop over the tiles of a range, or over indices
    If,     ///< a uniform condition at run time
    Tile,   ///< axis is the tile of number value
    Update, ///< variable (a softmax state) takes value (scores), second (v)
    Store   ///< tensor[indices] = value
  };
  Kind kind = Kind::Bind;
  SourceRange range;
  const Variable *variable = nullptr;
  const Expr *value = nullptr;
  const Expr *second = nullptr;

  const TileAxis *axis = nullptr; ///< For over tiles
  const Expr *lower = nullptr;    ///< For over indices
  const Expr *upper = nullptr;
  /// For and If: the names from outside that the body rebinds.
  std::vector<const Variable *> carried;
  std::vector<const Statement *> body;
  std::vector<const Statement *> otherwise;

  const TensorParam *tensor = nullptr;
  llvm::SmallVector<const Expr *, 5> indices;
  std::string combine; ///< empty, "add" or "max"
};

/// A variable of the grid, outermost last, as written.
struct GridVariable {
  const Variable *variable = nullptr;
  const TileAxis *axis = nullptr; ///< over tiles
  const Expr *extent = nullptr;   ///< over indices
  SourceRange range;
};

/// A launch check.
struct Requirement {
  const Expr *condition = nullptr;
  std::string text; ///< as written
  SourceRange range;
  std::string invariant; ///< the name of the one that demands it; may be empty
};

/// One entry of the schedule, resolved at the point.
struct Request {
  std::string key; ///< as passes read it, e.g. "slots_K"
  space::AxisValue value;
  SourceRange range;
};

/// A parameter, in the order of declaration.
struct Parameter {
  const TensorParam *tensor = nullptr;
  const ScalarParam *scalar = nullptr;
};

/// A kernel at one point.
struct Program {
  std::string kernel;
  SourceRange range;
  std::vector<Parameter> parameters;
  std::vector<std::string> dims; ///< runtime sizes, as declared
  std::vector<SourceRange> dimRanges;
  std::vector<Extent> extents;
  /// Axes of tiles that are packed, to what they are part of.
  llvm::DenseMap<const TileAxis *, const TileAxis *> packed;
  std::vector<Requirement> requirements;
  std::vector<GridVariable> grid;
  std::vector<const Statement *> body;
  std::vector<Request> requests;

  /// Owns what the pointers above point to.
  template <typename T, typename... Args>
  T *make(Args &&...args) {
    auto holder = std::make_shared<T>(std::forward<Args>(args)...);
    T *result = holder.get();
    storage.push_back(std::move(holder));
    return result;
  }

private:
  std::vector<std::shared_ptr<void>> storage;
};

} // namespace spak::sema

#endif // SPAK_SEMA_PROGRAM_H
