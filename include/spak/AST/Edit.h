// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Edits of a file's text: what a tool writes back touches no byte but its own.
// An edit is computed from the tree of the unchanged text, and replaces one
// range of it. Comments, lay-out and every other entry stay as they are.
//
//   auto file = frontend::parse(source, diags);
//   const ast::Block *knowledge = file->system.blocks("knowledge").front();
//   std::vector<ast::TextEdit> edits;
//   edits.push_back(ast::insertEntry(*knowledge,
//       "fact f {\n    confidence: 0.9\n}"));
//   edits.push_back(ast::setProperty(*oldFact, "status", "\"stale\""));
//   std::string text = ast::applyEdits(source.text(), std::move(edits));
//
// A new entry is written with four spaces for each level of its own, no
// indentation outside and no line break at its end; it takes over the
// indentation and the line ends of its surroundings. Several edits of one tree
// may be applied together; entries inserted at one place come in the order of
// the edits. Whoever writes the text to a file should parse it once more first.
#ifndef SPAK_AST_EDIT_H
#define SPAK_AST_EDIT_H

#include "spak/AST/AST.h"

namespace spak::ast {

/// The bytes [begin, end) become \p text; `begin == end` inserts.
struct TextEdit {
  uint32_t begin = 0; ///< byte
  uint32_t end = 0;   ///< byte
  std::string text;
};

/// \p text with \p edits, which must not overlap. Those at the same place are
/// applied in their order.
std::string applyEdits(llvm::StringRef text, std::vector<TextEdit> edits);

/// Adds \p entry as the last one of \p block. A block without body gets one.
TextEdit insertEntry(const Block &block, llvm::StringRef entry);

/// Adds \p entry as the last one of \p system.
TextEdit insertEntry(const System &system, llvm::StringRef entry);

/// Adds \p entry on the lines after \p item, with the same indentation.
TextEdit insertAfter(const Item &item, llvm::StringRef entry);

/// Gives \p property the value \p value, as it is to be written: a text needs
/// its quotes, see \ref quote. A type or a first value beside it stays.
TextEdit replaceValue(const Property &property, llvm::StringRef value);

/// Gives the first property \p key of \p block the value \p value, or adds the
/// property if there is none.
TextEdit setProperty(const Block &block, llvm::StringRef key,
                     llvm::StringRef value);

/// Takes \p item away, with its lines if nothing else stands on them.
TextEdit removeItem(const Item &item);

/// \p text as a string of the language: in quotes, with escapes. Reading it
/// gives \p text back.
std::string quote(llvm::StringRef text);

/// The text of \p range without the indentation that all of its lines but the
/// first share (the first too, if nothing stands before it on its line), with
/// `\n` as line end and empty lines empty.
std::string dedented(SourceRange range);

} // namespace spak::ast

#endif // SPAK_AST_EDIT_H
