// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the merging of one system into another. Must not know grades, points
// or kernels' bodies.
#include "spak/Knowledge/Inheritance.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace spak::ast;

namespace spak::knowledge {

namespace {

/// Files one behind the other. Unit: file.
constexpr size_t kMaxDepth = 32;

/// Blocks without name whose entries are taken one by one.
bool isContainer(const Block &block) {
  static constexpr llvm::StringLiteral kContainers[] = {
      "knowledge", "model", "trace_schema", "build"};
  return block.name.empty() &&
         llvm::is_contained(kContainers, block.keyword.text);
}

bool isKnowledge(llvm::StringRef kind) {
  static constexpr llvm::StringLiteral kKinds[] = {"invariant", "fact", "rule",
                                                   "hint", "heuristic"};
  return llvm::is_contained(kKinds, kind);
}

/// An item as it is looked up: what it is, and its name.
struct Key {
  std::string kind;
  std::string name;
  SourceRange range;
};

std::optional<Key> keyOf(const Item &item) {
  if (const auto *block = llvm::dyn_cast<Block>(&item)) {
    return Key{block->keyword.text, block->name.text,
               block->name.empty() ? block->keyword.range : block->name.range};
  }
  if (const auto *property = llvm::dyn_cast<Property>(&item)) {
    return Key{property->modifier.empty() ? "key" : property->modifier.text,
               property->key.text, property->key.range};
  }
  if (const auto *kernel = llvm::dyn_cast<KernelItem>(&item)) {
    return Key{"kernel", kernel->kernel.name.text, kernel->kernel.name.range};
  }
  return std::nullopt;
}

/// Whether two kinds share one set of names.
bool sameFamily(llvm::StringRef a, llvm::StringRef b) {
  auto isLoop = [](llvm::StringRef kind) { return kind.ends_with("_loop"); };
  return a == b || (isKnowledge(a) && isKnowledge(b)) ||
         (isLoop(a) && isLoop(b));
}

/// Puts what \p base has and \p own lacks into \p own.
class Merger {
public:
  Merger(System &own, System &base, DiagnosticEngine &diags,
         std::vector<Override> &overrides)
      : own(own), base(base), diags(diags), overrides(overrides) {}

  void run() {
    std::vector<ItemPtr> spaces;
    std::vector<ItemPtr> rest;
    for (ItemPtr &item : base.items) {
      if (auto *space = llvm::dyn_cast<Space>(item.get())) {
        mergeSpace(*space);
        spaces.push_back(std::move(item));
      } else if (keep(*item)) {
        rest.push_back(std::move(item));
      }
    }
    std::vector<ItemPtr> items = std::move(spaces);
    for (auto *list : {&own.items, &rest}) {
      for (ItemPtr &item : *list) {
        items.push_back(std::move(item));
      }
    }
    own.items = std::move(items);
  }

private:
  System &own;
  System &base;
  DiagnosticEngine &diags;
  std::vector<Override> &overrides;

  void record(llvm::StringRef kind, llvm::StringRef name, SourceRange by,
              SourceRange of) {
    overrides.push_back({kind.str(), name.str(), by, of});
  }
  void refuse(llvm::StringRef name, llvm::StringRef kind, SourceRange by,
              llvm::StringRef other, SourceRange of) {
    auto error = diags.error(diag::err_override_kind, by)
                 << name << kind << other;
    error.note(of, "the item that it would replace is here");
  }

  void mergeSpace(Space &space);
  void mergeAxes(std::vector<ast::Axis> &axes, Space::Role role,
                 const std::string &prefix);
  bool isOverridden(const ast::Constraint &constraint);
  bool keep(Item &item);
  bool isOverridden(const Item &item,
                    llvm::ArrayRef<const std::vector<ItemPtr> *> lists);
};

/// Moves the axis at \p path out of \p axes; false if there is none.
bool takeAxis(std::vector<ast::Axis> &axes, llvm::StringRef path,
              std::optional<ast::Axis> &taken) {
  auto [first, rest] = path.split('.');
  for (auto it = axes.begin(); it != axes.end(); ++it) {
    if (it->name.text != first) {
      continue;
    }
    if (!rest.empty() && it->form == ast::Axis::Form::Nested) {
      return takeAxis(it->nested, rest, taken);
    }
    if (rest.empty()) {
      taken = std::move(*it);
      axes.erase(it);
      return true;
    }
  }
  return false;
}

void Merger::mergeAxes(std::vector<ast::Axis> &axes, Space::Role role,
                       const std::string &prefix) {
  for (ast::Axis &axis : axes) {
    std::string path = prefix + axis.name.text;
    for (const ItemPtr &item : own.items) {
      auto *space = llvm::dyn_cast<Space>(item.get());
      if (!space) {
        continue;
      }
      auto found = llvm::find_if(space->axes, [&](const ast::Axis &other) {
        return other.name.text == axis.name.text && prefix.empty();
      });
      bool nested = axis.form == ast::Axis::Form::Nested;
      if (found != space->axes.end() &&
          (space->role != role ||
           nested != (found->form == ast::Axis::Form::Nested))) {
        auto kindOf = [](Space::Role role, bool nested) {
          return std::string(role == Space::Role::Design ? "design"
                                                         : "tuning") +
                 (nested ? " group" : " axis");
        };
        refuse(path,
               kindOf(space->role, found->form == ast::Axis::Form::Nested),
               found->name.range, kindOf(role, nested), axis.name.range);
        space->axes.erase(found);
        continue;
      }
      if (space->role != role || nested) {
        continue;
      }
      std::optional<ast::Axis> taken;
      if (takeAxis(space->axes, path, taken)) {
        record("axis", path, taken->name.range, axis.name.range);
        axis = std::move(*taken);
      }
    }
    if (axis.form == ast::Axis::Form::Nested) {
      mergeAxes(axis.nested, role, path + ".");
    }
  }
}

bool Merger::isOverridden(const ast::Constraint &constraint) {
  if (constraint.reason.empty()) {
    return false;
  }
  for (const ast::Constraint *other : own.constraints()) {
    if (other->reason == constraint.reason) {
      record("constraint", other->reason, other->range, constraint.range);
      return true;
    }
  }
  return false;
}

void Merger::mergeSpace(Space &space) {
  mergeAxes(space.axes, space.role, "");
  llvm::erase_if(space.constraints, [&](const ast::Constraint &constraint) {
    return isOverridden(constraint);
  });
}

/// Whether one of \p lists has an item that takes the place of \p item.
bool Merger::isOverridden(const Item &item,
                          llvm::ArrayRef<const std::vector<ItemPtr> *> lists) {
  std::optional<Key> key = keyOf(item);
  if (!key) {
    return false;
  }
  for (const std::vector<ItemPtr> *list : lists) {
    for (const ItemPtr &other : *list) {
      std::optional<Key> its = keyOf(*other);
      if (!its || its->name != key->name || !sameFamily(its->kind, key->kind)) {
        continue;
      }
      std::string name = key->name.empty() ? key->kind : key->name;
      if (its->kind != key->kind) {
        refuse(name, its->kind, its->range, key->kind, key->range);
        return true;
      }
      const auto *kernel = llvm::dyn_cast<KernelItem>(other.get());
      const auto *old = llvm::dyn_cast<KernelItem>(&item);
      if (kernel && old && kernel->kernel.procedure && !old->kernel.procedure) {
        refuse(name, "kernel in pseudo-code", its->range, "compiled kernel",
               key->range);
        return true;
      }
      record(key->kind, name, its->range, key->range);
      return true;
    }
  }
  return false;
}

/// Whether \p item of the base stays, perhaps with fewer entries.
bool Merger::keep(Item &item) {
  if (const auto *constraint = llvm::dyn_cast<ConstraintItem>(&item)) {
    return !isOverridden(constraint->constraint);
  }
  auto *block = llvm::dyn_cast<Block>(&item);
  if (!block || !isContainer(*block)) {
    return !isOverridden(item, {&own.items});
  }
  std::vector<const std::vector<ItemPtr> *> lists;
  for (const Block *other : own.blocks(block->keyword.text)) {
    if (other->name.empty()) {
      lists.push_back(&other->items);
    }
  }
  llvm::erase_if(block->items, [&](const ItemPtr &entry) {
    return isOverridden(*entry, lists);
  });
  return true;
}

/// Reads the files that a file names, and those that they name.
class Collector {
public:
  Collector(TreeReader reader, DiagnosticEngine &diags, Inheritance &result)
      : reader(reader), diags(diags), result(result) {}

  bool complete(ast::File &file) {
    std::string path = file.source->name().str();
    chain.push_back({identityOf(path), path});
    bool good = takeAll(file);
    chain.pop_back();
    return good;
  }

private:
  struct Link {
    std::string identity;
    std::string shown;
  };
  TreeReader reader;
  DiagnosticEngine &diags;
  Inheritance &result;
  std::vector<Link> chain;

  static std::string identityOf(llvm::StringRef path) {
    llvm::SmallString<256> real;
    if (llvm::sys::fs::real_path(path, real)) {
      return path.str();
    }
    return real.str().str();
  }

  bool takeAll(ast::File &file);
  std::unique_ptr<ast::File> open(const ast::File &file, llvm::StringRef path,
                                  SourceRange range, Ancestor::How how);
};

std::unique_ptr<ast::File> Collector::open(const ast::File &file,
                                           llvm::StringRef path,
                                           SourceRange range,
                                           Ancestor::How how) {
  llvm::SmallString<256> full;
  if (!llvm::sys::path::is_absolute(path)) {
    full = llvm::sys::path::parent_path(file.source->name());
  }
  llvm::sys::path::append(full, path);
  llvm::sys::path::remove_dots(full, /*remove_dot_dot=*/false);
  std::string identity = identityOf(full);
  bool isLoop = llvm::any_of(
      chain, [&](const Link &link) { return link.identity == identity; });
  if (isLoop || chain.size() >= kMaxDepth) {
    std::string text;
    for (const Link &link : chain) {
      text += llvm::sys::path::filename(link.shown).str() + " -> ";
    }
    text += llvm::sys::path::filename(full);
    auto error = diags.error(diag::err_inherit_cycle, range) << text;
    error.help("take the common part into a file of its own");
    return nullptr;
  }
  llvm::Expected<std::unique_ptr<SourceFile>> source = SourceFile::open(full);
  if (!source) {
    auto error = diags.error(diag::err_file_read, range);
    error << full.str().str() << llvm::toString(source.takeError());
    error.help("the path is relative to the file that has it");
    return nullptr;
  }
  const SourceFile &opened = **source;
  result.ancestors.push_back({how, std::move(*source), range});
  unsigned before = diags.errorCount();
  std::unique_ptr<ast::File> tree = reader(opened, diags);
  if (!tree || diags.errorCount() != before) {
    return nullptr;
  }
  return complete(*tree) ? std::move(tree) : nullptr;
}

/// The facts and rules of \p file as a block of knowledge.
std::unique_ptr<Block> knowledgeOf(ast::File &file, const Import &import) {
  auto block = std::make_unique<Block>(import.range);
  block->keyword = {"knowledge", import.what.range};
  block->body = import.range;
  for (ItemPtr &item : file.system.items) {
    auto *section = llvm::dyn_cast<Block>(item.get());
    if (!section || section->keyword.text != "knowledge") {
      continue;
    }
    for (ItemPtr &entry : section->items) {
      const auto *one = llvm::dyn_cast_or_null<Block>(entry.get());
      if (one && (one->keyword.text == "fact" || one->keyword.text == "rule")) {
        block->items.push_back(std::move(entry));
      }
    }
    llvm::erase_if(section->items, [](const ItemPtr &e) { return !e; });
  }
  return block;
}

bool Collector::takeAll(ast::File &file) {
  bool good = true;
  for (const Import &import : file.system.imports) {
    if (import.what.text != "knowledge") {
      diags.error(diag::err_import_what, import.what.range) << import.what.text;
      good = false;
      continue;
    }
    std::unique_ptr<ast::File> other =
        open(file, import.path, import.pathRange, Ancestor::How::Imports);
    if (!other) {
      good = false;
      continue;
    }
    System taken;
    taken.items.push_back(knowledgeOf(*other, import));
    Merger(file.system, taken, diags, result.overrides).run();
  }
  if (!file.system.extends.empty()) {
    std::unique_ptr<ast::File> base =
        open(file, file.system.extends, file.system.extendsRange,
             Ancestor::How::Extends);
    if (!base) {
      return false;
    }
    Merger(file.system, base->system, diags, result.overrides).run();
  }
  return good;
}

} // namespace

const Ancestor *Inheritance::find(const SourceFile *source) const {
  for (const Ancestor &ancestor : ancestors) {
    if (ancestor.source.get() == source) {
      return &ancestor;
    }
  }
  return nullptr;
}

llvm::LogicalResult inherit(ast::File &file, TreeReader reader,
                            DiagnosticEngine &diags, Inheritance &result) {
  unsigned before = diags.errorCount();
  bool good = Collector(reader, diags, result).complete(file);
  return llvm::success(good && diags.errorCount() == before);
}

} // namespace spak::knowledge
