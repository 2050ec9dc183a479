// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the reading of requests, facts and limits.
#include "Requests.h"

using namespace mlir;

namespace spak::ir {

Requests::Requests(KernelOp kernel) {
  MLIRContext *context = kernel.getContext();
  requests = DictionaryAttr::get(context);
  target = requests;
  facts = ArrayAttr::get(context, {});
  if (RequestAttr attr = kernel.getRequestAttr()) {
    requests = attr.getEntries();
  }
  Operation *module = kernel->getParentOp();
  if (auto attr = module->getAttrOfType<TargetAttr>(SpakDialect::kTargetAttr)) {
    target = attr.getLimits();
  }
  if (auto attr = module->getAttrOfType<ArrayAttr>(SpakDialect::kFactsAttr)) {
    facts = attr;
  }
}

std::optional<Ground> Requests::number(StringRef name) const {
  if (auto value = requests.getAs<IntegerAttr>(name)) {
    return Ground{value.getInt(), ("request `" + name + "`").str()};
  }
  for (Attribute attr : facts) {
    auto fact = dyn_cast<FactAttr>(attr);
    if (!fact || fact.getName() != name) {
      continue;
    }
    if (auto value = dyn_cast<IntegerAttr>(fact.getValue())) {
      return Ground{
          value.getInt(),
          ("fact `" + name + "` from " + fact.getSource().getValue()).str()};
    }
  }
  return std::nullopt;
}

Attribute Requests::request(StringRef name) const { return requests.get(name); }

StringRef Requests::text(StringRef name) const {
  auto value = requests.getAs<StringAttr>(name);
  return value ? value.getValue() : StringRef();
}

std::optional<int64_t> Requests::limit(StringRef name) const {
  auto value = target.getAs<IntegerAttr>(name);
  if (!value) {
    return std::nullopt;
  }
  return value.getInt();
}

bool Requests::can(StringRef capability) const {
  auto value = target.getAs<BoolAttr>(capability);
  return value && value.getValue();
}

StringRef Requests::arch() const {
  auto name = target.getAs<StringAttr>("arch");
  return name ? name.getValue() : StringRef("the target");
}

LogicalResult checkRequestsAreKnown(KernelOp kernel) {
  RequestAttr attr = kernel.getRequestAttr();
  if (!attr) {
    return success();
  }
  static constexpr StringLiteral exact[] = {"consumers",
                                            "overlap",
                                            "order",
                                            "persistent",
                                            "raster",
                                            "epilogue_slots",
                                            "overlap_tiles",
                                            "tail",
                                            "rescale",
                                            "exponentials_ahead",
                                            "pin_waits",
                                            "rescale_bound",
                                            "exp2_polynomial",
                                            "computed",
                                            "functions",
                                            "maxima",
                                            "trim"};
  static constexpr StringLiteral prefixes[] = {
      "slots_",   "prefetch_", "staging_",  "registers_", "group_",
      "cluster_", "split_",    "hand_off_", "operand_"};
  for (NamedAttribute entry : attr.getEntries()) {
    StringRef name = entry.getName();
    bool known = llvm::is_contained(exact, name) ||
                 llvm::any_of(prefixes, [&](StringRef prefix) {
                   return name.starts_with(prefix);
                 });
    if (!known) {
      return kernel.emitOpError("request `")
             << name << "` is read by no decision";
    }
  }
  return success();
}

void remark(Operation *op, const llvm::Twine &decision,
            const llvm::Twine &why) {
  // At the location, so that the op is not printed with it.
  emitRemark(op->getLoc()) << decision << ": " << why;
}

StringRef sourceName(Value value) {
  if (auto pack = value.getDefiningOp<PackAxesOp>()) {
    value = pack.getView();
  }
  auto arg = dyn_cast<BlockArgument>(value);
  if (!arg) {
    return {};
  }
  auto kernel = dyn_cast<KernelOp>(arg.getOwner()->getParentOp());
  if (!kernel) {
    return {};
  }
  auto name = kernel.getArgAttrOfType<StringAttr>(arg.getArgNumber(),
                                                  SpakDialect::kNameAttr);
  return name ? name.getValue() : StringRef();
}

} // namespace spak::ir
