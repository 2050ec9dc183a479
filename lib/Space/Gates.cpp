// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the gates and their order. Limits are the device table's; a gate that
// compares with a share of a limit is an opinion and says so.
#include "spak/Space/Gates.h"

#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

namespace spak::space {

namespace {

/// Ids 1 to 15 of `bar.sync` (PTX ISA 8.5, section 9.7.13.1).
constexpr int64_t kNamedBarriers = 15;
/// Below this occupancy a kernel without prefetch waits for memory: the gate of
/// the earlier system, an opinion.
constexpr double kOccupancyWithoutPrefetch = 0.5;

class Judge {
public:
  Judge(const KernelFigures &figures, const device::Device &device)
      : figures(figures), device(device) {}

  std::vector<GateFinding> run() {
    shared();
    threads();
    barriers();
    registers();
    assembled();
    memory();
    conflicts();
    coalescing();
    occupancy();
    l2();
    // The impossible ones first, each kind in the order of the gates.
    std::vector<GateFinding> ordered;
    for (bool impossible : {true, false}) {
      for (const GateFinding &finding : found) {
        if (finding.impossible == impossible) {
          ordered.push_back(finding);
        }
      }
    }
    return ordered;
  }

private:
  const KernelFigures &figures;
  const device::Device &device;
  std::vector<GateFinding> found;

  using Numbers = std::vector<std::pair<std::string, double>>;
  void add(llvm::StringRef gate, llvm::StringRef reason, bool impossible,
           std::string message, Numbers numbers) {
    found.push_back({gate.str(), reason.str(), impossible, std::move(message),
                     std::move(numbers)});
  }
  static double number(int64_t value) { return static_cast<double>(value); }

  void shared() {
    if (figures.sharedBytes > device.smemPerBlock) {
      add("shared_bytes", reason::smemOverflow, true,
          llvm::formatv("`{0}` needs {1} bytes of shared memory; a block of "
                        "{2} has {3}",
                        figures.kernel, figures.sharedBytes, device.arch,
                        device.smemPerBlock),
          {{"needed", number(figures.sharedBytes)},
           {"limit", number(device.smemPerBlock)}});
    }
  }

  void threads() {
    if (figures.threads > device.maxThreadsPerBlock) {
      add("threads", reason::threadOverflow, true,
          llvm::formatv("`{0}` needs {1} threads; a block of {2} has at most "
                        "{3}",
                        figures.kernel, figures.threads, device.arch,
                        device.maxThreadsPerBlock),
          {{"needed", number(figures.threads)},
           {"limit", number(device.maxThreadsPerBlock)}});
    }
  }

  void barriers() {
    if (figures.namedBarriers > kNamedBarriers) {
      add("barriers", reason::barrierOverflow, true,
          llvm::formatv("`{0}` needs {1} named barriers; a block has {2}",
                        figures.kernel, figures.namedBarriers, kNamedBarriers),
          {{"needed", number(figures.namedBarriers)},
           {"limit", number(kNamedBarriers)}});
    }
  }

  void registers() {
    int64_t asked = 0;
    for (const RolePressure &role : figures.roles) {
      asked += role.threads * role.budget;
    }
    if (figures.roles.size() > 1 && asked > device.registersPerSm) {
      add("register_file", reason::registerOverflow, true,
          llvm::formatv("the roles of `{0}` ask for {1} registers; a "
                        "multiprocessor of {2} has {3}",
                        figures.kernel, asked, device.arch,
                        device.registersPerSm),
          {{"needed", number(asked)},
           {"limit", number(device.registersPerSm)}});
    }
    for (const RolePressure &role : figures.roles) {
      if (role.estimate <= role.budget || figures.assembled) {
        continue;
      }
      Numbers numbers = {{"estimate", number(role.estimate)},
                         {"fewest", number(role.fewest)},
                         {"fragments", number(role.fragments)},
                         {"limit", number(role.budget)},
                         {"line", number(role.line)}};
      if (role.fewest > role.budget) {
        add("registers", reason::registerOverflow, true,
            llvm::formatv("`{0}`, role `{1}`: {2} registers a thread are "
                          "needed at least ({3} of tiles), the role has {4}",
                          figures.kernel, role.role, role.fewest,
                          role.fragments, role.budget),
            std::move(numbers));
      } else {
        add("registers", reason::registerMargin, false,
            llvm::formatv("`{0}`, role `{1}`: between {2} and {3} registers a "
                          "thread are needed ({4} of tiles), the role has "
                          "{5}; --gates=ptxas decides",
                          figures.kernel, role.role, role.fewest, role.estimate,
                          role.fragments, role.budget),
            std::move(numbers));
      }
    }
  }

  void assembled() {
    if (!figures.assembled) {
      return;
    }
    if (figures.assembled->spillBytes > 0) {
      add("spills", reason::spills, true,
          llvm::formatv("`{0}` spills {1} bytes (ptxas)", figures.kernel,
                        figures.assembled->spillBytes),
          {{"spill_bytes", number(figures.assembled->spillBytes)},
           {"registers", number(figures.assembled->registers)}});
    }
    if (figures.assembled->ignored) {
      add("spills", reason::registerOverflow, true,
          llvm::formatv("`{0}` needs more registers than its roles ask for: "
                        "ptxas drops setmaxnreg",
                        figures.kernel),
          {{"registers", number(figures.assembled->registers)}});
    }
    if (figures.assembled->serialized) {
      add("instructions", reason::wgmmaSerialized, false,
          llvm::formatv("ptxas runs the products of `{0}` one after the other",
                        figures.kernel),
          {});
    }
  }

  void memory() {
    const device::Rates *rates = device::ratesOf(device);
    if (!figures.tensorsBytes || !rates ||
        *figures.tensorsBytes <= number(rates->dramBytes)) {
      return;
    }
    add("memory", reason::oomRisk, true,
        llvm::formatv("the tensors of `{0}` have {1:f0} bytes, {2} has {3}",
                      figures.kernel, *figures.tensorsBytes, device.name,
                      rates->dramBytes),
        {{"needed", *figures.tensorsBytes},
         {"limit", number(rates->dramBytes)}});
  }

  void conflicts() {
    for (const SharedAccess &access : figures.shared) {
      if (access.wavefronts <= access.ideal) {
        continue;
      }
      add("bank_conflicts", reason::bankConflicts, false,
          llvm::formatv("{0} on `{1}`, line {2}: {3} wavefronts instead of {4}",
                        access.what, access.buffer, access.line,
                        access.wavefronts, access.ideal),
          {{"wavefronts", number(access.wavefronts)},
           {"ideal", number(access.ideal)},
           {"line", number(access.line)}});
    }
  }

  void coalescing() {
    for (const GlobalAccess &access : figures.global) {
      if (access.sectors <= access.ideal || access.fallback) {
        continue;
      }
      add("coalescing", reason::badCoalescing, false,
          llvm::formatv("{0} of `{1}`, line {2}: {3} sectors for {4} bytes, "
                        "{5} would do",
                        access.what, access.tensor, access.line, access.sectors,
                        access.bytes, access.ideal),
          {{"sectors", number(access.sectors)},
           {"ideal", number(access.ideal)},
           {"line", number(access.line)}});
    }
  }

  void occupancy() {
    device::Residency resident = residencyOf(figures, device);
    bool overflows = figures.sharedBytes > device.smemPerBlock ||
                     figures.threads > device.maxThreadsPerBlock;
    if (resident.blocks == 0 && !overflows) {
      add("occupancy", reason::registerOverflow, true,
          llvm::formatv("no block of `{0}` fits a multiprocessor of {1}: {2}",
                        figures.kernel, device.arch, resident.limit),
          {{"registers", number(figures.launchRegisters)}});
      return;
    }
    if (resident.occupancy < kOccupancyWithoutPrefetch &&
        figures.prefetchDepth < 2) {
      add("occupancy", reason::lowOccupancy, false,
          llvm::formatv("`{0}`: occupancy {1:f2} ({2} blocks, limited by {3}) "
                        "and no tile is prefetched",
                        figures.kernel, resident.occupancy, resident.blocks,
                        resident.limit),
          {{"occupancy", resident.occupancy},
           {"blocks_per_sm", number(resident.blocks)},
           {"prefetch_depth", number(figures.prefetchDepth)}});
    }
  }

  void l2() {
    if (figures.modelled && figures.modelled->footprint > device.l2Bytes) {
      add("l2", reason::l2Footprint, false,
          llvm::formatv("`{0}`: the first wave reads {1} distinct bytes, L2 "
                        "has {2}",
                        figures.kernel, figures.modelled->footprint,
                        device.l2Bytes),
          {{"footprint", number(figures.modelled->footprint)},
           {"l2_bytes", number(device.l2Bytes)}});
    }
  }
};

} // namespace

device::Residency residencyOf(const KernelFigures &figures,
                              const device::Device &device) {
  int64_t registers = figures.launchRegisters;
  if (figures.assembled) {
    registers = figures.assembled->registers;
  } else if (figures.roles.size() == 1) {
    // Without roles the compiler takes what it needs, not all it may.
    registers = std::min(registers, figures.roles.front().estimate);
  }
  return device::residency(device, figures.threads, registers,
                           figures.sharedBytes);
}

std::vector<GateFinding> judge(const KernelFigures &figures,
                               const device::Device &device) {
  return Judge(figures, device).run();
}

} // namespace spak::space
