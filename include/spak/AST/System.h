// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The system layer: blocks, properties, spaces. Sections that nobody has
// defined are blocks like any other. Knows no grades and no points.
#ifndef SPAK_AST_SYSTEM_H
#define SPAK_AST_SYSTEM_H

#include "spak/AST/Kernel.h"

#include "llvm/ADT/SmallVector.h"

namespace spak::ast {

enum class ItemKind : uint8_t {
  Property,
  Block,
  Space,
  Constraint,
  Kernel,
  Prose
};

/// What a system or a block holds.
struct Item {
  const ItemKind kind;
  SourceRange range;

  virtual ~Item() = default;

protected:
  Item(ItemKind kind, SourceRange range) : kind(kind), range(range) {}
};

using ItemPtr = std::unique_ptr<Item>;

template <ItemKind Kind>
struct ItemOf : Item {
  explicit ItemOf(SourceRange range) : Item(Kind, range) {}
  static bool classof(const Item *item) { return item->kind == Kind; }
};

/// `key: value`, `key`, `state key: type = value`, `return value`,
/// `parameter key: [values]`.
struct Property : ItemOf<ItemKind::Property> {
  using ItemOf::ItemOf;
  /// Words before the key: `state`, `parameter`; may be empty.
  Identifier modifier;
  /// The key; dots and quotes allowed. `return` for a returned expression.
  Identifier key;
  ExprPtr value; ///< null for a key alone
  /// The second half of `key: type = value`; may be null.
  ExprPtr initial;
};

/// `name: type` in the parentheses after a block's name.
struct BlockParam {
  Identifier name;
  ExprPtr type; ///< may be null
};

/// `kind name (params) matches { items }`. A key with a nested anonymous
/// block (`key { … }` and `key: { … }`) is a block of that kind without name.
struct Block : ItemOf<ItemKind::Block> {
  using ItemOf::ItemOf;
  Identifier keyword; ///< `fact`, `rule`, `step`, `tool.run`, …
  Identifier name;    ///< without quotes; may be empty
  bool quotedName = false;
  bool matches = false;
  bool hasBody = true; ///< false for `artifact "x"`
  std::vector<BlockParam> params;
  std::vector<ItemPtr> items;
  SourceRange body; ///< between the braces

  /// The body as written.
  llvm::StringRef text() const { return body.text(); }

  /// The first property \p key; null if there is none.
  const Property *find(llvm::StringRef key) const;
  /// Every property \p key, in order (`recommend:` may be repeated).
  llvm::SmallVector<const Property *, 4> findAll(llvm::StringRef key) const;
  /// The value of the property \p key if it is a string.
  std::optional<llvm::StringRef> string(llvm::StringRef key) const;
  /// The value of the property \p key if it is a number.
  std::optional<double> number(llvm::StringRef key) const;
  /// Blocks with the keyword \p keyword, in order.
  llvm::SmallVector<const Block *, 4> blocks(llvm::StringRef keyword) const;
};

/// Text that is neither property nor block, without the indentation that its
/// lines share. `range.text()` is what was written.
struct Prose : ItemOf<ItemKind::Prose> {
  using ItemOf::ItemOf;
  std::string text;
};

/// True for a section of a system that spakc reads. Every other one is prose
/// to it.
bool isDefinedSection(const Block &section);

/// A constraint among items.
struct ConstraintItem : ItemOf<ItemKind::Constraint> {
  using ItemOf::ItemOf;
  Constraint constraint;
};

/// `name: values`. A nested map has axes of its own.
///
///   key: [1, 2]        List of 2 values
///   key: range[a, b]   Range; `values` has the RangeExpr alone
///   key: true          Single
///   key: { sub: … }    Nested, also without colon
///   key                Empty
struct Axis {
  enum class Form : uint8_t { List, Range, Single, Nested, Empty };
  Form form = Form::Empty;
  SourceRange range;
  Identifier name;
  /// The elements of the list, the range, or the single value.
  std::vector<ExprPtr> values;
  SourceRange valueRange;
  std::vector<Axis> nested;
};

/// `design_space { … }` or `tuning_space { … }`.
struct Space : ItemOf<ItemKind::Space> {
  using ItemOf::ItemOf;
  enum class Role : uint8_t { Design, Tuning };
  Role role = Role::Design;
  Identifier keyword;
  Identifier name; ///< may be empty
  std::vector<Axis> axes;
  std::vector<Constraint> constraints;
};

/// A kernel among items.
struct KernelItem : ItemOf<ItemKind::Kernel> {
  using ItemOf::ItemOf;
  Kernel kernel;
};

/// `import what from "path"`.
struct Import {
  SourceRange range;
  Identifier what;
  std::string path;
  SourceRange pathRange;
};

/// `system name extends "path" { items }`.
struct System {
  SourceRange range;
  Identifier name;
  std::string extends; ///< path; may be empty
  SourceRange extendsRange;
  std::vector<Import> imports;
  std::vector<ItemPtr> items;

  /// Every space, in order.
  llvm::SmallVector<const Space *, 2> spaces() const;
  /// Every kernel, also those that are prose, in order.
  llvm::SmallVector<const Kernel *, 2> kernels() const;
  /// The kernel called \p name; null if there is none.
  const Kernel *findKernel(llvm::StringRef name) const;
  /// Blocks with the keyword \p keyword, in order.
  llvm::SmallVector<const Block *, 4> blocks(llvm::StringRef keyword) const;
  /// The invariants, facts, rules, hints and heuristics of all `knowledge`
  /// blocks, in order; \p keyword selects one kind, empty means all.
  llvm::SmallVector<const Block *, 8>
  knowledge(llvm::StringRef keyword = "") const;
  /// The constraints of the system and of its spaces, in order. Those of
  /// kernels are in the kernels.
  llvm::SmallVector<const Constraint *, 4> constraints() const;
};

/// `key: value` of the front matter.
struct FrontMatterEntry {
  Identifier key;
  /// One element for a scalar.
  std::vector<Identifier> values;
  bool isList = false;
  SourceRange range;
};

struct File {
  SourceRange range;
  const SourceFile *source = nullptr;
  std::vector<FrontMatterEntry> frontMatter;
  System system;
};

} // namespace spak::ast

#endif // SPAK_AST_SYSTEM_H
