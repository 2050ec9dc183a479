// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the grade of every invariant, fact, rule, hint and heuristic, and what
// their sentences were read as. Must not know a target.
#include "Binding.h"
#include "KnowledgePlaces.h"

#include "spak/Knowledge/Names.h"

#include "llvm/ADT/STLExtras.h"

#include <map>

using namespace spak::space;

namespace spak::sema {

using knowledge::Grade;
using Role = Clause::Role;

llvm::StringRef roleName(Clause::Role role) {
  switch (role) {
  case Role::Assert:
    return "assert";
  case Role::When:
    return "when";
  case Role::Recommend:
    return "recommend";
  case Role::Avoid:
    return "avoid";
  case Role::Apply:
    return "apply";
  case Role::Forbid:
    return "forbid";
  case Role::Constraint:
    return "constraint";
  case Role::Returns:
    return "return";
  }
  return "";
}

const Clause *KnowledgeItem::find(Clause::Role role) const {
  for (const Clause &clause : clauses) {
    if (clause.role == role) {
      return &clause;
    }
  }
  return nullptr;
}

namespace {

/// Keys of a fact whose number is no claim about a kernel.
bool isClaim(llvm::StringRef key) {
  static constexpr llvm::StringLiteral kOther[] = {
      "confidence", "priority", "samples", "sm_clock_mhz", "toolkit", "driver"};
  return !llvm::is_contained(kOther, key);
}

/// The parts of `a = 1, b = f(2, 3)` between commas outside brackets.
std::vector<SourceRange> splitList(SourceRange range) {
  std::vector<SourceRange> parts;
  llvm::StringRef text = range.text();
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    char c = i < text.size() ? text[i] : ',';
    depth += llvm::StringRef("([{").contains(c);
    depth -= llvm::StringRef(")]}").contains(c);
    if (c != ',' || (depth > 0 && i < text.size())) {
      continue;
    }
    parts.push_back({range.file, range.begin + static_cast<uint32_t>(begin),
                     range.begin + static_cast<uint32_t>(i)});
    begin = i + 1;
  }
  return parts;
}

/// `axis = value` in a text: the place of each half.
std::optional<std::pair<SourceRange, SourceRange>>
splitAssignment(SourceRange range) {
  llvm::StringRef text = range.text();
  size_t at = text.find('=');
  if (at == llvm::StringRef::npos || at + 1 >= text.size() ||
      text[at + 1] == '=' || at == 0 ||
      llvm::StringRef("<>!=").contains(text[at - 1])) {
    return std::nullopt;
  }
  auto trim = [&](size_t begin, size_t end) {
    llvm::StringRef part = text.slice(begin, end);
    size_t left = part.size() - part.ltrim().size();
    uint32_t start = range.begin + static_cast<uint32_t>(begin + left);
    return SourceRange{range.file, start,
                       start + static_cast<uint32_t>(part.trim().size())};
  };
  return std::pair(trim(0, at), trim(at + 1, text.size()));
}

/// One word, or words joined by dots.
bool isName(llvm::StringRef text) {
  return !text.empty() && llvm::all_of(text, [](char c) {
    return llvm::isAlnum(c) || c == '_' || c == '.';
  });
}

class KnowledgeReader {
public:
  KnowledgeReader(System &system, DiagnosticEngine &diags, TextReader reader)
      : system(system), diags(diags), reader(reader), binder(system, diags) {}

  void run() {
    for (const ast::Block *block : system.file->system.knowledge()) {
      auto item = std::make_unique<KnowledgeItem>();
      item->block = block;
      item->scope = knowledge::FactScope::of(*block);
      checkScope(*block, item->scope, diags);
      read(*item);
      system.knowledge.push_back(std::move(item));
    }
    findDuplicates();
    findLooseKnowledge(system.file->system, diags);
    for (const auto &item : system.knowledge) {
      recommend(*item);
    }
    readLoops();
  }

private:
  System &system;
  DiagnosticEngine &diags;
  TextReader reader;
  Binder binder;

  void findDuplicates();
  void read(KnowledgeItem &item);
  void readAssert(KnowledgeItem &item);
  void readCondition(KnowledgeItem &item, Role role, const ast::Expr *value);
  void readAssignments(KnowledgeItem &item, Role role, const ast::Expr *value);
  void readAssignment(KnowledgeItem &item, Role role, SourceRange whole,
                      llvm::StringRef name, SourceRange place,
                      const ast::Expr *value);
  void readReturn(KnowledgeItem &item, const ast::Property &property);
  void grade(KnowledgeItem &item);
  void gradeFact(KnowledgeItem &item);
  void recommend(const KnowledgeItem &item);
  void readLoops();

  const ast::Expr *own(ast::ExprPtr expr) {
    system.owned.push_back(std::move(expr));
    return system.owned.back().get();
  }
  const ast::Expr *formal(const ast::Expr *expr);
  static SourceRange textOf(const ast::Expr &expr) {
    const auto *text = llvm::dyn_cast<ast::StringLiteral>(&expr);
    return text && text->verbatim ? text->content : expr.range;
  }
};

/// The expression that stands in \p expr, which may be a text; null for prose.
const ast::Expr *KnowledgeReader::formal(const ast::Expr *expr) {
  if (!expr || llvm::isa<ast::ProseExpr, ast::ErrorExpr>(*expr)) {
    return nullptr;
  }
  const auto *text = llvm::dyn_cast<ast::StringLiteral>(expr);
  if (!text) {
    return expr;
  }
  if (!reader || !text->verbatim) {
    return nullptr;
  }
  ast::ExprPtr parsed = reader(text->content);
  return parsed ? own(std::move(parsed)) : nullptr;
}

void KnowledgeReader::readCondition(KnowledgeItem &item, Role role,
                                    const ast::Expr *value) {
  if (!value) {
    return;
  }
  Clause clause;
  clause.role = role;
  clause.range = textOf(*value);
  clause.why = "a sentence";
  if (const ast::Expr *expr = formal(value)) {
    Bound bound = binder.condition(*expr, *item.block);
    clause.readsDims = bound.readsDims;
    clause.why = bound.why;
    if (bound.expr) {
      clause.expr = own(std::move(bound.expr));
      clause.grade = Grade::Formal;
    }
  }
  item.clauses.push_back(std::move(clause));
}

void KnowledgeReader::readAssert(KnowledgeItem &item) {
  for (const ast::Property *property : item.block->findAll("assert")) {
    if (!property->value) {
      continue;
    }
    SourceRange range = textOf(*property->value);
    if (auto use = knowledge::parsePredicate(range.text())) {
      Clause clause;
      clause.range = range;
      clause.grade = Grade::Checked;
      clause.predicate = use;
      clause.why = ("decided on the IR of the kernel, phase `" +
                    knowledge::predicateInfo(use->predicate).phase + "`")
                       .str();
      item.clauses.push_back(std::move(clause));
      continue;
    }
    readCondition(item, Role::Assert, property->value.get());
    Clause &clause = item.clauses.back();
    if (clause.grade == Grade::Formal) {
      clause.grade = clause.readsDims ? Grade::Checked : Grade::Formal;
      clause.why = clause.readsDims ? "reads what is known at launch"
                                    : "over axes and the device";
    }
  }
}

void KnowledgeReader::readAssignment(KnowledgeItem &item, Role role,
                                     SourceRange whole, llvm::StringRef name,
                                     SourceRange place,
                                     const ast::Expr *value) {
  Clause clause;
  clause.role = role;
  clause.range = whole;
  const Axis *axis = binder.axis(name, place);
  if (!axis) {
    binder.unbound(name, place, *item.block);
    clause.why = ("`" + name + "` names no axis").str();
  } else if (!value) {
    clause.why = "its value is a sentence";
  } else {
    clause.axis = axis->name;
    Bound bound = binder.value(*value, *axis, *item.block);
    clause.readsDims = bound.readsDims;
    clause.why = bound.why;
    if (bound.expr) {
      clause.expr = own(std::move(bound.expr));
      clause.grade = Grade::Formal;
      clause.why = ("binds axis `" + axis->name + "`");
    }
  }
  item.clauses.push_back(std::move(clause));
}

void KnowledgeReader::readAssignments(KnowledgeItem &item, Role role,
                                      const ast::Expr *value) {
  if (!value) {
    return;
  }
  SourceRange range = textOf(*value);
  const auto *text = llvm::dyn_cast<ast::StringLiteral>(value);
  bool read = false;
  if (text && text->verbatim && reader) {
    for (SourceRange part : splitList(range)) {
      auto halves = splitAssignment(part);
      if (!halves || !isName(halves->first.text())) {
        continue;
      }
      ast::ExprPtr parsed = reader(halves->second);
      const ast::Expr *bound = parsed ? own(std::move(parsed)) : nullptr;
      readAssignment(item, role, part, halves->first.text(), halves->first,
                     bound);
      read = true;
    }
  }
  if (!read) {
    Clause clause;
    clause.role = role;
    clause.range = range;
    clause.why = "a sentence";
    item.clauses.push_back(std::move(clause));
  }
}

void KnowledgeReader::readReturn(KnowledgeItem &item,
                                 const ast::Property &property) {
  if (!property.value) {
    return;
  }
  Clause clause;
  clause.role = Role::Returns;
  clause.range = textOf(*property.value);
  clause.why = "a sentence";
  if (const ast::Expr *expr = formal(property.value.get())) {
    Bound bound = binder.predicate(*expr, *item.block);
    clause.why = bound.why;
    if (bound.expr) {
      clause.expr = own(std::move(bound.expr));
      clause.grade = Grade::Checked;
      clause.why = "evaluated on the items of a trace";
    }
  }
  item.clauses.push_back(std::move(clause));
}

void KnowledgeReader::read(KnowledgeItem &item) {
  const ast::Block &block = *item.block;
  if (item.kind() == "invariant") {
    readAssert(item);
    grade(item);
    return;
  }
  static constexpr std::pair<llvm::StringLiteral, Role> kConditions[] = {
      {"when", Role::When},
      {"forbid", Role::Forbid},
      {"constraint", Role::Constraint}};
  for (auto [key, role] : kConditions) {
    for (const ast::Property *property : block.findAll(key)) {
      readCondition(item, role, property->value.get());
    }
  }
  // The parser reads `constraint "why": expr` wherever it stands.
  for (const ast::ItemPtr &entry : block.items) {
    if (const auto *own = llvm::dyn_cast<ast::ConstraintItem>(entry.get())) {
      readCondition(item, Role::Constraint, own->constraint.condition.get());
    }
  }
  static constexpr std::pair<llvm::StringLiteral, Role> kAssignments[] = {
      {"recommend", Role::Recommend},
      {"avoid", Role::Avoid},
      {"apply", Role::Apply}};
  for (auto [key, role] : kAssignments) {
    for (const ast::Property *property : block.findAll(key)) {
      readAssignments(item, role, property->value.get());
    }
    for (const ast::Block *map : block.blocks(key)) {
      for (const ast::ItemPtr &entry : map->items) {
        if (const auto *one = llvm::dyn_cast<ast::Property>(entry.get())) {
          readAssignment(item, role, one->range, one->key.text, one->key.range,
                         one->value.get());
        }
      }
    }
  }
  if (!block.params.empty()) {
    for (const ast::Property *property : block.findAll("return")) {
      readReturn(item, *property);
    }
  }
  grade(item);
}

//===----------------------------------------------------------------------===//
// Grades
//===----------------------------------------------------------------------===//

/// `recommend` and the like: what an item does.
bool isAction(Role role) {
  return role != Role::Assert && role != Role::When && role != Role::Returns;
}

void KnowledgeReader::gradeFact(KnowledgeItem &item) {
  if (const Clause *body = item.find(Role::Returns)) {
    item.grade = body->grade;
    item.why = body->why;
    return;
  }
  for (const ast::ItemPtr &entry : item.block->items) {
    const auto *property = llvm::dyn_cast<ast::Property>(entry.get());
    if (property && isClaim(property->key.text) && property->value &&
        item.block->number(property->key.text)) {
      item.grade = Grade::Checked;
      item.why = "`" + property->key.text +
                 "` is a figure that traces are compared with";
      return;
    }
  }
  const Clause *when = item.find(Role::When);
  if (when && when->expr) {
    item.grade = Grade::Formal;
    item.why = "its condition binds, and rules may name it";
    return;
  }
  item.why = "no figure, and nothing that binds";
}

void KnowledgeReader::grade(KnowledgeItem &item) {
  const Clause *bad = nullptr;
  unsigned actions = 0, good = 0;
  bool whenBinds = true;
  for (const Clause &clause : item.clauses) {
    if (clause.role == Role::When && !clause.expr) {
      whenBinds = false;
      bad = &clause;
    }
    actions += isAction(clause.role);
    good += isAction(clause.role) && clause.expr;
    if (isAction(clause.role) && !clause.expr && !bad) {
      bad = &clause;
    }
  }
  if (item.kind() == "invariant") {
    const Clause *weakest = nullptr;
    for (const Clause &clause : item.clauses) {
      if (!weakest || clause.grade > weakest->grade) {
        weakest = &clause;
      }
    }
    item.grade = weakest ? weakest->grade : Grade::Prose;
    item.why = weakest ? weakest->why : "it has no `assert`";
    return;
  }
  if (good && whenBinds) {
    item.grade = Grade::Formal;
    item.why = std::to_string(good) + " of " + std::to_string(actions) +
               (actions == 1 ? " action binds" : " actions bind");
    if (bad) {
      item.why += ("; `" + roleName(bad->role) + "`: " + bad->why).str();
    }
    return;
  }
  if (item.kind() == "fact") {
    gradeFact(item);
  } else if (!bad) {
    item.why = "nothing in it is an assignment or a condition";
  }
  if (bad && item.grade == Grade::Prose) {
    item.why = ("`" + roleName(bad->role) + "`: " + bad->why).str();
  }
}

void KnowledgeReader::recommend(const KnowledgeItem &item) {
  const ast::Expr *when = nullptr;
  for (const Clause &clause : item.clauses) {
    if (clause.role == Role::When) {
      // A condition that is prose cannot be said to hold.
      if (!clause.expr) {
        return;
      }
      when = clause.expr;
    }
  }
  for (const Clause &clause : item.clauses) {
    bool avoid = clause.role == Role::Avoid;
    if ((clause.role != Role::Recommend && !avoid) || !clause.expr) {
      continue;
    }
    Recommendation result;
    result.from = item.name().str();
    result.when = when;
    result.axis = clause.axis;
    result.value = clause.expr;
    result.confidence = item.scope.confidence;
    result.source = item.block->string("source").value_or("").str();
    result.avoid = avoid;
    result.item = &item;
    result.range = clause.range;
    system.recommendations.push_back(std::move(result));
  }
}

void KnowledgeReader::readLoops() {
  for (const ast::Block *loop :
       system.file->system.blocks("engineering_loop")) {
    for (const ast::ItemPtr &entry : loop->items) {
      const auto *property = llvm::dyn_cast<ast::Property>(entry.get());
      if (!property || property->modifier.text != "parameter") {
        continue;
      }
      LoopParameter parameter;
      parameter.loop = loop->name.text;
      parameter.name = property->key.text;
      parameter.range = property->key.range;
      if (const Axis *axis = binder.axis(parameter.name, property->key.range)) {
        parameter.axis = axis->name;
      } else if (!system.axes.empty()) {
        auto warning =
            diags.warning(diag::warn_loop_parameter, property->key.range)
            << parameter.name << parameter.loop;
        warning.help(nameHelp(parameter.name, "axes", binder.axisNames));
      }
      system.loopParameters.push_back(std::move(parameter));
    }
  }
}

} // namespace

/// Both items act, and what refers to the name means one of them.
void KnowledgeReader::findDuplicates() {
  std::map<std::pair<llvm::StringRef, llvm::StringRef>, const KnowledgeItem *>
      known;
  for (const auto &item : system.knowledge) {
    auto [first, isNew] =
        known.try_emplace({item->kind(), item->name()}, item.get());
    if (isNew || item->name().empty()) {
      continue;
    }
    auto warning =
        diags.warning(diag::warn_duplicate_item, item->block->name.range);
    warning << item->kind() << item->name();
    warning.note(first->second->block->name.range, "the first is here");
    warning.help("give one of them another name, or delete the older one");
  }
}

void readKnowledge(System &system, DiagnosticEngine &diags, TextReader reader) {
  KnowledgeReader(system, diags, reader).run();
}

} // namespace spak::sema
