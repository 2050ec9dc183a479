// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: which invariants are asked of which IR, and what follows. What a
// property means is the business of Analysis.
#include "Session.h"

#include "Bridge.h"
#include "spak/Analysis/Predicates.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace spak::driver {

namespace {

using knowledge::Predicate;
using knowledge::Standing;

analysis::Finding decide(const knowledge::PredicateUse &use,
                         ir::KernelOp kernel) {
  switch (use.predicate) {
  case Predicate::NotMaterialised:
    return analysis::isNotMaterialised(kernel, use.subject);
  case Predicate::MaxSubtracted:
    return analysis::isMaxSubtracted(kernel);
  case Predicate::StoredOnce:
    return analysis::isStoredOnce(kernel);
  case Predicate::Deterministic:
    return analysis::isDeterministic(kernel);
  case Predicate::AccumulatesF32:
    return analysis::accumulatesWide(kernel);
  case Predicate::StagedShared:
    return analysis::isStagedShared(kernel, use.subject);
  case Predicate::NoBankConflict:
    return analysis::hasNoBankConflict(kernel, use.subject);
  }
  return {};
}

Standing standingOf(analysis::Verdict verdict) {
  switch (verdict) {
  case analysis::Verdict::Proved:
    return Standing::Proved;
  case analysis::Verdict::Refuted:
    return Standing::Refuted;
  case analysis::Verdict::Unknown:
    return Standing::Open;
  }
  return Standing::Open;
}

} // namespace

/// Decides the launch checks that invariants ask for. What is proved needs no
/// check; what can never hold is an error.
bool Session::decideLaunchChecks(ModuleOp module) {
  bool good = true;
  for (auto kernel : module.getOps<ir::KernelOp>()) {
    analysis::Prover prover;
    analysis::assumeLaunch(prover, kernel);
    llvm::SmallVector<ir::RequireOp> proved;
    for (auto require : kernel.getOps<ir::RequireOp>()) {
      auto name = require->getAttrOfType<StringAttr>("invariant");
      if (!name) {
        continue;
      }
      analysis::Verdict verdict = prover.decide(require.getCond());
      InvariantFinding finding;
      finding.kernel = kernel.getSymName().str();
      finding.standing = Standing::Deferred;
      finding.why = "checked at every launch";
      if (verdict == analysis::Verdict::Proved) {
        proved.push_back(require);
        finding.standing = Standing::Proved;
        finding.why = "it follows from the sizes and the launch checks";
      } else if (verdict == analysis::Verdict::Refuted) {
        finding.standing = Standing::Refuted;
        finding.why = "no launch can satisfy it";
      }
      good &= settle(name.getValue(), require.getLoc(), std::move(finding));
    }
    for (ir::RequireOp require : proved) {
      require.erase();
    }
    for (auto require : kernel.getOps<ir::RequireOp>()) {
      require->removeAttr("invariant");
    }
  }
  return good;
}

/// Notes \p finding about the clause at \p loc of the invariant \p name, and
/// reports what is not true. False after an error.
bool Session::settle(llvm::StringRef name, Location loc,
                     InvariantFinding finding) {
  for (const auto &item : system->knowledge) {
    for (const sema::Clause &clause : item->clauses) {
      auto file = loc->findInstanceOf<FileLineColLoc>();
      LineColumn place = clause.range.file->lineColumn(clause.range.begin);
      if (item->name() == name && file &&
          file.getFilename().getValue() == clause.range.file->name() &&
          file.getLine() == place.line && file.getColumn() == place.column) {
        return settle(*item, clause, std::move(finding));
      }
    }
  }
  return true;
}

bool Session::settle(const sema::KnowledgeItem &item,
                     const sema::Clause &clause, InvariantFinding finding,
                     SourceRange culprit) {
  finding.item = &item;
  finding.clause = &clause;
  bool good = finding.standing != Standing::Refuted;
  if (!good) {
    auto error = diags.error(diag::err_invariant_false, clause.range)
                 << item.name() << finding.why;
    if (culprit.isValid()) {
      error.note(culprit, "it is broken here");
    }
  } else if (clause.predicate && finding.standing == Standing::Open) {
    diags.warning(diag::warn_invariant_undecided, clause.range)
        << item.name() << finding.why;
  }
  findings.push_back(std::move(finding));
  return good;
}

/// Decides the asserts over axes at \p point.
bool Session::decideFormal(const space::Point &point) {
  bool good = true;
  for (const auto &item : system->knowledge) {
    if (item->kind() != "invariant") {
      continue;
    }
    if (item->grade == knowledge::Grade::Prose) {
      diags.remark(diag::remark_not_checked, item->block->name.range)
          << item->name() << item->why;
    }
    for (const sema::Clause &clause : item->clauses) {
      if (clause.grade != knowledge::Grade::Formal || !clause.expr ||
          clause.role != sema::Clause::Role::Assert) {
        continue;
      }
      std::optional<bool> holds =
          sema::holdsAt(*system, *clause.expr, point, asked);
      if (holds && !*holds) {
        diags.error(diag::err_invariant_false, clause.range)
            << item->name()
            << "`" + ast::toString(*clause.expr) + "` is false at " +
                   point.text();
        good = false;
      }
    }
  }
  return good;
}

bool Session::checkInvariants(ModuleOp module, const space::Point &point) {
  bool good = decideFormal(point) && decideLaunchChecks(module);
  Phase at = Phase::Spak;
  OwningOpRef<ModuleOp> copy;
  // The phases are asked in their order, so that one copy is enough.
  for (unsigned number = 0; number <= static_cast<unsigned>(Phase::Decided);
       ++number) {
    auto phase = static_cast<Phase>(number);
    for (const auto &item : system->knowledge) {
      for (const sema::Clause &clause : item->clauses) {
        if (!clause.predicate ||
            knowledge::predicateInfo(clause.predicate->predicate).phase !=
                phaseName(phase)) {
          continue;
        }
        if (!copy) {
          copy = module.clone();
        }
        if (phase != at && !runPasses(*copy, at, phase)) {
          return false;
        }
        at = phase;
        for (auto kernel : copy->getOps<ir::KernelOp>()) {
          good &= ask(*item, clause, kernel, point);
        }
      }
    }
  }
  return good;
}

bool Session::askAgain(ModuleOp module, Phase phase,
                       const space::Point &point) {
  bool good = true;
  for (const auto &item : system->knowledge) {
    for (const sema::Clause &clause : item->clauses) {
      std::optional<Phase> first;
      if (clause.predicate) {
        first = parsePhase(
            knowledge::predicateInfo(clause.predicate->predicate).phase);
      }
      if (!first || *first >= phase) {
        continue;
      }
      for (auto kernel : module.getOps<ir::KernelOp>()) {
        analysis::Finding found = decide(*clause.predicate, kernel);
        if (found.verdict == analysis::Verdict::Refuted) {
          good &= ask(*item, clause, kernel, point);
        }
      }
    }
  }
  return good;
}

/// Asks \p kernel whether the sentence \p clause is true of it.
bool Session::ask(const sema::KnowledgeItem &item, const sema::Clause &clause,
                  Operation *kernel, const space::Point &point) {
  auto op = cast<ir::KernelOp>(kernel);
  analysis::Finding found = decide(*clause.predicate, op);
  InvariantFinding finding;
  finding.kernel = op.getSymName().str();
  finding.standing = standingOf(found.verdict);
  finding.why = found.why;
  if (found.verdict == analysis::Verdict::Refuted) {
    finding.why = "in kernel `" + finding.kernel + "` " + found.why;
  }
  SourceRange culprit =
      found.where ? rangeOf(*found.where, allSources()) : SourceRange();
  return settle(item, clause, std::move(finding), culprit);
}

} // namespace spak::driver
