// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the spak dialect itself and the classes that its definitions share.
// Must not know spak_cuda.
#ifndef SPAK_BASE
#define SPAK_BASE

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/BuiltinTypeInterfaces.td"
include "mlir/IR/BuiltinTypes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/LoopLikeInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Spak_Dialect : Dialect {
  let name = "spak";
  let cppNamespace = "::spak::ir";
  let summary = "What is computed, on tiles with named axes";
  let description = [{
    A kernel is a grid over ranges and indices; its body loads tiles from views,
    computes on them as values, and stores tiles. Axes have names, so `dot`,
    `reduce` and `broadcast` need no order of dimensions and nothing is ever
    transposed. Element-wise arithmetic on tiles is upstream `arith` and `math`.

    Decisions are written into the program: a layout is part of a tile's type,
    the others are attributes of the op that they are about. Passes then turn
    staged loads into rings and a kernel into roles, still on values: no
    barrier, counter or register is visible here. The k-th acquire or wait of a
    ring means its k-th slot.

    The attribute `spak.stage` may stand on any op of a loop's body, upstream
    ones too: it is discardable, and only the passes between plan-overlap and
    software-pipeline read it. A module may have `spak.target` and
    `spak.facts`; a kernel's arguments have `spak.name`, `spak.kind` and
    `spak.default`.
  }];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let extraClassDeclaration = "void registerTypes();";
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let extraClassDeclaration = [{
    /// The discardable attribute that says when an op of a loop's body runs.
    static constexpr ::llvm::StringLiteral kStageAttr = "spak.stage";
    /// The module's target (a TargetAttr) and facts (an array of FactAttr).
    static constexpr ::llvm::StringLiteral kTargetAttr = "spak.target";
    static constexpr ::llvm::StringLiteral kFactsAttr = "spak.facts";
    /// Of a kernel's argument: source name; "in", "out", "scalar" or "dim";
    /// the value of a scalar that the caller leaves out.
    static constexpr ::llvm::StringLiteral kNameAttr = "spak.name";
    static constexpr ::llvm::StringLiteral kKindAttr = "spak.kind";
    /// What an argument of kind "extent" is: a map over the dims in order.
    static constexpr ::llvm::StringLiteral kExtentAttr = "spak.extent";
    static constexpr ::llvm::StringLiteral kDefaultAttr = "spak.default";
    /// Of a function of the math dialect: "approximate", what the hardware
    /// has; or "absolute", right to a small absolute error.
    static constexpr ::llvm::StringLiteral kAccuracyAttr = "spak.accuracy";

  private:
    void registerAttributes();
    void registerTypes();

  public:
  }];
}

class Spak_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Spak_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

class Spak_Type<string name, string typeMnemonic, list<Trait> traits = []>
    : TypeDef<Spak_Dialect, name, traits> {
  let mnemonic = typeMnemonic;
}

/// An op without results, or one that names them itself.
class Spak_Op<string mnemonic, list<Trait> traits = []>
    : Op<Spak_Dialect, mnemonic, traits>;

/// An op whose results print with the name that their location gives.
class Spak_NamedOp<string mnemonic, list<Trait> traits = []>
    : Spak_Op<mnemonic, traits # [
        DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let extraClassDefinition = [{
    void $cppClass::getAsmResultNames(
        ::mlir::OpAsmSetValueNameFn setName) {
      ::spak::ir::nameResults(getOperation(), setName);
    }
  }];
}

#endif // SPAK_BASE
