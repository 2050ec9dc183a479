// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// From arguments to CompileOptions. Private to the driver.
#ifndef SPAK_LIB_DRIVER_COMMANDLINE_H
#define SPAK_LIB_DRIVER_COMMANDLINE_H

#include "spak/Driver/CompileOptions.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/raw_ostream.h"

namespace spak::driver {

/// What the command line asks for.
struct Invocation {
  enum class Action { Compile, Help, HelpMarkdown, Version, ListArchs };
  Action action = Action::Compile;
  CompileOptions options;
};

/// Parses \p arguments (response files are expanded). On a usage error prints
/// one line and a hint to \p errors and returns nullopt.
std::optional<Invocation>
parseCommandLine(llvm::ArrayRef<const char *> arguments,
                 llvm::raw_ostream &errors);

/// The text of `--help`, by category.
void printHelp(llvm::raw_ostream &os);

/// The same as the markdown of docs/CLI.md.
void printHelpMarkdown(llvm::raw_ostream &os);

} // namespace spak::driver

#endif // SPAK_LIB_DRIVER_COMMANDLINE_H
