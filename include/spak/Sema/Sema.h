// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Meaning of a file: which axes and constraints it has, which points satisfy
// them, and what a kernel is at a point. Knows no IR and no parser.
#ifndef SPAK_SEMA_SEMA_H
#define SPAK_SEMA_SEMA_H

#include "spak/AST/AST.h"
#include "spak/Device/Device.h"
#include "spak/Knowledge/Facts.h"
#include "spak/Knowledge/Grade.h"
#include "spak/Knowledge/Predicates.h"
#include "spak/Sema/Program.h"
#include "spak/Space/Point.h"
#include "spak/Support/Diagnostics.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/LogicalResult.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace spak::sema {

using space::AxisValue;
using space::Point;

/// An axis of design_space, of tuning_space, or a static of a kernel.
struct Axis {
  enum class Origin : uint8_t { Design, Tuning, Static };
  std::string name;
  Origin origin = Origin::Design;
  std::vector<AxisValue> values;
  SourceRange range;
};

/// A constraint of the system, of a space or of a kernel.
struct Constraint {
  std::string reason;
  const ast::Expr *condition = nullptr;
  SourceRange range;
};

/// One sentence of an item of knowledge, and what it was read as.
struct Clause {
  enum class Role : uint8_t {
    Assert,
    When,
    Recommend,
    Avoid,
    Apply,
    Forbid,
    Constraint,
    Returns ///< the body of a fact with parameters
  };
  Role role = Role::Assert;
  knowledge::Grade grade = knowledge::Grade::Prose;
  std::string why;   ///< why it has this grade
  SourceRange range; ///< the sentence, without quotes
  /// The condition; of an assignment the value. Names are those of axes and
  /// dims, whatever the text said. Null for prose and named predicates.
  const ast::Expr *expr = nullptr;
  std::string axis; ///< of an assignment
  std::optional<knowledge::PredicateUse> predicate;
  bool readsDims = false; ///< also scalars: known at launch
};

/// The spelling of \p role in a file.
llvm::StringRef roleName(Clause::Role role);

/// An invariant, fact, rule, hint or heuristic.
struct KnowledgeItem {
  const ast::Block *block = nullptr;
  knowledge::FactScope scope;
  std::vector<Clause> clauses;
  knowledge::Grade grade = knowledge::Grade::Prose;
  std::string why;
  /// How near it is to what was asked for; see \ref activate.
  knowledge::Nearness nearness;
  /// Whether it acts, and where or why not. Empty if it has nothing to act on.
  std::string action;

  llvm::StringRef kind() const { return block->keyword.text; }
  llvm::StringRef name() const { return block->name.text; }
  const Clause *find(Clause::Role role) const;
};

/// A `parameter` of an engineering loop, and the axis that it stands for.
struct LoopParameter {
  std::string loop;
  std::string name;
  std::string axis; ///< empty: none
  SourceRange range;
};

/// `axis = value`, from a fact or rule whose `when` holds.
struct Recommendation {
  std::string from;                ///< name of the fact or rule
  const ast::Expr *when = nullptr; ///< null: always
  std::string axis;
  const ast::Expr *value = nullptr;
  double confidence = 1.0;
  std::string source;
  /// The value goes last instead of first.
  bool avoid = false;
  /// A rule fixes it.
  bool applied = false;
  const KnowledgeItem *item = nullptr;
  SourceRange range;
};

/// The checked system layer. Refers to the syntax tree, which must outlive it.
class System {
public:
  const ast::File *file = nullptr;
  std::vector<Axis> axes;
  std::vector<Constraint> constraints;
  /// The best first: what a rule applies, then by knowledge::precedes, then
  /// as written. Before \ref activate, all of them.
  std::vector<Recommendation> recommendations;
  /// As written; those of the file itself first.
  std::vector<std::unique_ptr<KnowledgeItem>> knowledge;
  std::vector<LoopParameter> loopParameters;
  /// Kernels that are compiled, in order.
  std::vector<const ast::Kernel *> kernels;

  const Axis *findAxis(llvm::StringRef name) const;
  const ast::Kernel *findKernel(llvm::StringRef name) const;

  /// Expressions that were read from texts.
  std::vector<ast::ExprPtr> owned;
};

/// Reads a range of the file as an expression, without messages: null if it is
/// none. The front end has one; without it, conditions and recommendations
/// that stand in texts are prose.
using TextReader = llvm::function_ref<ast::ExprPtr(SourceRange)>;

/// Checks the system layer of \p file. Errors: SPK2001 to SPK2999.
llvm::FailureOr<std::unique_ptr<System>> analyze(const ast::File &file,
                                                 DiagnosticEngine &diags,
                                                 TextReader reader = nullptr);

/// What a user asks of the space.
struct PointRequest {
  /// The version that facts are compared with; empty: any.
  std::string toolkit;
  /// Facts with parameters, by name, of which a trace says whether they hold.
  std::map<std::string, bool> observed;
  /// `-D axis=value[,value…]`, in the order given.
  std::vector<std::pair<std::string, std::vector<std::string>>> axes;
  const device::Device *device = nullptr;
  /// Dims of the launch that are known, for facts whose `when` reads them.
  std::map<std::string, int64_t> shape;
};

/// Decides which facts and rules hold for \p request, once, before points are
/// selected or counted. Rules that forbid or apply become constraints; the
/// recommendations that cannot hold are dropped, and the others are ordered.
/// Reports rules that contradict each other: SPK2037, SPK2038, SPK2040. Fails
/// after an error.
llvm::LogicalResult activate(System &system, const PointRequest &request,
                             DiagnosticEngine &diags);

/// What is known of a condition over axes on a whole space.
struct SpaceClaim {
  knowledge::Standing standing = knowledge::Standing::Open;
  std::string why;
  std::string example; ///< a point that breaks it
};

/// Decides \p condition for every valid point of \p system at once; what
/// \p request fixes with `-D` is free.
SpaceClaim decideOverSpace(System &system, const ast::Expr &condition,
                           const PointRequest &request);

/// Whether the condition \p expr of a clause holds at \p point; nothing if it
/// has no value there.
std::optional<bool> holdsAt(const System &system, const ast::Expr &expr,
                            const Point &point, const PointRequest &request);

/// Whether \p point has the value that \p recommendation asks for.
bool follows(const Recommendation &recommendation, const Point &point,
             const PointRequest &request);

/// Why \p winner was preferred to \p other for its axis: "newer: …"; empty if
/// it only stands first.
std::string preference(const Recommendation &winner,
                       const Recommendation &other);

/// Why the value of \p winner stands at a point although \p other asks for
/// another one; both are of one system.
std::string whyNot(const Recommendation &winner, const Recommendation &other);

/// A combination that `-D` asked for and that no point can have.
struct RejectedPoint {
  std::string text;       ///< `tile_m=192,D=128`
  std::string constraint; ///< the reason's name
};

struct Selection {
  std::vector<Point> points;
  std::vector<RejectedPoint> rejected;
};

/// The points that \p request asks for: one for every combination of the values
/// that it gives, with the remaining axes recommended or first listed. Fails
/// if there is none, or if the request names what the space does not have.
llvm::FailureOr<Selection> selectPoints(const System &system,
                                        const PointRequest &request,
                                        DiagnosticEngine &diags);

/// The recommendations that hold at \p point, for a launch of \p shape (null:
/// any), and that it follows.
std::vector<const Recommendation *>
recommendationsAt(const System &system, const Point &point,
                  const device::Device &device,
                  const std::map<std::string, int64_t> *shape = nullptr);

/// How a kernel is checked.
struct CheckOptions {
  /// Tile sizes by range name, instead of those that the text gives.
  std::map<std::string, int64_t> tileSizes;
  /// Whether the schedule is resolved.
  bool schedule = true;
};

/// The kernel \p kernel at \p point on \p device. Errors: SPK3001 to SPK3999;
/// every independent mistake of the kernel is reported.
llvm::FailureOr<Program> check(const System &system, const ast::Kernel &kernel,
                               const Point &point, const device::Device &device,
                               DiagnosticEngine &diags,
                               const CheckOptions &options = {});

} // namespace spak::sema

#endif // SPAK_SEMA_SEMA_H
