// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The rules by which expressions combine: what shape and element type a sum, a
// product or a mask has, and where a broadcast stands. Each function takes
// checked operands and returns a checked expression; after an error it
// returns poison, which never causes a second one. Knows no syntax.
#ifndef SPAK_LIB_SEMA_TYPING_H
#define SPAK_LIB_SEMA_TYPING_H

#include "spak/Sema/Program.h"
#include "spak/Support/Diagnostics.h"

#include "llvm/ADT/ArrayRef.h"

namespace spak::sema {

class Typing {
public:
  Typing(Program &program, DiagnosticEngine &diags)
      : program(program), diags(diags) {}

  const Expr *poison(SourceRange range);
  const Expr *constant(space::AxisValue value, SourceRange range);
  const Expr *dim(llvm::StringRef name, SourceRange range);
  const Expr *argument(const ScalarParam *scalar, SourceRange range);
  const Expr *variable(const Variable *variable, SourceRange range,
                       const Expr *meaning = nullptr);
  const Expr *binary(BinaryOp op, const Expr *a, const Expr *b,
                     SourceRange range);
  const Expr *compare(CompareOp op, const Expr *a, const Expr *b,
                      SourceRange range);
  const Expr *negate(const Expr *a, SourceRange range);
  const Expr *logicalNot(const Expr *a, SourceRange range);
  const Expr *select(const Expr *condition, const Expr *a, const Expr *b,
                     SourceRange range);
  const Expr *call(Function function, llvm::ArrayRef<const Expr *> arguments,
                   SourceRange range);
  const Expr *convert(const Expr *a, Dtype dtype, SourceRange range);
  const Expr *dot(const Expr *a, const Expr *b, const TileAxis *over,
                  SourceRange range);
  const Expr *reduce(ReduceKind kind, const Expr *a, const TileAxis *over,
                     SourceRange range);
  const Expr *mask(const Expr *scores, const Expr *keep, SourceRange range);
  const Expr *fill(const Expr *value, Dtype dtype,
                   llvm::ArrayRef<const TileAxis *> axes, SourceRange range);
  const Expr *load(const TensorParam *tensor,
                   llvm::ArrayRef<const Expr *> indices, SourceRange range);
  /// \p sink may be null.
  const Expr *softmaxInit(const TileAxis *rows, const TileAxis *width,
                          const Expr *sink, SourceRange range);
  const Expr *softmaxPart(bool lse, const Expr *state, SourceRange range);

  /// \p a as a uniform run-time or compile-time value of \p dtype.
  const Expr *scalarOf(const Expr *a, Dtype dtype);
  /// \p value as a uniform index, which a whole constant is; null if it is
  /// something else.
  const Expr *asIndex(const Expr *value);

  /// \p a with the axes of \p type, and its element type where \p a is a
  /// constant. The axes of \p a must be among those of \p type.
  const Expr *broadcast(const Expr *a, const Type &type);

  /// \p range moved on by \p offset, uniform.
  const Expr *slice(const Expr *range, const Expr *offset, SourceRange at,
                    bool within = false);
  /// The first index of \p range, uniform.
  const Expr *start(const Expr *range, SourceRange at);

  /// A range used in an expression is the vector of its indices.
  const Expr *rvalue(const Expr *a);

private:
  Expr *make(Expr::Kind kind, Type type, SourceRange range,
             llvm::ArrayRef<const Expr *> operands = {});

  /// Brings \p a and \p b to one element type and one set of axes; null (with
  /// an error) if there is none. Neither is poison, one is not constant.
  bool unify(const Expr *&a, const Expr *&b, SourceRange range,
             llvm::StringRef what);
  bool unifyDtypes(const Expr *&a, const Expr *&b, SourceRange range,
                   llvm::StringRef what);
  bool unifyAxes(const Expr *&a, const Expr *&b, SourceRange range,
                 llvm::StringRef what);
  bool isValue(const Expr *a, llvm::StringRef what);
  const Expr *reorder(const Expr *a, llvm::ArrayRef<const TileAxis *> order);
  const Expr *fold(BinaryOp op, const Expr *a, const Expr *b,
                   SourceRange range);
  const Expr *foldCall(Function function,
                       llvm::ArrayRef<const Expr *> arguments,
                       SourceRange range);

  Program &program;
  DiagnosticEngine &diags;
};

/// Writes \p predicate as a union of conjunctions of affine conditions into
/// \p keep. Returns false, leaving \p keep in any state, if it is not one, or
/// if the union has more than 8 members.
/// \p owner holds the conditions.
bool affineUnion(Typing &typing, const Expr *predicate,
                 std::vector<Conjunction> &keep);

/// True if the integer expression \p e is affine in ranges, dims and uniform
/// integers.
bool isAffine(const Expr *e);

/// The axes that tiles of rows \p rows have: two if it is packed.
llvm::SmallVector<const TileAxis *, 2> partsOf(const TileAxis *rows);

/// How a message shows \p e: the value of a constant, the type of others.
std::string shown(const Expr *e);

/// The operand below broadcasts, splats and integer conversions.
const Expr *strip(const Expr *e);

} // namespace spak::sema

#endif // SPAK_LIB_SEMA_TYPING_H
