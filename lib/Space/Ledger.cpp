// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: ranks, and the JSON of a ledger (runtime/schema/ledger-1.json).
#include "spak/Space/Ledger.h"

#include <algorithm>
#include <tuple>

using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

namespace spak::space {

namespace {

Value jsonOf(Count count) {
  return count <= Count(INT64_MAX) ? Value(static_cast<int64_t>(count))
                                   : Value(text(count));
}

Value jsonOf(const AxisValue &value) {
  if (value.isBool()) {
    return value.asBool();
  }
  if (value.isInt()) {
    return value.asInt();
  }
  return value.isFloat() ? Value(value.asFloat()) : Value(value.asText());
}

/// Six digits are what a model is good for, and they print the same anywhere.
Value jsonOf(double number) {
  bool whole = number >= -9e15 && number <= 9e15 &&
               number == static_cast<double>(static_cast<int64_t>(number));
  if (whole) {
    return static_cast<int64_t>(number);
  }
  char digits[32];
  snprintf(digits, sizeof digits, "%.6g", number);
  return strtod(digits, nullptr);
}

Object jsonOf(const Point &point) {
  Object object;
  for (const auto &[axis, value] : point.axes()) {
    object[axis] = jsonOf(value);
  }
  return object;
}

template <typename Access, typename Write>
Array merged(const std::vector<Access> &accesses, Write write) {
  Array array;
  for (const Access &access : accesses) {
    Object object = write(access);
    auto same = std::find_if(array.begin(), array.end(), [&](Value &other) {
      Object copy = *other.getAsObject();
      copy.erase("places");
      return copy == object;
    });
    if (same != array.end()) {
      Object &found = *same->getAsObject();
      found["places"] = *found.getInteger("places") + 1;
      continue;
    }
    object["places"] = 1;
    array.push_back(std::move(object));
  }
  return array;
}

Object jsonOf(const Modelled &modelled) {
  return Object{
      {"kind", "modelled"},
      {"microseconds", jsonOf(modelled.seconds * 1e6)},
      {"bound", modelled.bound},
      {"tflops",
       jsonOf(modelled.seconds > 0 ? modelled.flops / modelled.seconds * 1e-12
                                   : 0)},
      {"flops", jsonOf(modelled.flops)},
      {"tensor_us", jsonOf(modelled.tensorSeconds * 1e6)},
      {"sfu_us", jsonOf(modelled.sfuSeconds * 1e6)},
      {"issue_us", jsonOf(modelled.issueSeconds * 1e6)},
      {"chain_us", jsonOf(modelled.chainSeconds * 1e6)},
      {"dram_us", jsonOf(modelled.dramSeconds * 1e6)},
      {"l2_us", jsonOf(modelled.l2Seconds * 1e6)},
      {"blocks", modelled.blocks},
      {"ways", modelled.ways},
      {"waves", jsonOf(modelled.waves)},
      {"wave_loss", jsonOf(modelled.waveLoss)},
      {"padded_share", jsonOf(modelled.paddedShare)},
      {"tensor_bytes", jsonOf(modelled.tensorsBytes)},
      {"loaded_bytes", jsonOf(modelled.loadedBytes)},
      {"dram_bytes", jsonOf(modelled.dramBytes)},
      {"shared_product_wavefronts", jsonOf(modelled.sharedReads)},
      {"shared_store_wavefronts", jsonOf(modelled.sharedStores)},
      {"l2_footprint_bytes", modelled.footprint}};
}

Object jsonOf(const KernelFigures &figures, const device::Device &device) {
  device::Residency resident = residencyOf(figures, device);
  Array roles;
  for (const RolePressure &role : figures.roles) {
    roles.push_back(Object{{"role", role.role},
                           {"threads", role.threads},
                           {"budget", role.budget},
                           {"fewest", role.fewest},
                           {"estimate", role.estimate},
                           {"fragments", role.fragments},
                           {"scalars", role.scalars},
                           {"line", role.line}});
  }
  Array uncounted;
  for (const std::string &op : figures.uncounted) {
    uncounted.push_back(op);
  }
  Object object{
      {"kernel", figures.kernel},
      {"entry", figures.entry},
      {"shared_bytes", figures.sharedBytes},
      {"threads", figures.threads},
      {"registers",
       Object{{"launch", figures.launchRegisters},
              {"ptxas", figures.assembled ? Value(figures.assembled->registers)
                                          : Value(nullptr)},
              {"spill_bytes", figures.assembled
                                  ? Value(figures.assembled->spillBytes)
                                  : Value(nullptr)},
              {"roles", std::move(roles)}}},
      {"occupancy", Object{{"blocks_per_sm", resident.blocks},
                           {"warps_per_sm", resident.warps},
                           {"share", jsonOf(resident.occupancy)},
                           {"limit", resident.limit}}},
      {"barriers", Object{{"named", figures.namedBarriers},
                          {"mbarriers", figures.mbarriers}}},
      {"prefetch_depth", figures.prefetchDepth},
      {"shared_accesses",
       merged(figures.shared,
              [](const SharedAccess &access) {
                return Object{
                    {"what", access.what},   {"buffer", access.buffer},
                    {"line", access.line},   {"bytes", access.bytes},
                    {"ideal", access.ideal}, {"wavefronts", access.wavefronts},
                    {"proof", access.proof}};
              })},
      {"global_accesses",
       merged(figures.global,
              [](const GlobalAccess &access) {
                return Object{
                    {"what", access.what},   {"tensor", access.tensor},
                    {"line", access.line},   {"bytes", access.bytes},
                    {"width", access.width}, {"fallback", access.fallback},
                    {"ideal", access.ideal}, {"sectors", access.sectors}};
              })},
      {"uncounted", std::move(uncounted)}};
  if (figures.modelled) {
    object["roofline"] = jsonOf(*figures.modelled);
  } else {
    object["roofline"] = nullptr;
    object["not_modelled"] = figures.notModelled;
  }
  return object;
}

Object jsonOf(const GateFinding &finding) {
  Object figures;
  for (const auto &[name, value] : finding.figures) {
    figures[name] = jsonOf(value);
  }
  return Object{{"gate", finding.gate},
                {"reason", finding.reason},
                {"kind", finding.impossible ? "impossible" : "opinion"},
                {"message", finding.message},
                {"figures", std::move(figures)}};
}

Object jsonOf(const LedgerEntry &entry, const device::Device &device) {
  Array kernels, findings;
  for (const KernelFigures &figures : entry.kernels) {
    kernels.push_back(jsonOf(figures, device));
  }
  for (const GateFinding &finding : entry.findings) {
    findings.push_back(jsonOf(finding));
  }
  Object object{{"index", jsonOf(entry.index)},
                {"point", jsonOf(entry.point)},
                {"kernels", std::move(kernels)},
                {"findings", std::move(findings)}};
  if (entry.rejected) {
    object["reason"] = entry.findings.front().reason;
    return object;
  }
  object["file"] = entry.stem + ".cu";
  object["rank"] = entry.rank ? Value(*entry.rank) : Value(nullptr);
  return object;
}

double secondsOf(const LedgerEntry &entry) {
  double sum = 0;
  for (const KernelFigures &figures : entry.kernels) {
    sum += figures.modelled->seconds;
  }
  return sum;
}

} // namespace

void rank(Ledger &ledger) {
  std::vector<LedgerEntry *> order;
  for (LedgerEntry &entry : ledger.entries) {
    bool modelled = !entry.kernels.empty() &&
                    std::all_of(entry.kernels.begin(), entry.kernels.end(),
                                [](const KernelFigures &figures) {
                                  return figures.modelled.has_value();
                                });
    if (!entry.rejected && modelled) {
      order.push_back(&entry);
    }
  }
  auto key = [](const LedgerEntry *entry) {
    return std::make_tuple(!entry->findings.empty(), secondsOf(*entry),
                           entry->index);
  };
  std::sort(order.begin(), order.end(),
            [&](const LedgerEntry *a, const LedgerEntry *b) {
              return key(a) < key(b);
            });
  for (size_t i = 0; i < order.size(); ++i) {
    order[i]->rank = static_cast<int64_t>(i + 1);
  }
}

llvm::json::Value toJson(const Ledger &ledger) {
  Array points, rejections;
  std::map<std::string, int64_t> byReason;
  for (const LedgerEntry &entry : ledger.entries) {
    Object object = jsonOf(entry, *ledger.device);
    if (entry.rejected) {
      ++byReason[entry.findings.front().reason];
      rejections.push_back(std::move(object));
    } else {
      points.push_back(std::move(object));
    }
  }
  Object cuts, reasons, shape, fixed;
  Count cut = 0;
  for (const auto &[name, count] : ledger.cuts) {
    cut += count;
    cuts[name] = jsonOf(count);
  }
  for (const auto &[name, count] : byReason) {
    reasons[name] = count;
  }
  for (const auto &[dim, size] : ledger.shape) {
    shape[dim] = size;
  }
  for (const auto &[axis, values] : ledger.fixed) {
    Array array;
    for (const AxisValue &value : values) {
      array.push_back(jsonOf(value));
    }
    fixed[axis] = std::move(array);
  }
  return Object{
      {"spak_ledger", 1},
      {"compiler", ledger.compiler},
      {"source", ledger.source},
      {"source_hash", ledger.sourceHash},
      {"system", ledger.system},
      {"arch", ledger.device->arch},
      {"device", ledger.device->name},
      {"rates", ledger.rates},
      {"gates", ledger.gates},
      {"prune_opinions", ledger.pruneOpinions},
      {"seed", static_cast<int64_t>(ledger.seed)},
      {"shape", std::move(shape)},
      {"fixed", std::move(fixed)},
      {"counts",
       Object{{"raw", ledger.raw ? jsonOf(*ledger.raw) : Value(nullptr)},
              {"constraints", jsonOf(cut)},
              {"valid", jsonOf(ledger.valid)},
              {"points", static_cast<int64_t>(points.size())},
              {"gates", static_cast<int64_t>(rejections.size())},
              {"not_visited", jsonOf(ledger.notVisited())}}},
      {"cuts", std::move(cuts)},
      {"reasons", std::move(reasons)},
      {"points", std::move(points)},
      {"rejections", std::move(rejections)}};
}

llvm::json::Value folderManifest(const Ledger &ledger) {
  Array files;
  for (const LedgerEntry &entry : ledger.entries) {
    if (entry.rejected) {
      continue;
    }
    Array kernels;
    for (const KernelFigures &figures : entry.kernels) {
      kernels.push_back(figures.kernel);
    }
    files.push_back(
        Object{{"index", jsonOf(entry.index)},
               {"point", jsonOf(entry.point)},
               {"cu", entry.stem + ".cu"},
               {"header", entry.stem + ".h"},
               {"manifest", entry.stem + ".json"},
               {"kernels", std::move(kernels)},
               {"rank", entry.rank ? Value(*entry.rank) : Value(nullptr)}});
  }
  return Object{{"spak_points", 1},        {"source", ledger.source},
                {"system", ledger.system}, {"arch", ledger.device->arch},
                {"ledger", "ledger.json"}, {"files", std::move(files)}};
}

} // namespace spak::space
