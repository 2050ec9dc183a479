// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the order help, version, run, messages, exit code.
#include "spak/Driver/Driver.h"

#include "CommandLine.h"
#include "Session.h"

#include "llvm/Config/llvm-config.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

namespace spak::driver {

namespace {

void printVersion(llvm::raw_ostream &os) {
  os << "spakc " << SPAK_VERSION << " (LLVM " << LLVM_VERSION_STRING << ")\n";
}

void printArchs(llvm::raw_ostream &os) {
  for (const device::Device &device : device::all()) {
    os << device.arch << "  " << device.name << "\n";
  }
}

int compile(const CompileOptions &options) {
  mlir::DefaultTimingManager timing;
  timing.setEnabled(options.timePasses);
  int code;
  {
    mlir::TimingScope scope = timing.getRootScope();
    Session session(options, scope);
    code = session.run();
    if (options.jsonDiagnostics) {
      session.diags.printJson(llvm::errs());
    } else {
      session.diags.printText(llvm::errs(),
                              llvm::sys::Process::StandardErrHasColors());
    }
  }
  return code;
}

} // namespace

int runCompiler(llvm::ArrayRef<const char *> arguments) {
  std::optional<Invocation> invocation =
      parseCommandLine(arguments, llvm::errs());
  if (!invocation) {
    return kUsage;
  }
  switch (invocation->action) {
  case Invocation::Action::Help:
    printHelp(llvm::outs());
    return kOk;
  case Invocation::Action::HelpMarkdown:
    printHelpMarkdown(llvm::outs());
    return kOk;
  case Invocation::Action::Version:
    printVersion(llvm::outs());
    return kOk;
  case Invocation::Action::ListArchs:
    printArchs(llvm::outs());
    return kOk;
  case Invocation::Action::Compile:
    return compile(invocation->options);
  }
  return kInternal;
}

} // namespace spak::driver
