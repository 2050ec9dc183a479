// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the C and C++ of the launch functions.
#include "HostPrinter.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace spak::cuda {

StringRef HostArgument::get(StringRef key) const {
  auto text = attrs ? attrs.getAs<StringAttr>(key) : StringAttr();
  return text ? text.getValue() : StringRef();
}

std::vector<HostArgument> hostArguments(HostOp host) {
  std::vector<HostArgument> result;
  for (BlockArgument argument : host.getArguments()) {
    auto function = cast<FunctionOpInterface>(host.getOperation());
    result.push_back(
        {argument, function.getArgAttrDict(argument.getArgNumber())});
  }
  return result;
}

StringRef elementName(Type type) {
  if (type.isBF16()) {
    return "bf16";
  }
  if (type.isF16()) {
    return "f16";
  }
  if (type.isF32()) {
    return "f32";
  }
  return type.isInteger(64) ? "i64" : "i32";
}

HostPrinter::HostPrinter(HostOp host, TextWriter &out, EmbeddedHeaders &headers)
    : host(host), out(out), headers(headers),
      expressions(Target::Host, headers), name(host.getSymName()) {
  for (const HostArgument &argument : hostArguments(host)) {
    std::string text = "p->" + argument.name().str();
    if (argument.kind() == "stride") {
      unsigned index = 0;
      for (const HostArgument &other : hostArguments(host)) {
        if (other.value == argument.value) {
          break;
        }
        index += other.kind() == "stride" &&
                 other.get("spak.tensor") == argument.get("spak.tensor");
      }
      text = "p->" + argument.get("spak.tensor").str() + "_strides[" +
             std::to_string(index) + "]";
    }
    expressions.overrides[argument.value] = {text};
  }
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

/// `bf16 [B, Hq, M, D = 128]`, as a comment shows it.
static std::string tensorText(const HostArgument &tensor,
                              ArrayRef<std::string> dims) {
  std::string text =
      elementName(cast<GlobalType>(tensor.value.getType()).getElementType())
          .str() +
      " [";
  auto axes = tensor.attrs.getAs<ArrayAttr>("spak.axes");
  auto extents = tensor.attrs.getAs<ArrayAttr>("spak.extents");
  for (unsigned i = 0; axes && i < axes.size(); ++i) {
    text += (i ? ", " : "") + cast<StringAttr>(axes[i]).str();
    if (auto fixed =
            extents ? dyn_cast<IntegerAttr>(extents[i]) : IntegerAttr()) {
      text += " = " + std::to_string(fixed.getInt());
    }
    if (auto map =
            extents ? dyn_cast<AffineMapAttr>(extents[i]) : AffineMapAttr()) {
      text += " = " + extentText(map.getValue(), dims);
    }
  }
  return text + "]";
}

void HostPrinter::printDeclarations() {
  std::vector<HostArgument> arguments = hostArguments(host);
  std::string guard = "SPAK_KERNEL_" + StringRef(name).upper();
  out.raw("#ifndef " + guard);
  out.raw("#define " + guard);
  out.raw("#ifdef __cplusplus");
  out.raw("extern \"C\" {");
  out.raw("#endif");
  out.blank();
  out.paragraph("Arguments of " + name +
                "_launch. Pointers are device pointers; strides are in "
                "elements, outermost axis first, without the last axis, which "
                "must be contiguous.");
  SmallVector<std::string> dims;
  for (const HostArgument &argument : arguments) {
    if (argument.kind() == "dim") {
      dims.push_back(argument.name().str());
    }
  }
  out.open("struct " + name + "_params");
  for (const HostArgument &argument : arguments) {
    if (argument.isTensor()) {
      out.comment(tensorText(argument, dims));
      out.statement(Twine(argument.kind() == "out" ? "" : "const ") + "void *" +
                    argument.name() + ";");
      unsigned strides = 0;
      for (const HostArgument &other : arguments) {
        strides += other.kind() == "stride" &&
                   other.get("spak.tensor") == argument.name();
      }
      if (strides > 0) {
        out.statement("int64_t " + argument.name() + "_strides[" +
                      Twine(strides) + "];");
      }
    } else if (argument.kind() == "scalar") {
      StringRef type = ExpressionPrinter::typeName(argument.value.getType());
      out.statement((type == "int" ? StringRef("int32_t") : type) + " " +
                    argument.name() + ";");
    }
  }
  for (const HostArgument &argument : arguments) {
    if (argument.kind() == "dim") {
      out.statement("int64_t " + argument.name() + ";");
    }
  }
  bool hasWorkspace =
      llvm::any_of(arguments, [](auto &arg) { return arg.isWorkspace(); });
  if (hasWorkspace) {
    out.paragraph(
        "Device memory of " + name +
        "_workspace bytes, zero before the first launch that uses it. "
        "Every launch leaves its counters zero. Launches that may run "
        "at the same time need one each.");
    out.statement("void *workspace;");
  }
  out.close(";");
  out.blank();
  out.comment("Checks the arguments, then launches. Returns 0, or a code and "
              "its reason.");
  out.statement("int " + name + "_launch(const struct " + name +
                "_params *p, void *stream, const char **message);");
  out.comment("Zero, and the declared defaults of scalars.");
  out.statement("void " + name + "_defaults(struct " + name + "_params *p);");
  out.comment("Bytes of device memory that a launch needs besides its "
              "tensors.");
  out.statement("int64_t " + name + "_workspace(const struct " + name +
                "_params *p);");
  out.comment("What a code means.");
  out.statement("const char *" + name + "_status_string(int code);");
  out.blank();
  out.raw("#ifdef __cplusplus");
  out.raw("}");
  out.raw("#endif");
  out.raw("#endif // " + guard);
}

//===----------------------------------------------------------------------===//
// Definitions
//===----------------------------------------------------------------------===//

LogicalResult HostPrinter::printDefinitions() {
  if (failed(printLaunch())) {
    return failure();
  }
  out.blank();
  printDefaults();
  out.blank();
  if (failed(printWorkspace())) {
    return failure();
  }
  out.blank();
  headers.use("host_status_string");
  out.shortFunction("extern \"C\" const char *" + name +
                        "_status_string(int code)",
                    "return spak::host_status_string(code);");
  return success();
}

void HostPrinter::printDefaults() {
  std::string head =
      "extern \"C\" void " + name + "_defaults(struct " + name + "_params *p)";
  std::string clear = "*p = " + name + "_params{};";
  std::vector<std::string> statements;
  for (const HostArgument &argument : hostArguments(host)) {
    Attribute given =
        argument.attrs ? argument.attrs.get("spak.default") : Attribute();
    std::string value;
    if (auto real = dyn_cast_or_null<FloatAttr>(given)) {
      value =
          argument.value.getType().isInteger()
              ? std::to_string(static_cast<int64_t>(real.getValueAsDouble()))
              : floatText(real.getValue());
    } else if (auto integer = dyn_cast_or_null<IntegerAttr>(given)) {
      value = std::to_string(integer.getInt());
    } else {
      continue;
    }
    statements.push_back("p->" + argument.name().str() + " = " + value + ";");
  }
  if (statements.empty()) {
    out.shortFunction(head, clear);
    return;
  }
  out.open(head);
  out.statement(clear);
  for (const std::string &statement : statements) {
    out.statement(statement);
  }
  out.close();
}

LogicalResult HostPrinter::printLaunch() {
  headers.use("host_fail");
  out.open("extern \"C\" int " + name + "_launch(const struct " + name +
           "_params *p, void *stream, const char **message)");
  out.open("if (message != nullptr)");
  out.statement("*message = nullptr;");
  out.close();
  out.open("if (p == nullptr)");
  out.statement("return spak::host_fail(1, \"params is null\", message);");
  out.close();
  auto sizes = host.getOps<HostWorkspaceOp>();
  for (Operation &op : llvm::reverse(host.getBody().front())) {
    bool isPart =
        op.getNumResults() > 0 && !op.use_empty() &&
        llvm::all_of(op.getUsers(), [&](Operation *user) {
          return isa<HostWorkspaceOp>(user) || ofWorkspace.count(user);
        });
    if (!sizes.empty() && isPart) {
      ofWorkspace.insert(&op);
    }
  }
  for (Operation &op : host.getBody().front()) {
    if (!ofWorkspace.count(&op) && failed(printOp(&op))) {
      return failure();
    }
  }
  out.close();
  return success();
}

/// Prints what the size is computed from once more: the two functions share
/// nothing.
LogicalResult HostPrinter::printWorkspace() {
  std::string head =
      "extern \"C\" int64_t " + name + "_workspace(const struct " + name;
  auto sizes = host.getOps<HostWorkspaceOp>();
  if (sizes.empty()) {
    out.shortFunction(head + "_params *)", "return 0;");
    return success();
  }
  SetVector<Operation *> needed;
  SmallVector<Value> open{(*sizes.begin()).getBytes()};
  bool usesParams = false;
  while (!open.empty()) {
    Value value = open.pop_back_val();
    Operation *op = value.getDefiningOp();
    usesParams |= !op;
    if (op && needed.insert(op)) {
      llvm::append_range(open, op->getOperands());
    }
  }
  out.open(head + (usesParams ? "_params *p)" : "_params *)"));
  inWorkspace = true;
  for (Operation &op : host.getBody().front()) {
    if (needed.contains(&op) && failed(printOp(&op))) {
      return failure();
    }
  }
  inWorkspace = false;
  auto bytes = expressions.text((*sizes.begin()).getBytes());
  if (!bytes) {
    return failure();
  }
  out.statement("return " + *bytes + ";");
  out.close();
  return success();
}

LogicalResult HostPrinter::printSms(HostSmsOp op) {
  headers.use("host_sms");
  std::string variable = variableName(op.getResult()).str();
  if (variable.empty()) {
    return success();
  }
  out.statement("const int64_t " + variable + " = spak::host_sms();");
  if (inWorkspace) {
    return success();
  }
  out.open("if (" + variable + " == 0)");
  out.statement("return spak::host_fail(7, \"no CUDA device\", message);");
  out.close();
  return success();
}

LogicalResult HostPrinter::printOp(Operation *op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([](ReturnOp) { return success(); })
      .Case([&](HostCheckOp check) { return printCheck(check); })
      .Case([&](HostTensorMapOp map) { return printTensorMap(map); })
      .Case([&](HostLaunchOp launch) { return printKernelLaunch(launch); })
      .Case([](HostWorkspaceOp) { return success(); })
      .Case([&](HostSmsOp sms) { return printSms(sms); })
      .Case([&](HostClustersOp clusters) { return printClusters(clusters); })
      .Default([&](Operation *) -> LogicalResult {
        bool scalar = isa<HostAlignedOp, HostPresentOp>(op) ||
                      isa_and_nonnull<arith::ArithDialect>(op->getDialect());
        if (!scalar || op->getNumResults() != 1) {
          return op->emitError("`")
                 << op->getName() << "` has no text on the host";
        }
        StringRef variable = variableName(op->getResult(0));
        if (variable.empty()) {
          return success();
        }
        auto definition = expressions.define(op);
        if (!definition) {
          return failure();
        }
        out.statement("const " +
                      ExpressionPrinter::typeName(op->getResult(0).getType()) +
                      " " + variable + " = " + definition->text + ";");
        return success();
      });
}

LogicalResult HostPrinter::printClusters(HostClustersOp op) {
  std::string variable = variableName(op.getResult()).str();
  if (variable.empty()) {
    return success();
  }
  auto kernel =
      SymbolTable::lookupNearestSymbolFrom<KernelOp>(host, op.getKernelAttr());
  if (!kernel) {
    return op.emitError("asks for clusters of `")
           << op.getKernel() << "`, which is no kernel";
  }
  headers.use("host_clusters");
  out.statement("static std::atomic<uint64_t> resident{0};");
  out.statement("const int64_t " + variable +
                " = spak::host_clusters(reinterpret_cast<const void *>(&" +
                op.getKernel() + "), " + Twine(kernel.getCluster()) + ", " +
                Twine(kernel.getThreads()) + ", " +
                Twine(kernel.getSmemBytes().value_or(0)) + ", resident);");
  out.open("if (" + variable + " == 0)");
  out.statement("return spak::host_fail(7, \"no CUDA device that runs a "
                "cluster of the kernel\", message);");
  out.close();
  return success();
}

LogicalResult HostPrinter::printCheck(HostCheckOp op) {
  auto refusal = expressions.negation(op.getCondition());
  if (!refusal) {
    return failure();
  }
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::printEscapedString(op.getMessage(), stream);
  out.open("if (" + *refusal + ")");
  if (op.getCode() == 0) {
    out.statement("return 0; // " + text);
    out.close();
    return success();
  }
  out.statement("return spak::host_fail(" + Twine(op.getCode()) + ", \"" +
                text + "\", message);");
  out.close();
  return success();
}

LogicalResult HostPrinter::printTensorMap(HostTensorMapOp op) {
  headers.use("host_tensor_map");
  std::string map = variableName(op.getResult()).str();
  auto list = [&](ValueRange values) -> std::optional<std::string> {
    std::string text;
    for (Value value : values) {
      auto one = expressions.text(value);
      if (!one) {
        return std::nullopt;
      }
      text += (text.empty() ? "" : ", ") + *one;
    }
    return text;
  };
  auto base = expressions.text(op.getBase());
  auto dims = list(op.getDims());
  auto strides = list(op.getStrides());
  if (!base || !dims || !strides) {
    return failure();
  }
  std::string box;
  for (int64_t size : op.getBox()) {
    box += (box.empty() ? "" : ", ") + std::to_string(size);
  }
  Type element = op.getBase().getType().getElementType();
  StringRef type = element.isBF16()  ? "BFLOAT16"
                   : element.isF16() ? "FLOAT16"
                   : element.isF32() ? "FLOAT32"
                                     : "INT32";
  std::string swizzle =
      op.getSwizzle() == 0 ? "NONE" : std::to_string(op.getSwizzle()) + "B";
  int64_t bytes = element.getIntOrFloatBitWidth() / 8;
  out.statement("spak::TensorMap " + map + ";");
  out.open("");
  out.statement("const int64_t dims[] = {" + *dims + "};");
  out.statement("const int64_t strides[] = {" +
                (op.getStrides().empty() ? "0" : *strides) + "};");
  out.statement("const int box[] = {" + box + "};");
  std::string tensor = map;
  if (auto arg = dyn_cast<BlockArgument>(op.getBase())) {
    auto name =
        host.getArgAttrOfType<StringAttr>(arg.getArgNumber(), "spak.name");
    tensor = name ? name.getValue().str() : map;
  }
  out.statement("const char *failure = spak::host_tensor_map(" + map +
                ", CU_TENSOR_MAP_DATA_TYPE_" + type + ", " + Twine(bytes) +
                ", " + Twine(op.getDims().size()) + ", " + *base +
                ", dims, strides, box, CU_TENSOR_MAP_SWIZZLE_" + swizzle +
                ", \"the driver refused the tensor map of `" + tensor +
                "`\");");
  out.open("if (failure != nullptr)");
  out.statement("return spak::host_fail(7, failure, message);");
  out.close();
  out.close();
  return success();
}

LogicalResult HostPrinter::printKernelLaunch(HostLaunchOp op) {
  auto kernel =
      SymbolTable::lookupNearestSymbolFrom<KernelOp>(host, op.getKernelAttr());
  if (!kernel || kernel.getNumArguments() != op.getArgs().size()) {
    return op.emitError("launches `")
           << op.getKernel() << "` with " << op.getArgs().size()
           << " arguments, which it does not take";
  }
  auto grid = expressions.text(op.getGrid());
  if (!grid) {
    return failure();
  }
  bool clustered = kernel.getCluster() > 1;
  headers.use(clustered ? "host_launch_clusters" : "host_launch");
  std::vector<std::string> locals;
  for (auto [value, parameter] :
       llvm::zip(op.getArgs(), kernel.getArguments())) {
    std::string local = variableName(value).str();
    if (!isa<TensorMapType>(value.getType())) {
      auto text = expressions.text(value);
      if (!text) {
        return failure();
      }
      local = variableName(parameter).str() + "_arg";
      StringRef type = ExpressionPrinter::typeName(value.getType());
      bool pointer = isa<GlobalType>(value.getType());
      out.statement((pointer ? StringRef("const void *") : type) +
                    (pointer ? "" : " ") + local + " = " + *text + ";");
    }
    locals.push_back(local);
  }
  out.statement("void *arguments[" + Twine(locals.size()) + "];");
  for (auto [i, local] : llvm::enumerate(locals)) {
    out.statement("arguments[" + Twine(i) + "] = &" + local + ";");
  }
  out.statement("static std::atomic<uint64_t> prepared{0};");
  out.statement(
      "return spak::host_launch" + Twine(clustered ? "_clusters" : "") +
      "(reinterpret_cast<const void *>(&" + op.getKernel() + "), " + *grid +
      ", " + (clustered ? std::to_string(kernel.getCluster()) + ", " : "") +
      Twine(kernel.getThreads()) + ", " +
      Twine(kernel.getSmemBytes().value_or(0)) +
      ", stream, arguments, prepared, message);");
  return success();
}

} // namespace spak::cuda
