// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The space of a system as data that can be counted, and why it is empty, in
// words of the source. The bridge between Sema and Space.
#ifndef SPAK_SEMA_SPACEMODEL_H
#define SPAK_SEMA_SPACEMODEL_H

#include "spak/Sema/Sema.h"
#include "spak/Space/Counter.h"

namespace spak::sema {

/// The axes and constraints of a system on a device.
struct SpaceModel {
  space::Space space;
  /// What a rule of the space was made from.
  struct Source {
    const Constraint *constraint = nullptr;
    /// By condition of the rule: the parts of the constraint's conjunction.
    std::vector<const ast::Expr *> conditions;
  };
  std::vector<Source> rules;
};

/// The values that \p request allows, by position of the axis. Errors: an axis
/// or a value that the system does not have; then nothing.
std::optional<std::vector<std::pair<unsigned, std::vector<AxisValue>>>>
requestedValues(const System &system, const PointRequest &request,
                DiagnosticEngine &diags);

/// The space of \p system where the axes that \p request names have the values
/// that it gives, and the others all of theirs. Every axis is free, those of
/// design too.
llvm::FailureOr<SpaceModel> spaceOf(const System &system,
                                    const PointRequest &request,
                                    DiagnosticEngine &diags);

/// Reports why the constraint has no value at the point of \p undefined.
void reportUndefined(const SpaceModel &model, const PointRequest &request,
                     const space::Undefined &undefined,
                     DiagnosticEngine &diags);

/// A limit of the device at which an empty space has points.
struct LimitRelaxation {
  std::string field; ///< as after `device.`
  int64_t value = 0;
  std::vector<std::string> archs; ///< with that limit, as in the table
  space::Count points = 0;
};

/// Why a space is empty, by constraint of the source.
struct EmptySpace {
  space::Emptiness why;
  std::vector<const Constraint *> core;
  /// For each limit that the core reads: the values of the device table at
  /// which points appear, those above first, the nearest first.
  std::vector<LimitRelaxation> limits;
};

EmptySpace explainEmpty(const System &system, const PointRequest &request,
                        const SpaceModel &model, const space::Counter &counter);

/// The two sides of a relaxed comparison: what moves, and its bound. For a
/// difference both sides move.
struct RelaxedText {
  std::string moving;
  std::string bound;
};
RelaxedText relaxedText(const SpaceModel &model,
                        const space::Relaxation &relaxation);

/// Adds to \p error the constraints of the core and what would help. The
/// constraint \p named, which the message shows already, is left out.
void describe(const EmptySpace &empty, const SpaceModel &model,
              const Constraint *named, DiagnosticBuilder &error);

} // namespace spak::sema

#endif // SPAK_SEMA_SPACEMODEL_H
