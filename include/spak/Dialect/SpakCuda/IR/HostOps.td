// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the launch function's ops. The manifest and the C text are printed
// from the same ops.
#ifndef SPAK_CUDA_HOST_OPS
#define SPAK_CUDA_HOST_OPS

include "spak/Dialect/SpakCuda/IR/SyncOps.td"
include "mlir/IR/SymbolInterfaces.td"

def SpakCuda_HostCheckOp : SpakCuda_Op<"host.check", [ReadWrite]> {
  let summary = "returns `code` with `message` unless the condition holds";
  let description = [{
    Codes: 0 nothing to do, 1 null pointer, 2 misaligned, 3 bad shape, 4 bad stride, 5 too
    large, 6 requirement not met.
  }];
  let arguments = (ins I1:$condition, I64Attr:$code, StrAttr:$message);
  let assemblyFormat = "$condition `,` $code `,` $message attr-dict";
}

def SpakCuda_HostAlignedOp : SpakCuda_Op<"host.aligned", [Pure]> {
  let summary = "is the pointer a multiple of `bytes`?";
  let arguments = (ins SpakCuda_GlobalType:$pointer, I64Attr:$bytes);
  let results = (outs I1:$result);
  let assemblyFormat = "$pointer `to` $bytes attr-dict `:` type($pointer)";
}

def SpakCuda_HostPresentOp : SpakCuda_Op<"host.present", [Pure]> {
  let summary = "is the pointer not null?";
  let arguments = (ins SpakCuda_GlobalType:$pointer);
  let results = (outs I1:$result);
  let assemblyFormat = "$pointer attr-dict `:` type($pointer)";
}

def SpakCuda_HostSmsOp : SpakCuda_Op<"host.sms", [Pure]> {
  let summary = "multiprocessors of the current device";
  let results = (outs I64:$result);
  let builders = [OpBuilder<(ins), [{
    build($_builder, $_state, $_builder.getI64Type());
  }]>];
  let assemblyFormat = "attr-dict";
}

def SpakCuda_HostClustersOp : SpakCuda_Op<"host.clusters", [Pure]> {
  let summary = "clusters of the kernel that the device runs at once";
  let description = [{
    Not multiprocessors over blocks: a cluster lies inside one group of
    multiprocessors, and groups need not be multiples of it.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel);
  let results = (outs I64:$result);
  let builders = [OpBuilder<(ins "::llvm::StringRef":$kernel), [{
    build($_builder, $_state, $_builder.getI64Type(), kernel);
  }]>];
  let assemblyFormat = "$kernel attr-dict";
}

def SpakCuda_HostWorkspaceOp : SpakCuda_Op<"host.workspace", [ReadWrite]> {
  let summary = "the device memory that a launch needs besides its tensors";
  let description = [{
    What `k_workspace` returns. `bytes` is over dims and `host.sms` only; a
    launch computes none of it. At most one a host function, and with it one
    argument of kind "workspace".
  }];
  let arguments = (ins I64:$bytes);
  let hasVerifier = 1;
  let assemblyFormat = "$bytes attr-dict";
}

def SpakCuda_HostTensorMapOp
    : SpakCuda_Op<"host.tensor_map", [Pure, AttrSizedOperandSegments]> {
  let summary = "a tensor map over a whole tensor";
  let description = [{
    `dims` are extents and `strides` are in elements, both innermost first; the
    innermost stride is 1 and not listed. `box` is in elements, one per
    dimension; `swizzle` is 0, 32, 64 or 128 bytes. Where a dim is 0 the map is
    not encoded: nothing may be loaded through it.
  }];
  let arguments = (ins SpakCuda_GlobalType:$base, Variadic<I64>:$dims,
                       Variadic<I64>:$strides, DenseI64ArrayAttr:$box,
                       I64Attr:$swizzle);
  let results = (outs SpakCuda_TensorMapType:$result);
  let hasVerifier = 1;
  let assemblyFormat = [{
    $base `dims` `(` $dims `)` `strides` `(` $strides `)` `box` $box
    `swizzle` $swizzle attr-dict `:` type($base)
  }];
}

def SpakCuda_HostLaunchOp : SpakCuda_Op<"host.launch", [ReadWrite]> {
  let summary = "launches a kernel on `grid` blocks; nothing if that is 0";
  let arguments = (ins FlatSymbolRefAttr:$kernel, I64:$grid,
                       Variadic<AnyType>:$args);
  let assemblyFormat = [{
    $kernel `grid` $grid `(` $args `)` attr-dict `:` type($args)
  }];
}

#endif // SPAK_CUDA_HOST_OPS
