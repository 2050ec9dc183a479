// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Meaning of a file: which axes and constraints it has, which points satisfy
// them, and what a kernel is at a point. Knows no IR and no parser.
#ifndef SPAK_SEMA_SEMA_H
#define SPAK_SEMA_SEMA_H

#include "spak/AST/AST.h"
#include "spak/Device/Device.h"
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

/// `axis = value`, from a fact or rule whose `when` holds.
struct Recommendation {
  std::string from;                ///< name of the fact or rule
  const ast::Expr *when = nullptr; ///< null: always
  std::string axis;
  const ast::Expr *value = nullptr;
  double confidence = 1.0;
  std::string source;
};

/// The checked system layer. Refers to the syntax tree, which must outlive it.
class System {
public:
  const ast::File *file = nullptr;
  std::vector<Axis> axes;
  std::vector<Constraint> constraints;
  /// Highest confidence first, then as written.
  std::vector<Recommendation> recommendations;
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
  /// `-D axis=value[,value…]`, in the order given.
  std::vector<std::pair<std::string, std::vector<std::string>>> axes;
  const device::Device *device = nullptr;
  /// Dims of the launch that are known, for facts whose `when` reads them.
  std::map<std::string, int64_t> shape;
};

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
