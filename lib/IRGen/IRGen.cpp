// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the module around the kernels: target, facts, point, requests.
#include "spak/IRGen/IRGen.h"

#include "Emitter.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

namespace spak::irgen {

void loadDialects(MLIRContext &context) {
  context
      .loadDialect<ir::SpakDialect, affine::AffineDialect, arith::ArithDialect,
                   math::MathDialect, scf::SCFDialect>();
}

namespace {

Attribute attributeOf(Builder &b, const space::AxisValue &value) {
  if (value.isBool()) {
    return b.getBoolAttr(value.asBool());
  }
  if (value.isInt()) {
    return b.getI64IntegerAttr(value.asInt());
  }
  if (value.isFloat()) {
    return b.getF64FloatAttr(value.asFloat());
  }
  return b.getStringAttr(value.asText());
}

DictionaryAttr pointAttr(Builder &b, const space::Point &point) {
  NamedAttrList list;
  for (const auto &[axis, value] : point.axes()) {
    list.set(axis, attributeOf(b, value));
  }
  return list.getDictionary(b.getContext());
}

ir::RequestAttr requestAttr(Builder &b, const sema::Program &program) {
  if (program.requests.empty()) {
    return {};
  }
  NamedAttrList list;
  for (const sema::Request &request : program.requests) {
    list.set(request.key, attributeOf(b, request.value));
  }
  return ir::RequestAttr::get(b.getContext(),
                              list.getDictionary(b.getContext()));
}

ir::TargetAttr targetAttr(Builder &b, const device::Device &device) {
  NamedAttrList list;
  list.set("arch", b.getStringAttr(device.arch));
  list.set("smem_per_block", b.getI64IntegerAttr(device.smemPerBlock));
  list.set("registers_per_sm", b.getI64IntegerAttr(device.registersPerSm));
  list.set("max_threads_per_block",
           b.getI64IntegerAttr(device.maxThreadsPerBlock));
  list.set("sms", b.getI64IntegerAttr(device.sms));
  for (unsigned i = 0; i < device::numCapabilities(); ++i) {
    auto capability = static_cast<device::Capability>(i);
    if (device.has(capability)) {
      list.set(device::capabilityName(capability), b.getBoolAttr(true));
    }
  }
  return ir::TargetAttr::get(b.getContext(),
                             list.getDictionary(b.getContext()));
}

ArrayAttr factsAttr(Builder &b, const sema::System &system,
                    const space::Point &point, const device::Device &device) {
  SmallVector<Attribute> facts;
  for (const sema::Recommendation *recommendation :
       sema::recommendationsAt(system, point, device)) {
    const space::AxisValue *value = point.find(recommendation->axis);
    std::string source = recommendation->from;
    if (!recommendation->source.empty()) {
      source = recommendation->source + "#" + source;
    }
    facts.push_back(
        ir::FactAttr::get(b.getContext(), b.getStringAttr(recommendation->axis),
                          attributeOf(b, *value), b.getStringAttr(source)));
  }
  return b.getArrayAttr(facts);
}

} // namespace

FailureOr<OwningOpRef<ModuleOp>>
generate(MLIRContext &context, const sema::System &system,
         const space::Point &point, const device::Device &device,
         DiagnosticEngine &diags, const Options &options) {
  loadDialects(context);
  OpBuilder b(&context);
  Location at = b.getUnknownLoc();
  if (const SourceFile *source = system.file->source) {
    at = FileLineColLoc::get(&context, source->name(), 1, 1);
  }
  OwningOpRef<ModuleOp> module = ModuleOp::create(b, at);
  (*module)->setAttr(ir::SpakDialect::kTargetAttr, targetAttr(b, device));
  ArrayAttr facts = factsAttr(b, system, point, device);
  if (!facts.empty()) {
    (*module)->setAttr(ir::SpakDialect::kFactsAttr, facts);
  }
  DictionaryAttr pointDictionary = pointAttr(b, point);
  sema::CheckOptions checkOptions;
  checkOptions.tileSizes = options.tileSizes;
  bool good = true;
  for (const ast::Kernel *kernel : system.kernels) {
    if (!options.kernel.empty() && kernel->name.text != options.kernel) {
      continue;
    }
    FailureOr<sema::Program> program =
        sema::check(system, *kernel, point, device, diags, checkOptions);
    if (failed(program)) {
      good = false;
      continue;
    }
    b.setInsertionPointToEnd(module->getBody());
    Emitter emitter(b, *program, diags);
    good &= succeeded(
        emitter.emitKernel(pointDictionary, requestAttr(b, *program)));
  }
  if (!good) {
    return failure();
  }
  return std::move(module);
}

} // namespace spak::irgen
