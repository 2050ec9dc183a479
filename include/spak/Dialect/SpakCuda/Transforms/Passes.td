// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The passes on spak_cuda. None of them decides anything about tiles.
#ifndef SPAK_CUDA_TRANSFORMS_PASSES
#define SPAK_CUDA_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def InsertSync : Pass<"insert-sync", "::mlir::ModuleOp"> {
  let summary = "place the fences, commits and waits of wgmma";
  let description = [{
    Requires: no wgmma.fence, wgmma.commit or wgmma.wait in the kernel.
    Establishes: every product is fenced and committed; no result is read, no
    A register overwritten and no slot released while a product that uses it
    is in flight. A wait leaves as many younger groups in flight as the order
    of the program allows, over loop back edges too. A release of a slot sinks
    to the wait that completes its reader.
    A kernel that has these operations already is left alone.
  }];
}

def AllocateShared : Pass<"allocate-shared", "::mlir::ModuleOp"> {
  let summary = "give offsets to shared buffers and rings, ids to barriers";
  let description = [{
    Buffers come first, in program order, each at its alignment; then the
    barriers of the rings. Named barriers get ids from 1 on, so that one id
    always goes with one thread count. Sets `smem_bytes`. Offsets that are
    there already are computed anew.
  }];
}

def CheckCuda : Pass<"check-cuda", "::mlir::ModuleOp"> {
  let summary = "verify the order of instructions and the use of resources";
  let description = [{
    Changes nothing. Rules: IN-FLIGHT-USE, WGMMA-FENCE, WGMMA-COMMIT,
    RING-WAIT, RING-RELEASE, RING-ACQUIRE, RING-BYTES, STORE-FENCE,
    STORE-REUSE, STORE-DRAIN, BAR-ID-COUNT, BAR-TURN, SMEM-ALIGN,
    SMEM-SIZE, UNIFORM-IF, ONE-THREAD-NO-SYNC, REGISTER-POOL, CLUSTER.
  }];
}

def PrepareEmission : Pass<"prepare-emission", "::mlir::ModuleOp"> {
  let summary = "give every value that the text will name its variable";
  let description = [{
    Requires: check-cuda.
    Establishes: each chain of tied fragments is one declared C++ array
    (`declare`); `spak_cuda.names` and `spak_cuda.arg_names` hold a C++
    identifier for each value with a variable and the empty string for each
    value that is printed where it is used.
    Fails where two live values would need one variable: both uses are shown.
    Preserves: everything but names, and a `frag.fill` it may clone.
  }];
}

#endif // SPAK_CUDA_TRANSFORMS_PASSES
