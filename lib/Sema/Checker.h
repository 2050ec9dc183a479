// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The checker of one kernel at one point: scopes, names, statements. The rules
// of types are Typing's.
#ifndef SPAK_LIB_SEMA_CHECKER_H
#define SPAK_LIB_SEMA_CHECKER_H

#include "Typing.h"

#include "spak/Sema/Sema.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <map>

namespace spak::sema {

/// No tile has more elements along one axis. Unit: element.
inline constexpr int64_t kMaxTile = 65536;

class Checker {
public:
  Checker(const System &system, const ast::Kernel &kernel, const Point &point,
          const device::Device &device, DiagnosticEngine &diags,
          const CheckOptions &options)
      : system(system), kernel(kernel), point(point), device(device),
        diags(diags), options(options), typing(program, diags) {}

  /// Reports every independent mistake; the result is of use only if there
  /// was none.
  Program run();

private:
  /// A name of the body.
  struct Local {
    const Variable *variable = nullptr;
    /// What a constant or a range stands for; null for other values.
    const Expr *value = nullptr;
    /// In a branch that is taken at run time: what the name holds there.
    const Expr *chosen = nullptr;
    /// An affine index or predicate that the variable holds; else null.
    const Expr *meaning = nullptr;
    SourceRange range;
  };
  /// One `{ … }` of a grid or loop.
  struct Scope {
    llvm::StringMap<Local> locals;
    Statement *loop = nullptr; ///< null for the grid
  };

  // Declarations.
  void checkDims();
  void checkParams();
  void checkTensor(const ast::Param &param);
  std::string nameExtent(const ast::Extent &extent, const Expr *value);
  void checkScalar(const ast::Param &param);
  void checkRequirements();
  void checkInvariants();
  bool hasNames(const ast::Expr &expr) const;
  void checkGrid();
  void checkGridBinder(const ast::Binder &binder);
  bool isOutputAbsent(llvm::StringRef name) const;
  std::optional<Dtype> dtype(const ast::Identifier &name);
  void declare(const ast::Identifier &name, SourceRange &first);

  // Statements.
  std::vector<const Statement *> checkBody(const ast::StmtList &body);
  void checkStmt(const ast::Stmt &stmt);
  void checkAssign(const ast::AssignStmt &stmt);
  void checkFor(const ast::ForStmt &stmt);
  void checkIf(const ast::IfStmt &stmt);
  void checkMatch(const ast::MatchStmt &stmt);
  bool choose(const ast::IfStmt &stmt, const Expr *condition,
              std::map<std::string, const Expr *> &results);
  bool takeBranch(const ast::StmtList &body,
                  std::map<std::string, const Expr *> &values);
  void checkCall(const ast::CallStmt &stmt);
  void checkUpdate(const ast::CallExpr &call, const ast::NameExpr &state);
  void checkStore(const ast::StoreStmt &stmt);
  bool coversGrid(const TensorParam *tensor,
                  llvm::ArrayRef<const Expr *> indices, SourceRange range);
  bool mentions(const Expr *expr, unsigned variable);
  /// A condition that the point decides; nothing after an error.
  std::optional<bool> decided(const ast::Expr &expr);
  TileAxis *makeRange(const ast::Binder &binder);
  void bind(llvm::StringRef name, const Expr *value, SourceRange range);
  void promote(const ast::ForStmt &stmt);
  const Expr *meaningOf(const Expr *value);
  bool isSettled(const Expr *expr) const;
  Statement *append(Statement::Kind kind, SourceRange range);

  // Expressions.
  const Expr *check(const ast::Expr &expr);
  const Expr *checkName(const ast::NameExpr &expr);
  const Expr *checkMember(const ast::MemberExpr &expr);
  const Expr *checkCallExpr(const ast::CallExpr &expr);
  const Expr *checkFunction(const ast::CallExpr &expr, llvm::StringRef name);
  const Expr *checkDot(const ast::CallExpr &expr);
  const Expr *checkReduce(const ast::CallExpr &expr, ReduceKind kind);
  const Expr *checkSoftmax(const ast::CallExpr &expr);
  const Expr *checkCompare(const ast::CompareExpr &expr);
  const Expr *checkConvert(const ast::ConvertExpr &expr);
  const Expr *checkFill(const ast::FillExpr &expr);
  const Expr *checkTile(const ast::CallExpr &call,
                        const ast::Identifier &target);
  const Expr *checkLoad(const ast::LoadExpr &expr);
  /// The operands of a call without keywords; false after an error.
  bool arguments(const ast::CallExpr &expr, llvm::StringRef name, size_t count,
                 llvm::SmallVectorImpl<const Expr *> &values);
  bool checkIndices(const TensorParam *tensor,
                    const std::vector<ast::ExprPtr> &indices, SourceRange range,
                    llvm::SmallVectorImpl<const Expr *> &values);
  const Expr *checkIndex(const TensorParam *tensor, size_t axis,
                         const ast::Expr &expr);
  const Expr *sliceOf(const Expr *index);
  const Expr *pageOf(const Expr *index);
  const TileAxis *packAxes(const TileAxis *outer, const TileAxis *inner,
                           SourceRange range);
  bool packIndices(llvm::ArrayRef<const Expr *> indices, SourceRange range);
  /// The rows of a state: a range, or two that are packed; null after an error.
  const TileAxis *rowsNamed(const ast::Expr &expr);
  const Expr *uniformIndex(const ast::Expr &expr, llvm::StringRef what);
  /// A range, or the axis of `:` over a dim; null after an error.
  const TileAxis *axisNamed(const ast::Expr &expr);
  const TileAxis *wholeAxis(llvm::StringRef dim, int64_t size,
                            SourceRange range);
  const TensorParam *findTensor(const ast::Identifier &name);
  const Expr *unknownName(llvm::StringRef name, SourceRange range);
  Local *findLocal(llvm::StringRef name, size_t *depth = nullptr);
  std::vector<std::string> visibleNames() const;

  const System &system;
  const ast::Kernel &kernel;
  const Point &point;
  const device::Device &device;
  DiagnosticEngine &diags;
  const CheckOptions &options;
  Program program;
  Typing typing;

  std::vector<Scope> scopes;
  /// What is bound more than once: its reader must say when.
  llvm::DenseSet<const Variable *> rebound;
  std::vector<const Statement *> *block = nullptr;
  llvm::StringMap<std::string> dims; ///< names and aliases to names
  llvm::StringMap<const TensorParam *> tensors;
  llvm::StringMap<const ScalarParam *> scalars;
  llvm::StringMap<const TileAxis *> wholes;
  llvm::StringMap<SourceRange> declared;
  llvm::StringSet<> axisNames;
  llvm::StringSet<> binderNames;
  llvm::StringSet<> reportedUnknown;
  /// The grid variables that a name tells apart, by position.
  llvm::DenseMap<const Variable *, llvm::SmallBitVector> tells;
};

} // namespace spak::sema

#endif // SPAK_LIB_SEMA_CHECKER_H
