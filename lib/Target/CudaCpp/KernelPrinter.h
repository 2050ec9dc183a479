// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// One kernel as a __global__ function: one statement per op. Decides nothing.
#ifndef SPAK_LIB_TARGET_CUDACPP_KERNELPRINTER_H
#define SPAK_LIB_TARGET_CUDACPP_KERNELPRINTER_H

#include "Expressions.h"
#include "TextWriter.h"

#include "spak/Target/CudaCpp/CudaCpp.h"

namespace spak::cuda {

class KernelPrinter {
public:
  KernelPrinter(KernelOp kernel, const EmitOptions &options, TextWriter &out,
                EmbeddedHeaders &headers)
      : kernel(kernel), options(options), out(out), headers(headers),
        expressions(Target::Device, headers) {}

  mlir::LogicalResult print();

private:
  using Result = mlir::LogicalResult;

  // Structure and control (KernelPrinter.cpp).
  Result printSignature();
  Result printBlock(mlir::Block &block);
  Result printOp(mlir::Operation *op);
  Result printRoles(RolesOp roles);
  Result printRole(RoleOp role);
  Result printClaim(ClaimOp claim);
  Result printTake(TakeOp take);
  Result printFor(mlir::scf::ForOp loop);
  Result printIf(mlir::scf::IfOp branch);
  Result printYield(mlir::Operation *yield, mlir::ValueRange targets);
  Result printScalar(mlir::Operation *op);
  Result printId(mlir::Operation *op, const llvm::Twine &text);
  Result printRing(RingOp ring);
  Result printRingInit();
  void printLocation(mlir::Operation *op);
  /// `const T name = text;`
  void constant(mlir::Value value, const llvm::Twine &text);

  // Copies and shared memory (CopyStatements.cpp).
  Result printTmaLoad(TmaLoadOp op);
  Result printTmaStore(TmaStoreOp op);
  Result printStMatrix(StMatrixOp op);
  Result printLdMatrix(LdMatrixOp op);
  /// Opens a block in which `row` is the row that a lane addresses.
  Result openRows(mlir::Value first);
  Result printLoadFrag(LoadFragOp op);
  Result printStoreFrag(StoreFragOp op);

  // PartialStatements.cpp
  Result printLeave(PartialLeaveOp op);
  Result printTake(PartialTakeOp op);
  Result printAddPartial(PartialAddOp op);
  /// The shared address of a slot: `sK + slot * 32768 + offset`.
  std::optional<std::string> address(mlir::Value smem, mlir::Value slot,
                                     int64_t offset, mlir::Value extra);
  /// The coordinates as arguments, each with a comma in front.
  std::optional<std::string> coordinates(mlir::ValueRange coords);
  struct Access {
    std::string origin; ///< the address before the loop
    std::string condition;
    std::string offset;
  };
  void openAccess(const Access &where, bool pinned = false);
  std::optional<Access> access(mlir::ValueRange coords,
                               mlir::ArrayAttr patterns,
                               mlir::ValueRange strides,
                               mlir::ValueRange limits, mlir::Value when,
                               mlir::Value base, const std::string &pointer);

  // Fragments and the tensor core (FragmentStatements.cpp).
  Result printFill(FragFillOp op);
  Result printMap(MapOp op);
  Result printMapOfFours(MapOp op);
  Result printMapBody(MapOp op,
                      llvm::function_ref<bool(mlir::Operation *)> isPart,
                      const llvm::Twine &target, mlir::Value value);
  Result printRowReduce(RowReduceOp op);
  Result printReduceOfRow(RowReduceOp op);
  Result printLaneReduce(LaneReduceOp op);
  Result printPack(PackOp op);
  Result printUnpack(UnpackOp op);
  Result printWgmmaSS(WgmmaSSOp op);
  void openBlock(mlir::Value bits, int64_t index);
  Result printWgmmaRS(WgmmaRSOp op);
  Result printFence(WgmmaFenceOp op);
  Result printWait(WgmmaWaitOp op);
  void printRegisterFences(mlir::ValueRange frags);
  void openUnrolled(llvm::StringRef index, int64_t count, int64_t first = 0);
  /// Opens the loop over registers `i`: all \p count, or those that \p only
  /// names (MapOp).
  void openRegisters(int64_t count,
                     std::optional<llvm::ArrayRef<int64_t>> only);
  void printDescriptor(llvm::StringRef name, DescAttr desc,
                       const llvm::Twine &address);
  std::string combined(llvm::StringRef kind, const llvm::Twine &a,
                       const llvm::Twine &b);

  std::optional<std::string> text(mlir::Value value,
                                  Strength context = Strength::Conditional) {
    return expressions.text(value, context);
  }
  /// The same where only the bits count: addresses, ring counters.
  std::optional<std::string> bits(mlir::Value value,
                                  Strength context = Strength::Conditional) {
    auto expression = expressions.print(value);
    if (!expression) {
      return std::nullopt;
    }
    return expression->in(context);
  }
  static std::string name(mlir::Value value) {
    return variableName(value).str();
  }

  KernelOp kernel;
  const EmitOptions &options;
  TextWriter &out;
  EmbeddedHeaders &headers;
  ExpressionPrinter expressions;
  llvm::StringSet<> declared; ///< scalars that are in scope
  int64_t firstWarp = 0;      ///< of the role being printed
  unsigned lastLine = 0;
};

} // namespace spak::cuda

#endif // SPAK_LIB_TARGET_CUDACPP_KERNELPRINTER_H
