// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// One run of spakc over one input file. Private to the driver.
#ifndef SPAK_LIB_DRIVER_SESSION_H
#define SPAK_LIB_DRIVER_SESSION_H

#include "Output.h"
#include "spak/AST/AST.h"
#include "spak/AST/Dump.h"
#include "spak/Device/Rates.h"
#include "spak/Driver/CompileOptions.h"
#include "spak/Driver/Driver.h"
#include "spak/Knowledge/Inheritance.h"
#include "spak/Sema/Sema.h"
#include "spak/Support/Diagnostics.h"
#include "spak/Toolchain/Toolchain.h"
#include "spak/Trace/Trace.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Support/Timing.h"

#include <memory>

namespace spak::sim {
struct Report;
} // namespace spak::sim

namespace spak::sema {
struct SpaceModel;
} // namespace spak::sema

namespace spak::space {
class Counter;
struct Ledger;
struct LedgerEntry;
} // namespace spak::space

namespace spak::driver {

struct PointOutcome;

struct GuideData;
struct GuideKernel;
struct GuideOutput;
struct GuidePoint;
struct GuideSpace;

/// Half of the MD5 of \p text, in hexadecimal digits.
std::string hashOf(llvm::StringRef text);

/// What is known of one sentence of an invariant.
struct InvariantFinding {
  const sema::KnowledgeItem *item = nullptr;
  const sema::Clause *clause = nullptr;
  knowledge::Standing standing = knowledge::Standing::Open;
  std::string why;
  std::string kernel; ///< that was asked; empty: the space
};

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
  /// The device that facts, rules and limits are matched with.
  device::Device chosenDevice{};
  sema::PointRequest asked;
  /// What `--device-rates` says, and where; else the table's row is asked.
  std::optional<device::Rates> measuredRates;
  std::string ratesSource;
  std::unique_ptr<SourceFile> ratesFile;
  knowledge::Inheritance inheritance;
  /// What is known of each invariant, by its place, for \ref explain.
  std::vector<InvariantFinding> findings;
  std::unique_ptr<mlir::MLIRContext> context;
  std::vector<OutputFile> outputs;
  std::shared_ptr<GuideOutput> guide; ///< once it was asked for
  std::vector<std::unique_ptr<SourceFile>> traceSources;
  trace::Trace traces;
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
  bool readRequest();
  bool readTraces();
  bool readRates();
  /// How fast the device is; null if nothing says (CardRates.cpp).
  const device::Rates *rates() const;
  /// The input, and what it takes from.
  std::vector<const SourceFile *> allSources() const;
  /// What was made of each item of knowledge (Explain.cpp).
  bool explain();
  /// Whether every invariant that can be decided on \p module holds at
  /// \p point (Invariants.cpp). Takes launch checks away that are proved.
  bool checkInvariants(mlir::ModuleOp module, const space::Point &point);
  /// Asks what was simulated after \p phase once more whatever an earlier
  /// phase answered; true unless it says no (Invariants.cpp).
  bool askAgain(mlir::ModuleOp module, Phase phase, const space::Point &point);
  bool decideFormal(const space::Point &point);
  bool decideLaunchChecks(mlir::ModuleOp module);
  bool settle(llvm::StringRef name, mlir::Location loc,
              InvariantFinding finding);
  bool settle(const sema::KnowledgeItem &item, const sema::Clause &clause,
              InvariantFinding finding, SourceRange culprit = {});
  bool ask(const sema::KnowledgeItem &item, const sema::Clause &clause,
           mlir::Operation *kernel, const space::Point &point);
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
  /// How the toolchain is called, but for the artifact.
  toolchain::CudaOptions cudaOptions() const;
  bool emitText(mlir::ModuleOp module, llvm::StringRef stem,
                llvm::StringRef pointText);
  bool simulate();
  /// `--emit=guide` (Guide.cpp).
  bool emitGuide();
  std::optional<GuideOutput> guideOutput();
  bool gatherGuide(GuideData &data);
  void gatherSpace(GuideSpace &result);
  std::vector<GuidePoint> guidePoints(const space::Point &chosen);
  void budgetPoint(GuidePoint &result);
  void simulateForGuide(const space::Point &point, GuideKernel &kernel);
  /// `--build` (Build.cpp).
  bool buildArtifacts();
  bool buildArtifact(const ast::Block &artifact, llvm::StringRef place);
  std::string buildContent(const ast::Block &artifact);
  bool buildSource(llvm::StringRef place);
  std::vector<std::string> sectionsOf(llvm::StringRef part) const;
  std::optional<std::string> tracePart(llvm::StringRef part);
  std::string knowledgeText(llvm::StringRef name) const;
  /// Sizes of every dim of a kernel.
  using Shape = std::vector<std::pair<std::string, std::vector<int64_t>>>;
  /// What `--shape` says about \p kernel, generated in \p module.
  std::optional<Shape> shapeFor(mlir::ModuleOp module,
                                const ast::Kernel &kernel);
  /// Whether \p kernel is right at \p point; none if that cannot be said.
  std::optional<bool> simulateKernel(const ast::Kernel &kernel,
                                     const space::Point &point);
  /// The simulations of \p kernel at \p point; none if they cannot be had.
  std::optional<sim::Report> simulationOf(const ast::Kernel &kernel,
                                          const space::Point &point);
  /// `--all-points` (AllPoints.cpp).
  bool allPoints();
  bool toolchainAnswers();
  bool openLedger(const sema::SpaceModel &model, const space::Counter &counter,
                  space::Ledger &ledger);
  bool closeLedger(space::Ledger &ledger, std::vector<PointOutcome> &outcomes);
  static void visitPoint(const CompileOptions &all, PointOutcome &outcome);
  bool prepareMeasuring();
  static void explainFailure(const CompileOptions &mine,
                             mlir::TimingScope &scope,
                             space::LedgerEntry &entry);
  mlir::OwningOpRef<mlir::ModuleOp> measure(const space::Point &point,
                                            const device::Device &made,
                                            space::LedgerEntry &entry);
  void judgePoint(const space::Point &point, PointOutcome &outcome);
  bool assemble(PointOutcome &outcome);
  bool writeAll();

  /// The phase at which the IR is what the user asked for.
  Phase lastPhase() const;
  /// Where the main output called \p stem goes, with \p extension.
  std::string outputPath(llvm::StringRef stem, llvm::StringRef extension) const;
};

} // namespace spak::driver

#endif // SPAK_LIB_DRIVER_SESSION_H
