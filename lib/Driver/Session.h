// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// One run of spakc over one input file. Private to the driver.
#ifndef SPAK_LIB_DRIVER_SESSION_H
#define SPAK_LIB_DRIVER_SESSION_H

#include "Output.h"
#include "spak/AST/AST.h"
#include "spak/AST/Dump.h"
#include "spak/Device/Device.h"
#include "spak/Driver/CompileOptions.h"
#include "spak/Driver/Driver.h"
#include "spak/Sema/Sema.h"
#include "spak/Support/Diagnostics.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Support/Timing.h"

#include <memory>

namespace spak::driver {

/// Owns what lives as long as a run: the source, its model, the context.
class Session {
public:
  Session(const CompileOptions &options, mlir::TimingScope &timing);

  /// Does what the options ask for. Returns an ExitCode; messages are in
  /// \ref diags.
  int run();

  DiagnosticEngine diags;

private:
  const CompileOptions &options;
  mlir::TimingScope &timing;
  std::unique_ptr<SourceFile> source;
  std::unique_ptr<ast::File> file;
  std::unique_ptr<sema::System> system;
  const device::Device *device = nullptr;
  std::unique_ptr<mlir::MLIRContext> context;
  std::vector<OutputFile> outputs;
  std::string outputFolder;
  /// Set where the reason is not a mistake in the input.
  int failure = kDiagnosed;

  bool open();
  bool parse();
  bool analyze();
  void makeContext();
  bool emitTree();
  /// --format and --format-check (Format.cpp).
  bool format();
  /// The answer to a question about the space (CountPoints.cpp).
  bool querySpace();
  bool chooseDevice(device::Device &chosen);
  bool compileSystem();
  bool compileIr();
  bool compilePoint(const space::Point &point, llvm::StringRef stem);
  /// From IR at the end of \p from to the outputs called \p stem.
  bool finish(mlir::ModuleOp module, Phase from, llvm::StringRef stem,
              llvm::StringRef pointText);
  bool runPasses(mlir::ModuleOp module, Phase from, Phase to);
  bool emitText(mlir::ModuleOp module, llvm::StringRef stem,
                llvm::StringRef pointText);
  bool simulate();
  /// Sizes of every dim of a kernel.
  using Shape = std::vector<std::pair<std::string, std::vector<int64_t>>>;
  /// What `--shape` says about \p kernel, generated in \p module.
  std::optional<Shape> shapeFor(mlir::ModuleOp module,
                                const ast::Kernel &kernel);
  /// Whether \p kernel is right at \p point; none if that cannot be said.
  std::optional<bool> simulateKernel(const ast::Kernel &kernel,
                                     const space::Point &point);
  bool writeAll();

  /// The phase at which the IR is what the user asked for.
  Phase lastPhase() const;
  /// Where the main output called \p stem goes, with \p extension.
  std::string outputPath(llvm::StringRef stem, llvm::StringRef extension) const;
};

} // namespace spak::driver

#endif // SPAK_LIB_DRIVER_SESSION_H
