// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// One launch function: parameter struct, checks, tensor maps, launch. The
// struct's declaration is printed once and used by the .cu and the header.
#ifndef SPAK_LIB_TARGET_CUDACPP_HOSTPRINTER_H
#define SPAK_LIB_TARGET_CUDACPP_HOSTPRINTER_H

#include "Expressions.h"
#include "TextWriter.h"

#include "llvm/ADT/DenseSet.h"

namespace spak::cuda {

/// What an argument of the host function is, from its attributes.
struct HostArgument {
  mlir::BlockArgument value;
  mlir::DictionaryAttr attrs;

  llvm::StringRef get(llvm::StringRef key) const;
  llvm::StringRef name() const { return get("spak.name"); }
  llvm::StringRef kind() const { return get("spak.kind"); }
  bool isWorkspace() const { return kind() == "workspace"; }
  bool isTensor() const {
    return mlir::isa<GlobalType>(value.getType()) && !isWorkspace();
  }
};

std::vector<HostArgument> hostArguments(HostOp host);

/// `bf16`, `f32`, …: the element's name in declarations and manifests.
llvm::StringRef elementName(mlir::Type type);

class HostPrinter {
public:
  HostPrinter(HostOp host, TextWriter &out, EmbeddedHeaders &headers);

  /// The struct and the functions' declarations, in C.
  void printDeclarations();
  /// The functions.
  mlir::LogicalResult printDefinitions();

private:
  mlir::LogicalResult printLaunch();
  mlir::LogicalResult printWorkspace();
  mlir::LogicalResult printSms(HostSmsOp op);
  mlir::LogicalResult printOp(mlir::Operation *op);
  mlir::LogicalResult printClusters(HostClustersOp op);
  mlir::LogicalResult printCheck(HostCheckOp op);
  mlir::LogicalResult printTensorMap(HostTensorMapOp op);
  mlir::LogicalResult printKernelLaunch(HostLaunchOp op);
  void printDefaults();

  HostOp host;
  TextWriter &out;
  EmbeddedHeaders &headers;
  ExpressionPrinter expressions;
  std::string name;
  /// What the workspace's size alone needs: no part of the launch.
  llvm::DenseSet<mlir::Operation *> ofWorkspace;
  bool inWorkspace = false;
};

} // namespace spak::cuda

#endif // SPAK_LIB_TARGET_CUDACPP_HOSTPRINTER_H
