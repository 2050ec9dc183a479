// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Which facts are about a target, and which of two is to be believed. Knows
// where a fact was found, not what it says.
#ifndef SPAK_KNOWLEDGE_FACTS_H
#define SPAK_KNOWLEDGE_FACTS_H

#include "spak/AST/System.h"
#include "spak/Device/Device.h"

#include <map>

namespace spak::knowledge {

/// Where, when and how surely something was found.
struct FactScope {
  std::string device;                   ///< product name; may be empty
  std::string arch;                     ///< may be empty
  std::string toolkit;                  ///< version; may be empty
  std::string dtype;                    ///< may be empty
  std::string date;                     ///< YYYY-MM-DD; may be empty
  std::map<std::string, int64_t> shape; ///< sizes that `shape:` gives
  double confidence = 1.0;
  /// `status: "stale since …"`, as spak-trace writes it where newer traces
  /// contradict the fact; empty otherwise.
  std::string stale;

  /// From the keys of a fact or a rule.
  static FactScope of(const ast::Block &block);
};

/// What is compiled for.
struct FactTarget {
  const device::Device *device = nullptr;
  std::string toolkit; ///< version; empty: not said
  std::map<std::string, int64_t> shape;
};

/// How near a fact is to a target: smaller numbers are nearer.
struct Nearness {
  bool applies = true;
  unsigned device = 0;  ///< 0 the same or none named, 1 another of the arch
  unsigned toolkit = 0; ///< 0 the same or none named, 1 another
  unsigned shape = 0;   ///< sizes that both give and that differ
  /// Why it does not apply, or what is not the same.
  std::string why;
};

/// Facts of other architectures do not apply; those of another device of the
/// same architecture, of another toolkit or of another shape do, but stand
/// back.
Nearness nearness(const FactScope &scope, const FactTarget &target);

/// True if \p a is to be believed rather than \p b: nearer, then newer, then
/// more confident. \p why (if given) says which of the three it was. False for
/// equals.
bool precedes(const FactScope &a, const Nearness &nearA, const FactScope &b,
              const Nearness &nearB, std::string *why = nullptr);

/// Whether two product names mean one product: "NVIDIA", "GeForce", spaces and
/// case do not count.
bool sameDevice(llvm::StringRef a, llvm::StringRef b);

/// Whether \p text is a year, a month or a day, with a time or none: texts that
/// compare as their dates do.
bool isDate(llvm::StringRef text);

/// The sizes in `M=4096, N = 1024`; what is no size is left out.
std::map<std::string, int64_t> parseShape(llvm::StringRef text);

} // namespace spak::knowledge

#endif // SPAK_KNOWLEDGE_FACTS_H
