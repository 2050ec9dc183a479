// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The `trace_schema` of a system, and traces against it. Knows no figures.
#ifndef SPAK_TRACE_SCHEMA_H
#define SPAK_TRACE_SCHEMA_H

#include "spak/AST/AST.h"
#include "spak/Trace/Trace.h"

namespace spak::trace {

struct SchemaField {
  enum class Type : uint8_t { Text, Int, Float, Truth, Union, Any };
  std::string name;
  Type type = Type::Any;
  std::vector<std::string> alternatives; ///< of a union
  SourceRange range;
};

struct SchemaCase {
  std::string name;
  std::vector<SchemaField> fields;
  SourceRange range;
};

/// Every case of every variant, in order.
struct Schema {
  std::vector<SchemaCase> cases;

  const SchemaCase *find(llvm::StringRef name) const;
};

/// The schema that \p file declares. Errors: SPK5015 if it has no case;
/// warning: SPK5020 for a type nobody defined.
std::optional<Schema> readSchema(const ast::File &file,
                                 DiagnosticEngine &diags);

/// Checks every item of \p trace that has a type. Every field of a case must
/// be there. Errors: SPK5016 to SPK5018, at the item or the value, with the
/// schema's place; warning: SPK5019. Returns the number of items that fit.
size_t validate(const Trace &trace, const Schema &schema,
                DiagnosticEngine &diags);

} // namespace spak::trace

#endif // SPAK_TRACE_SCHEMA_H
