// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: kernels, roles, thread ids and what exists for the text only.
#ifndef SPAK_CUDA_STRUCTURE_OPS
#define SPAK_CUDA_STRUCTURE_OPS

include "spak/Dialect/SpakCuda/IR/SpakCudaBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"

class SpakCuda_FunctionOp<string mnemonic>
    : SpakCuda_Op<mnemonic, [IsolatedFromAbove, FunctionOpInterface]> {
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  code functionMethods = [{
    ::mlir::ArrayRef<::mlir::Type> getArgumentTypes() {
      return getFunctionType().getInputs();
    }
    ::mlir::ArrayRef<::mlir::Type> getResultTypes() {
      return getFunctionType().getResults();
    }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
    ::mlir::Block *getEntryBlock() { return &getBody().front(); }
  }];
}

def SpakCuda_KernelOp : SpakCuda_FunctionOp<"kernel"> {
  let summary = "a __global__ function";
  let description = [{
    The symbol is the entry's name in the text. Arguments are tensor maps,
    global pointers and scalars (i32, i64, f32), each with `spak.name`. The
    block is one-dimensional with `threads` threads. `smem_bytes` is the
    dynamic shared memory, set by allocate-shared. `cluster` neighbouring
    blocks form a cluster; `registers` is what a thread has at launch, where
    the roles' `maxnreg` is to be held against it.
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name,
    TypeAttrOf<FunctionType>:$function_type,
    OptionalAttr<DictArrayAttr>:$arg_attrs,
    OptionalAttr<DictArrayAttr>:$res_attrs,
    I64Attr:$threads,
    DefaultValuedAttr<I64Attr, "1">:$min_blocks,
    OptionalAttr<I64Attr>:$smem_bytes,
    DefaultValuedAttr<I64Attr, "1">:$cluster,
    OptionalAttr<I64Attr>:$registers,
    OptionalAttr<DictionaryAttr>:$point);
  let skipDefaultBuilders = 1;
  let builders = [
    // Creates the entry block with one argument per type of `type`.
    OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::FunctionType":$type,
                   "::llvm::ArrayRef<::mlir::DictionaryAttr>":$argAttrs,
                   "int64_t":$threads, CArg<"int64_t", "1">:$minBlocks)>
  ];
  let extraClassDeclaration = functionMethods;
}

def SpakCuda_HostOp : SpakCuda_FunctionOp<"host"> {
  let summary = "the launch function";
  let description = [{
    The symbol is the kernel's name for users: `k` gives `k_params`, `k_launch`
    and so on. One argument per field of the parameter struct:
    - tensors: `!spak_cuda.global<T>` with `spak.name`, `spak.kind = "in"|"out"`,
      `spak.axes = ["B", …]` and `spak.extents = ["B", …, 128]` (a dim's name or
      a number, one per axis), `spak.align` (bytes, default 16);
    - strides: i64 with `spak.kind = "stride"`, `spak.tensor`, `spak.axis`, in
      elements, one for each axis but the last;
    - scalars: `spak.kind = "scalar"`, optional `spak.default`;
    - dims: i64 with `spak.kind = "dim"` and `spak.name`;
    - the workspace, last: `!spak_cuda.global<i32>` with
      `spak.kind = "workspace"`. The kernel's argument has the kind too.
    The body runs checks, makes tensor maps and ends with a launch.
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name,
    TypeAttrOf<FunctionType>:$function_type,
    OptionalAttr<DictArrayAttr>:$arg_attrs,
    OptionalAttr<DictArrayAttr>:$res_attrs,
    OptionalAttr<DictionaryAttr>:$point);
  let skipDefaultBuilders = 1;
  let builders = [
    OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::FunctionType":$type,
                   "::llvm::ArrayRef<::mlir::DictionaryAttr>":$argAttrs)>
  ];
  let extraClassDeclaration = functionMethods;
}

def SpakCuda_ReturnOp : SpakCuda_Op<"return", [Terminator, Pure, ReturnLike]> {
  let summary = "ends a kernel or host function";
  let assemblyFormat = "attr-dict";
}

def SpakCuda_YieldOp : SpakCuda_Op<"yield", [Terminator, Pure, ReturnLike]> {
  let summary = "ends a region of this dialect";
  let arguments = (ins Variadic<AnyType>:$values);
  let builders = [
    OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange{}); }]>
  ];
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def SpakCuda_RolesOp
    : SpakCuda_Op<"roles", [SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "splits the block's warps into roles";
  let description = [{
    Holds `role` ops only. Prints as one if/else chain on the warpgroup index.
  }];
  let regions = (region SizedRegion<1>:$body);
  let builders = [OpBuilder<(ins)>];
  let skipDefaultBuilders = 1;
  let hasRegionVerifier = 1;
  let assemblyFormat = "attr-dict-with-keyword $body";
}

def SpakCuda_RoleOp
    : SpakCuda_Op<"role", [SingleBlockImplicitTerminator<"YieldOp">,
                           NoRegionArguments, HasParent<"RolesOp">]> {
  let summary = "what the warps of one role do";
  let description = [{
    Warps `first_warp` to `first_warp + warps - 1`, whole warpgroups. `maxnreg`
    is the register count per thread asked of the hardware; `grow` says that it
    is above what the launch gives. `one_thread` runs the body on one elected
    thread of the role's first warp: no aligned instruction may stand in it.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$first_warp,
                       I64Attr:$warps, OptionalAttr<I64Attr>:$maxnreg,
                       UnitAttr:$grow, UnitAttr:$one_thread);
  let regions = (region SizedRegion<1>:$body);
  let skipDefaultBuilders = 1;
  let builders = [
    OpBuilder<(ins "::llvm::StringRef":$name, "int64_t":$firstWarp,
                   "int64_t":$warps, "std::optional<int64_t>":$maxnreg,
                   "bool":$grow, "bool":$oneThread)>
  ];
  let hasVerifier = 1;
  let assemblyFormat = [{
    $sym_name `warps` $first_warp `for` $warps (`maxnreg` $maxnreg^)?
    (`grow` $grow^)? (`one_thread` $one_thread^)? attr-dict-with-keyword $body
  }];
}

//===----------------------------------------------------------------------===//
// Ids
//===----------------------------------------------------------------------===//

class SpakCuda_IdOp<string mnemonic, string text>
    : SpakCuda_Op<mnemonic, [Pure]> {
  let summary = text;
  let results = (outs I32:$result);
  let builders = [OpBuilder<(ins), [{
    build($_builder, $_state, $_builder.getI32Type());
  }]>];
  let assemblyFormat = "attr-dict";
}

def SpakCuda_LaneOp : SpakCuda_IdOp<"lane", "thread's index in its warp">;
def SpakCuda_WarpInGroupOp
    : SpakCuda_IdOp<"warp_in_group", "warp's index in its warpgroup (uniform)">;
def SpakCuda_GroupInRoleOp
    : SpakCuda_IdOp<"group_in_role", "warpgroup's index in its role (uniform)">;
def SpakCuda_ThreadInGroupOp
    : SpakCuda_IdOp<"thread_in_group", "thread's index in its warpgroup">;
def SpakCuda_ThreadInRoleOp
    : SpakCuda_IdOp<"thread_in_role", "thread's index in its role">;
def SpakCuda_BlockOp : SpakCuda_IdOp<"block", "blockIdx.x (uniform)">;
def SpakCuda_BlocksOp : SpakCuda_IdOp<"blocks", "gridDim.x (uniform)">;

def SpakCuda_UniformOp
    : SpakCuda_Op<"uniform", [Pure, SameOperandsAndResultType]> {
  let summary = "lane 0's value, in a form the compiler knows to be uniform";
  let arguments = (ins I32:$value);
  let results = (outs I32:$result);
  let assemblyFormat = "$value attr-dict";
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

defvar TextEffects = MemoryEffects<[MemRead, MemWrite]>;

def SpakCuda_CommentOp : SpakCuda_Op<"comment", [TextEffects]> {
  let summary = "a comment line in the text";
  let arguments = (ins StrAttr:$text);
  let assemblyFormat = "$text attr-dict";
}

def SpakCuda_VerbatimOp : SpakCuda_Op<"verbatim", [TextEffects]> {
  let summary = "a statement printed as it stands; unused by the passes";
  let arguments = (ins StrAttr:$text);
  let assemblyFormat = "$text attr-dict";
}

def SpakCuda_DeclareOp : SpakCuda_Op<"declare", [TextEffects]> {
  let summary = "declares the C++ array of a chain of tied fragments";
  let description = [{
    Written by prepare-emission, nobody else. Every fragment of the chain names
    the same variable.
  }];
  let arguments = (ins StrAttr:$name, TypeAttr:$type);
  let assemblyFormat = "$name `:` $type attr-dict";
}

#endif // SPAK_CUDA_STRUCTURE_OPS
