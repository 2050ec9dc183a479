// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What is known of a kernel at a point before it has run: counted, estimated
// or modelled, each with its unit. Plain data; knows no IR.
#ifndef SPAK_SPACE_FIGURES_H
#define SPAK_SPACE_FIGURES_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spak::space {

/// One shared-memory access of a kernel, counted from its addresses.
struct SharedAccess {
  std::string what;   ///< "stmatrix", "tma.load", "wgmma B", ...
  std::string buffer; ///< name of the buffer
  int64_t line = 0;   ///< of the source; 0 if not known
  int64_t bytes = 0;  ///< of one request
  int64_t ideal = 0;  ///< wavefronts without conflict
  int64_t wavefronts = 0;
  /// Why the count holds: the rows and swizzle it was taken over.
  std::string proof;
};

/// One access to global memory, counted from its addresses. Copies by the
/// engine count the sectors of one box.
struct GlobalAccess {
  std::string what;   ///< "tma.load", "store_frag", ...
  std::string tensor; ///< name of the tensor
  int64_t line = 0;
  int64_t bytes = 0;   ///< useful bytes of one request
  int64_t ideal = 0;   ///< sectors that so many bytes need
  int64_t sectors = 0; ///< sectors that are touched
  /// Of a lane, where it is an instruction of a warp. Unit: byte.
  int64_t width = 0;
  /// It stands where a condition of the sizes does not hold.
  bool fallback = false;
};

/// Registers of one role, per thread.
struct RolePressure {
  std::string role;
  int64_t threads = 0;
  int64_t budget = 0;    ///< what the role asks of the hardware or is left
  int64_t fragments = 0; ///< live at once, of tiles
  int64_t scalars = 0;   ///< live at the same place, of addresses and counts
  int64_t fewest = 0;    ///< with less it spills
  int64_t estimate = 0;  ///< with as many it does not
  int64_t line = 0;      ///< of the place with the most
};

/// What ptxas said.
struct Assembled {
  int64_t registers = 0;
  int64_t spillBytes = 0;
  bool serialized = false; ///< wgmma one after the other
  bool ignored = false;    ///< the roles' registers were not granted
};

/// A launch in the model of time; all figures are modelled.
struct Modelled {
  double flops = 0; ///< that the problem needs inside its tiles
  double tensorSeconds = 0;
  double sfuSeconds = 0;
  double issueSeconds = 0;
  double chainSeconds = 0; ///< products and arithmetic that wait for each other
  double dramSeconds = 0;
  double l2Seconds = 0;
  double seconds = 0;
  double waves = 0;       ///< blocks over those resident at once
  double waveLoss = 0;    ///< share of multiprocessor time without a block
  double paddedShare = 0; ///< share of tensor work past the tensors' ends
  int64_t blocks = 0;
  /// Ways through a role that blocks take; what is summed once, not by block.
  int64_t ways = 0;
  double loadedBytes = 0; ///< from L2
  double dramBytes = 0;
  double sharedReads = 0;  ///< wavefronts of products' operands
  double sharedStores = 0; ///< wavefronts of stores that lanes address
  double tensorsBytes = 0; ///< of all arguments
  int64_t footprint = 0;   ///< byte, distinct tiles of the first wave
  std::string bound;       ///< "tensor", "sfu", "issue", "chain", "dram", "l2"
};

/// All of it.
struct KernelFigures {
  std::string kernel;
  std::string entry;
  int64_t sharedBytes = 0;
  int64_t threads = 0;
  int64_t minBlocks = 1;
  int64_t launchRegisters = 0; ///< per thread; the most that can be launched
  int64_t namedBarriers = 0;
  int64_t mbarriers = 0;
  int64_t prefetchDepth = 0; ///< slots of the deepest ring
  std::vector<RolePressure> roles;
  std::vector<SharedAccess> shared;
  std::vector<GlobalAccess> global;
  /// Ops whose accesses are not counted.
  std::vector<std::string> uncounted;
  std::optional<Assembled> assembled;
  std::optional<Modelled> modelled;
  std::optional<double>
      tensorsBytes;        ///< byte of all arguments, if sizes are given
  std::string notModelled; ///< why not
};

} // namespace spak::space

#endif // SPAK_SPACE_FIGURES_H
