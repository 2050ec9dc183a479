// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Parses a module, runs it, and collects what is diagnosed; and plain float64
// attention and product to compare with.
#ifndef SPAK_TEST_UNIT_SIMULATOR_HARNESS_H
#define SPAK_TEST_UNIT_SIMULATOR_HARNESS_H

#include "spak/Dialect/Spak/IR/Spak.h"
#include "spak/Simulator/Compare.h"
#include "spak/Simulator/Simulator.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>
#include <string>

namespace spak::sim {

/// Replaces every "$key" of \p text.
inline std::string
with(std::string text,
     const std::vector<std::pair<std::string, std::string>> &values) {
  for (const auto &[key, value] : values) {
    for (size_t at = text.find("$" + key); at != std::string::npos;
         at = text.find("$" + key)) {
      text.replace(at, key.size() + 1, value);
    }
  }
  return text;
}

/// \p text with the one \p from replaced by \p to.
inline std::string broken(std::string text, const std::string &from,
                          const std::string &to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  EXPECT_EQ(text.find(from, at + 1), std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

class SimulatorTest : public testing::Test {
protected:
  SimulatorTest() {
    context.loadDialect<ir::SpakDialect, mlir::arith::ArithDialect,
                        mlir::math::MathDialect, mlir::scf::SCFDialect,
                        mlir::affine::AffineDialect>();
    context.printOpOnDiagnostic(false);
    context.getDiagEngine().registerHandler([&](mlir::Diagnostic &diagnostic) {
      messages += diagnostic.str() + "\n";
      for (mlir::Diagnostic &note : diagnostic.getNotes()) {
        messages += "note: " + note.str() + "\n";
      }
    });
  }

  mlir::OwningOpRef<mlir::ModuleOp> parse(const std::string &text) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << messages;
    return module;
  }

  /// Arguments for the first kernel of \p module: poisoned outputs, inputs of
  /// \p kind.
  Arguments argumentsFor(mlir::ModuleOp module,
                         std::map<std::string, int64_t> dims,
                         InputKind kind = InputKind::Normal,
                         MemoryOrder order = MemoryOrder::RowMajor) {
    Arguments arguments;
    arguments.dims = std::move(dims);
    auto kernel = *module.getOps<ir::KernelOp>().begin();
    auto extents = extentsOf(module, kernel.getSymName(), arguments.dims);
    EXPECT_TRUE(llvm::succeeded(extents)) << messages;
    for (mlir::BlockArgument argument : kernel.getBody().getArguments()) {
      auto view = mlir::dyn_cast<ir::ViewType>(argument.getType());
      if (!view) {
        continue;
      }
      unsigned i = argument.getArgNumber();
      std::string name = kernel.getArgName(i);
      Format format = view.getElementType().isF32()    ? Format::F32
                      : view.getElementType().isF16()  ? Format::F16
                      : view.getElementType().isBF16() ? Format::BF16
                                                       : Format::S32;
      Tensor tensor = Tensor::make(name, format, (*extents)[name], order);
      if (kernel.getKind(i) == "in") {
        fill(tensor, kind, 42);
      }
      arguments.tensors[name] = std::move(tensor);
    }
    return arguments;
  }

  /// Runs the first kernel of \p module.
  mlir::LogicalResult simulate(mlir::ModuleOp module, Arguments &arguments,
                               Options options = {}) {
    auto kernel = *module.getOps<ir::KernelOp>().begin();
    return run(module, kernel.getSymName(), arguments, options);
  }

  mlir::MLIRContext context;
  std::string messages;
};

/// Float64 attention, row by row, of what an Arguments holds; bottom-right
/// causal. Q: [B, H, M, D]; K, V: [B, Hkv, N, D].
struct PlainAttention {
  std::vector<double> o, lse;

  PlainAttention(const Arguments &arguments, double scale, bool causal) {
    const Tensor &q = arguments.tensors.at("Q"), &k = arguments.tensors.at("K"),
                 &v = arguments.tensors.at("V");
    int64_t heads = q.extents[1], rows = q.extents[2], width = q.extents[3];
    int64_t keyHeads = k.extents[1], keys = k.extents[2];
    double infinity = std::numeric_limits<double>::infinity();
    for (int64_t b = 0; b < q.extents[0]; ++b) {
      for (int64_t h = 0; h < heads; ++h) {
        int64_t hk = h / (heads / keyHeads);
        for (int64_t m = 0; m < rows; ++m) {
          std::vector<double> s(keys), out(width, 0);
          double max = -infinity, sum = 0;
          for (int64_t n = 0; n < keys; ++n) {
            for (int64_t d = 0; d < width; ++d) {
              s[n] += q.data[q.offset({b, h, m, d})] *
                      k.data[k.offset({b, hk, n, d})];
            }
            s[n] = causal && n > m + keys - rows ? -infinity : s[n] * scale;
            max = std::max(max, s[n]);
          }
          for (int64_t n = 0; n < keys && max > -infinity; ++n) {
            double p = std::exp(s[n] - max);
            sum += p;
            for (int64_t d = 0; d < width; ++d) {
              out[d] += p * v.data[v.offset({b, hk, n, d})];
            }
          }
          for (double x : out) {
            o.push_back(sum == 0 ? 0 : x / sum);
          }
          lse.push_back(sum == 0 ? -infinity : max + std::log(sum));
        }
      }
    }
  }
};

} // namespace spak::sim

#endif // SPAK_TEST_UNIT_SIMULATOR_HARNESS_H
