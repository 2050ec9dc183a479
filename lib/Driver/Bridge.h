// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Messages of passes, which speak MLIR locations, as messages of spakc, which
// show the line of the .dsl. Private to the driver.
#ifndef SPAK_LIB_DRIVER_BRIDGE_H
#define SPAK_LIB_DRIVER_BRIDGE_H

#include "spak/Support/Diagnostics.h"

#include "mlir/IR/Diagnostics.h"

#include <vector>

namespace spak::driver {

/// The word at \p loc in the one of \p sources that it names; no range if it
/// names none.
SourceRange rangeOf(mlir::Location loc,
                    llvm::ArrayRef<const SourceFile *> sources);

/// While it lives, every MLIR diagnostic of the context goes to the engine.
class DiagnosticBridge {
public:
  /// \p sources are the files that locations name; none for IR as input.
  DiagnosticBridge(mlir::MLIRContext &context,
                   std::vector<const SourceFile *> sources,
                   DiagnosticEngine &diags);
  ~DiagnosticBridge();

private:
  void deliver(mlir::Diagnostic &diagnostic);
  /// The place of \p loc in words, for locations outside the source.
  std::string placeOf(mlir::Location loc) const;

  mlir::MLIRContext &context;
  std::vector<const SourceFile *> sources;
  DiagnosticEngine &diags;
  mlir::DiagnosticEngine::HandlerID handler;
};

} // namespace spak::driver

#endif // SPAK_LIB_DRIVER_BRIDGE_H
