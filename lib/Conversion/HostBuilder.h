// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Builds the launch function of one kernel.
#ifndef SPAK_LIB_CONVERSION_HOSTBUILDER_H
#define SPAK_LIB_CONVERSION_HOSTBUILDER_H

#include "Lowering.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"

namespace spak::conversion {

class HostBuilder {
public:
  HostBuilder(ir::KernelOp kernel, llvm::ArrayRef<DeviceArgument> arguments,
              WorkspaceSize workspaceSize, mlir::OpBuilder &builder);
  LogicalResult build(cuda::KernelOp device, bool persistent);

private:
  /// One argument per field of the parameter struct.
  void declare();
  mlir::LogicalResult checkArguments();
  void checkWorkspace();
  /// A scalar of the program, computed on the host.
  mlir::FailureOr<Value> value(Value source);
  mlir::FailureOr<Value> extent(mlir::BlockArgument tensor, int64_t axis);
  mlir::FailureOr<Value> tensorMap(const DeviceArgument &argument);
  void check(Value condition, int64_t code, const llvm::Twine &message);
  Value compare(mlir::arith::CmpIPredicate how, Value a, Value b);
  Value number(int64_t value);
  int64_t elementBytes(ir::ViewType view);
  bool byTensorMap(mlir::BlockArgument view);

  ir::KernelOp kernel;
  llvm::ArrayRef<DeviceArgument> arguments;
  WorkspaceSize workspaceSize;
  mlir::OpBuilder &builder;
  Location loc;
  cuda::HostOp host;
  /// The host's argument, where there is a workspace.
  Value workspace;
  llvm::DenseMap<Value, Value> values;
  llvm::DenseMap<std::pair<Value, int64_t>, Value> strides;
  llvm::DenseSet<Value> divisors;
};

} // namespace spak::conversion

#endif // SPAK_LIB_CONVERSION_HOSTBUILDER_H
