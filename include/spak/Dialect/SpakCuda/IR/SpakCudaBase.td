// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the spak_cuda dialect, its types and attributes. Must not know what a
// kernel computes, nor any shared layout: it sees only their results (byte
// offsets, strides, register patterns).
#ifndef SPAK_CUDA_BASE
#define SPAK_CUDA_BASE

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def SpakCuda_Dialect : Dialect {
  let name = "spak_cuda";
  let cppNamespace = "::spak::cuda";
  let summary = "What one thread block does, one op per construct of the text";
  let description = [{
    The last dialect before the text. Registers are fragments (one SSA value of
    array type), shared memory is named byte buffers, rings carry a running
    counter, and the order of the operations is the order of the instructions.
    Scalars use `arith` and `math` with i32 indices; control flow is `scf`.
  }];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect"
  ];
}

class SpakCuda_Type<string name, string typeMnemonic>
    : TypeDef<SpakCuda_Dialect, name> {
  let mnemonic = typeMnemonic;
}

class SpakCuda_Attr<string name, string attrMnemonic>
    : AttrDef<SpakCuda_Dialect, name> {
  let mnemonic = attrMnemonic;
}

class SpakCuda_Op<string mnemonic, list<Trait> traits = []>
    : Op<SpakCuda_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

def SpakCuda_PatternAttr : SpakCuda_Attr<"Pattern", "pattern"> {
  let summary = "register index to integer, by digits";
  let description = [{
    Splits a register index into digits, fastest first, and sums digit times
    stride: `<[2:1, 2:0, 22:8]>` is `i % 2 + i / 4 * 8`. The product of the
    extents is the number of registers it is defined for.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$extents,
                        ArrayRefParameter<"int64_t">:$strides);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The product of the extents: how many registers the pattern covers.
    int64_t size() const;
    /// The value for register \p index; `0 <= index < size()`.
    int64_t evaluate(int64_t index) const;
    /// The largest value over all registers.
    int64_t maximum() const;
    /// True if every register maps to itself.
    bool isIdentity() const;
  }];
}

def SpakCuda_DescAttr : SpakCuda_Attr<"Desc", "desc"> {
  let summary = "how a wgmma operand walks through shared memory";
  let description = [{
    The constant part of a wgmma matrix descriptor (all in bytes) and how the
    start address moves over the k-steps of 16: step k starts at
    `k / ksteps_per_slab * slab + k % ksteps_per_slab * kstep`. `transposed`
    is the MN-major bit.
  }];
  let parameters = (ins "int64_t":$lbo, "int64_t":$sbo, "int64_t":$swizzle,
                        "int64_t":$kstep, "int64_t":$ksteps_per_slab,
                        "int64_t":$slab, "bool":$transposed);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

def SpakCuda_FragType : SpakCuda_Type<"Frag", "frag"> {
  let summary = "the registers a thread holds of one tile";
  let description = [{
    `count` registers of one element type. A packed element is a
    `vector<2xbf16>` or `vector<2xf16>`: one 32-bit register.
  }];
  let parameters = (ins "int64_t":$count, "::mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// True for 2 x 16 bit in one register.
    bool isPacked() const {
      return ::mlir::isa<::mlir::VectorType>(getElementType());
    }
  }];
}

def SpakCuda_SmemType : SpakCuda_Type<"Smem", "smem"> {
  let summary = "a shared-memory buffer: slots of equal size";
  let parameters = (ins "int64_t":$slots, "int64_t":$bytes,
                        "::mlir::Type":$elementType);
  let assemblyFormat = "`<` $slots `x` $bytes `bytes` `of` $elementType `>`";
}

def SpakCuda_RingType : SpakCuda_Type<"Ring", "ring"> {
  let summary = "full/empty barrier pairs of a ring of slots";
  let parameters = (ins "int64_t":$slots);
  let assemblyFormat = "`<` $slots `>`";
}

def SpakCuda_GlobalType : SpakCuda_Type<"Global", "global"> {
  let summary = "a pointer to global memory";
  let parameters = (ins "::mlir::Type":$elementType);
  let assemblyFormat = "`<` $elementType `>`";
}

def SpakCuda_TensorMapType : SpakCuda_Type<"TensorMap", "tmap"> {
  let summary = "a TMA tensor map, passed to the kernel by value";
}

#endif // SPAK_CUDA_BASE
