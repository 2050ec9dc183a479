// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the command line that prints prepared spak_cuda as text. For tests and
// for people who edit IR by hand.
#include "spak/Dialect/Spak/IR/Spak.h"
#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"
#include "spak/Target/CudaCpp/CudaCpp.h"

#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/CommandLine.h"

using namespace mlir;

namespace {

llvm::cl::opt<std::string>
    sourceName("spak-source-name",
               llvm::cl::desc("file name that location comments quote"));
llvm::cl::opt<std::string>
    optionsText("spak-options-text",
                llvm::cl::desc("what the file's first lines say of options"));
llvm::cl::opt<bool> deviceHeaders(
    "spak-device-headers",
    llvm::cl::desc("include the device headers instead of copying them"));

void registerOne(llvm::StringRef flag, llvm::StringRef what,
                 std::string spak::cuda::Emitted::*part) {
  static std::vector<std::unique_ptr<TranslateFromMLIRRegistration>> kept;
  kept.push_back(std::make_unique<TranslateFromMLIRRegistration>(
      flag, what,
      [part](Operation *op, llvm::raw_ostream &os) -> LogicalResult {
        auto module = dyn_cast<ModuleOp>(op);
        if (!module) {
          return op->emitError("expected a module");
        }
        spak::cuda::EmitOptions options;
        options.sourceName = sourceName;
        options.options = optionsText;
        options.deviceHeaders = deviceHeaders;
        spak::cuda::Emitted emitted;
        if (failed(spak::cuda::emitCudaCpp(module, options, emitted))) {
          return failure();
        }
        os << emitted.*part;
        return success();
      },
      [](DialectRegistry &registry) {
        registry
            .insert<spak::cuda::SpakCudaDialect, spak::ir::SpakDialect,
                    arith::ArithDialect, math::MathDialect, scf::SCFDialect>();
      }));
}

} // namespace

int main(int argc, char **argv) {
  using spak::cuda::Emitted;
  registerOne("spak-cuda-to-cuda", "print the .cu", &Emitted::source);
  registerOne("spak-cuda-to-header", "print the C header", &Emitted::header);
  registerOne("spak-cuda-to-manifest", "print the manifest",
              &Emitted::manifest);
  return failed(mlirTranslateMain(argc, argv, "spak-translate"));
}
