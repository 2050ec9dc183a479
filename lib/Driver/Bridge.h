// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Messages of passes, which speak MLIR locations, as messages of spakc, which
// show the line of the .dsl. Private to the driver.
#ifndef SPAK_LIB_DRIVER_BRIDGE_H
#define SPAK_LIB_DRIVER_BRIDGE_H

#include "spak/Support/Diagnostics.h"

#include "mlir/IR/Diagnostics.h"

namespace spak::driver {

/// While it lives, every MLIR diagnostic of the context goes to the engine.
class DiagnosticBridge {
public:
  /// \p source is the file that locations name; may be null (IR as input).
  DiagnosticBridge(mlir::MLIRContext &context, const SourceFile *source,
                   DiagnosticEngine &diags);
  ~DiagnosticBridge();

private:
  void deliver(mlir::Diagnostic &diagnostic);
  SourceRange rangeOf(mlir::Location loc) const;
  /// The place of \p loc in words, for locations outside the source.
  std::string placeOf(mlir::Location loc) const;

  mlir::MLIRContext &context;
  const SourceFile *source;
  DiagnosticEngine &diags;
  mlir::DiagnosticEngine::HandlerID handler;
};

} // namespace spak::driver

#endif // SPAK_LIB_DRIVER_BRIDGE_H
