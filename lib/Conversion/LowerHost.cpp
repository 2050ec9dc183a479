// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the launch function: its parameters, what it checks before it touches
// the device, the tensor maps and the launch. All its integers are i64.
#include "HostBuilder.h"
#include "Lowering.h"
#include "spak/Dialect/Spak/IR/SpakCluster.h"

using namespace mlir;

namespace spak::conversion {

namespace {

/// The codes of `host.check`.
enum Code : int64_t {
  NothingToDo = 0,
  NullPointer = 1,
  Misaligned = 2,
  BadShape = 3,
  BadStride = 4,
  TooLarge = 5,
  NotMet = 6
};

/// Base addresses and strides of a tensor map are multiples of this
/// (CUDA driver API 12.0, cuTensorMapEncodeTiled).
constexpr int64_t kTensorMapAlign = 16;
/// Strides of a tensor map stay below this many bytes (the same section).
constexpr int64_t kTensorMapStrideBytes = int64_t(1) << 40;
/// Axis indices are 32-bit on the device, and so are tile numbers: what is
/// left over keeps an index rounded up to its tile, or stepped once past the
/// last one, from overflowing.
constexpr int64_t kLargestIndex = (int64_t(1) << 31) - (int64_t(1) << 16);
/// What every allocator of device memory gives.
constexpr int64_t kWorkspaceAlign = 256;

} // namespace

HostBuilder::HostBuilder(ir::KernelOp kernel,
                         ArrayRef<DeviceArgument> arguments,
                         WorkspaceSize workspaceSize, OpBuilder &builder)
    : kernel(kernel), arguments(arguments), workspaceSize(workspaceSize),
      builder(builder), loc(kernel.getLoc()) {}

void HostBuilder::declare() {
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attrs;
  SmallVector<std::pair<BlockArgument, int64_t>> fields;
  auto add = [&](BlockArgument source, int64_t axis, Type type,
                 ArrayRef<NamedAttribute> attributes) {
    types.push_back(type);
    attrs.push_back(builder.getDictionaryAttr(attributes));
    fields.push_back({source, axis});
  };
  auto text = [&](StringRef key, StringRef value) {
    return builder.getNamedAttr(key, builder.getStringAttr(value));
  };
  for (BlockArgument arg : kernel.getArguments()) {
    unsigned number = arg.getArgNumber();
    std::string name = nameOfArgument(kernel, number);
    auto view = dyn_cast<ir::ViewType>(arg.getType());
    if (!view) {
      bool dim = arg.getType().isIndex();
      SmallVector<NamedAttribute> attributes{
          text("spak.name", name), text("spak.kind", dim ? "dim" : "scalar")};
      if (Attribute value = kernel.getArgAttr(number, "spak.default")) {
        attributes.push_back(builder.getNamedAttr("spak.default", value));
      }
      add(arg, -1, dim ? builder.getI64Type() : arg.getType(), attributes);
      continue;
    }
    SmallVector<Attribute> axes, extents;
    for (auto [i, axis] : llvm::enumerate(view.getAxes())) {
      axes.push_back(axis);
      extents.push_back(ShapedType::isDynamic(view.getShape()[i])
                            ? Attribute(axis)
                            : builder.getI64IntegerAttr(view.getShape()[i]));
    }
    int64_t align = byTensorMap(arg) ? kTensorMapAlign : elementBytes(view);
    auto kindAttr = kernel.getArgAttrOfType<StringAttr>(number, "spak.kind");
    StringRef kind = kindAttr ? kindAttr.getValue() : StringRef("in");
    add(arg, -1,
        cuda::GlobalType::get(builder.getContext(), view.getElementType()),
        {text("spak.name", name), text("spak.kind", kind),
         builder.getNamedAttr("spak.axes", builder.getArrayAttr(axes)),
         builder.getNamedAttr("spak.extents", builder.getArrayAttr(extents)),
         builder.getNamedAttr("spak.align", builder.getI64IntegerAttr(align))});
    for (int64_t i = 0; i + 1 < view.getRank(); ++i) {
      add(arg, i, builder.getI64Type(),
          {text("spak.name", name + "_stride_" + view.getAxes()[i].str()),
           text("spak.kind", "stride"), text("spak.tensor", name),
           text("spak.axis", view.getAxes()[i])});
    }
  }
  bool hasWorkspace = llvm::any_of(arguments, [](const DeviceArgument &arg) {
    return arg.kind == DeviceArgument::Workspace;
  });
  if (hasWorkspace) {
    add({}, -1,
        cuda::GlobalType::get(builder.getContext(), builder.getI32Type()),
        {text("spak.name", "workspace"), text("spak.kind", "workspace")});
  }
  host = cuda::HostOp::create(builder, loc, kernel.getSymName(),
                              builder.getFunctionType(types, {}), attrs);
  host.setPointAttr(kernel.getPointAttr());
  for (auto [field, value] :
       llvm::zip(fields, host.getEntryBlock()->getArguments())) {
    if (!field.first) {
      workspace = value;
      continue;
    }
    value.setLoc(field.first.getLoc());
    if (field.second < 0) {
      values[field.first] = value;
    } else {
      strides[field] = value;
    }
  }
}

int64_t HostBuilder::elementBytes(ir::ViewType view) {
  return std::max(1u, view.getElementType().getIntOrFloatBitWidth() / 8);
}

bool HostBuilder::byTensorMap(BlockArgument view) {
  return llvm::any_of(arguments, [&](const DeviceArgument &argument) {
    return argument.kind == DeviceArgument::TensorMap &&
           argument.source == view;
  });
}

Value HostBuilder::number(int64_t value) {
  return arith::ConstantIntOp::create(builder, loc, value, 64);
}

Value HostBuilder::compare(arith::CmpIPredicate how, Value a, Value b) {
  return arith::CmpIOp::create(builder, loc, how, a, b);
}

void HostBuilder::check(Value condition, int64_t code, const Twine &message) {
  cuda::HostCheckOp::create(builder, loc, condition, code, message.str());
}

FailureOr<Value> HostBuilder::value(Value source) {
  if (Value known = values.lookup(source)) {
    return known;
  }
  Operation *def = source.getDefiningOp();
  if (!def) {
    return kernel.emitOpError("an argument has no form in the launch");
  }
  SmallVector<Value> operands;
  for (Value operand : def->getOperands()) {
    FailureOr<Value> made = value(operand);
    if (failed(made)) {
      return failure();
    }
    operands.push_back(*made);
  }
  Value result;
  if (auto count = dyn_cast<ir::TileCountOp>(def)) {
    int64_t size = count.getSize();
    Value up =
        arith::AddIOp::create(builder, loc, operands[0], number(size - 1));
    result = arith::DivUIOp::create(builder, loc, up, number(size));
  } else if (auto constant = dyn_cast<arith::ConstantOp>(def)) {
    auto index = dyn_cast<IntegerAttr>(constant.getValue());
    result = source.getType().isIndex() ? number(index.getInt())
                                        : builder.clone(*def)->getResult(0);
  } else if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(def)) {
    result = operands[0];
    Type to =
        source.getType().isIndex() ? builder.getI64Type() : source.getType();
    unsigned from = result.getType().getIntOrFloatBitWidth();
    if (from < to.getIntOrFloatBitWidth()) {
      result = arith::ExtSIOp::create(builder, loc, to, result);
    } else if (from > to.getIntOrFloatBitWidth()) {
      result = arith::TruncIOp::create(builder, loc, to, result);
    }
  } else if (def->getName().getDialectNamespace() == "arith" ||
             def->getName().getDialectNamespace() == "math") {
    if (isa<arith::DivUIOp, arith::RemUIOp, arith::DivSIOp, arith::RemSIOp,
            arith::FloorDivSIOp, arith::CeilDivSIOp, arith::CeilDivUIOp>(def)) {
      // A size that divides may not be zero, or the check itself would trap.
      if (divisors.insert(operands[1]).second &&
          !matchPattern(operands[1], m_Constant())) {
        check(compare(arith::CmpIPredicate::sgt, operands[1], number(0)),
              BadShape, "a size that divides another is zero");
      }
    }
    IRMapping mapping;
    mapping.map(def->getOperands(), ValueRange(operands));
    Operation *copy = builder.clone(*def, mapping);
    if (copy->getResult(0).getType().isIndex()) {
      copy->getResult(0).setType(builder.getI64Type());
    }
    result = copy->getResult(0);
  } else {
    return def->emitOpError("has no form in the launch");
  }
  values[source] = result;
  return result;
}

LogicalResult HostBuilder::checkArguments() {
  for (BlockArgument arg : kernel.getArguments()) {
    std::string name = nameOfArgument(kernel, arg.getArgNumber());
    if (arg.getType().isIndex()) {
      Value size = values[arg];
      check(compare(arith::CmpIPredicate::sge, size, number(0)), BadShape,
            "`" + name + "` is negative");
      check(compare(arith::CmpIPredicate::sle, size, number(kLargestIndex)),
            TooLarge, "`" + name + "` is above " + Twine(kLargestIndex));
    }
  }
  for (BlockArgument arg : kernel.getArguments()) {
    auto view = dyn_cast<ir::ViewType>(arg.getType());
    if (!view) {
      continue;
    }
    std::string name = nameOfArgument(kernel, arg.getArgNumber());
    Value pointer = values[arg];
    // What has no elements needs no address.
    Value present =
        cuda::HostPresentOp::create(builder, loc, builder.getI1Type(), pointer);
    for (int64_t i = 0; i < view.getRank(); ++i) {
      FailureOr<Value> size = extent(arg, i);
      if (failed(size)) {
        return failure();
      }
      if (ShapedType::isDynamic(view.getShape()[i])) {
        Value none = compare(arith::CmpIPredicate::eq, *size, number(0));
        none.setLoc(NameLoc::get(
            builder.getStringAttr("no_" + view.getAxes()[i].getValue()), loc));
        present = arith::OrIOp::create(builder, loc, present, none);
      }
    }
    check(present, NullPointer, "`" + name + "` is null");
    bool mapped = byTensorMap(arg);
    int64_t bytes = elementBytes(view);
    int64_t align = mapped ? kTensorMapAlign : bytes;
    check(cuda::HostAlignedOp::create(builder, loc, builder.getI1Type(),
                                      pointer, align),
          Misaligned,
          "`" + name + "` is not aligned to " + Twine(align) + " bytes");
    for (int64_t i = 0; mapped && i + 1 < view.getRank(); ++i) {
      Value stride = strides[{arg, i}];
      StringRef axis = view.getAxes()[i];
      Value rest = arith::RemSIOp::create(builder, loc, stride,
                                          number(kTensorMapAlign / bytes));
      check(compare(arith::CmpIPredicate::eq, rest, number(0)), BadStride,
            "the stride of `" + name + "` along `" + axis +
                "` is not a multiple of " + Twine(kTensorMapAlign) + " bytes");
      check(compare(arith::CmpIPredicate::sge, stride, number(0)), BadStride,
            "the stride of `" + name + "` along `" + axis + "` is negative");
      check(compare(arith::CmpIPredicate::slt, stride,
                    number(kTensorMapStrideBytes / bytes)),
            BadStride,
            "the stride of `" + name + "` along `" + axis +
                "` is 2^40 bytes or more");
    }
  }
  return success();
}

void HostBuilder::checkWorkspace() {
  if (!workspace) {
    return;
  }
  check(
      cuda::HostPresentOp::create(builder, loc, builder.getI1Type(), workspace),
      NullPointer, "`workspace` is null");
  check(cuda::HostAlignedOp::create(builder, loc, builder.getI1Type(),
                                    workspace, kWorkspaceAlign),
        Misaligned,
        "`workspace` is not aligned to " + Twine(kWorkspaceAlign) + " bytes");
  Value bytes = number(workspaceSize.headBytes);
  if (workspaceSize.bytesPerBlock > 0) {
    Value sms = cuda::HostSmsOp::create(builder, loc);
    Value all = arith::MulIOp::create(builder, loc, sms,
                                      number(workspaceSize.bytesPerBlock));
    bytes = arith::AddIOp::create(builder, loc, all, bytes);
  }
  cuda::HostWorkspaceOp::create(builder, loc, bytes);
}

FailureOr<Value> HostBuilder::extent(BlockArgument tensor, int64_t axis) {
  auto view = cast<ir::ViewType>(tensor.getType());
  if (!ShapedType::isDynamic(view.getShape()[axis])) {
    return number(view.getShape()[axis]);
  }
  for (BlockArgument arg : kernel.getArguments()) {
    if (arg.getType().isIndex() && nameOfArgument(kernel, arg.getArgNumber()) ==
                                       view.getAxes()[axis].getValue()) {
      return values[arg];
    }
  }
  return kernel.emitOpError("expected a dim called `")
         << view.getAxes()[axis].getValue() << "` among the arguments";
}

FailureOr<Value> HostBuilder::tensorMap(const DeviceArgument &argument) {
  auto view = cast<ir::ViewType>(argument.source.getType());
  SmallVector<Value> dims, steps;
  for (int64_t i = view.getRank(); i-- > 0;) {
    FailureOr<Value> size = extent(argument.source, i);
    if (failed(size)) {
      return failure();
    }
    dims.push_back(*size);
    if (i + 1 < view.getRank()) {
      steps.push_back(strides[{argument.source, i}]);
    }
  }
  return Value(cuda::HostTensorMapOp::create(
      builder, loc, cuda::TensorMapType::get(builder.getContext()),
      values[argument.source], dims, steps, argument.box, argument.swizzle));
}

LogicalResult HostBuilder::build(cuda::KernelOp device, bool persistent) {
  OpBuilder::InsertionGuard guard(builder);
  declare();
  Block *body = host.getEntryBlock();
  if (!body->empty()) {
    body->clear();
  }
  builder.setInsertionPointToEnd(body);
  if (failed(checkArguments())) {
    return failure();
  }
  checkWorkspace();
  for (auto require : kernel.getOps<ir::RequireOp>()) {
    FailureOr<Value> condition = value(require.getCond());
    if (failed(condition)) {
      return failure();
    }
    check(*condition, NotMet, require.getWhy());
  }
  ir::GridOp grid;
  kernel.walk([&](ir::GridOp found) {
    grid = found;
    return WalkResult::interrupt();
  });
  if (!grid) {
    return kernel.emitOpError("has no grid");
  }
  std::optional<ir::Cluster> cluster = ir::clusterOf(grid);
  Value clusterBlocks = cluster ? number(cluster->blocks) : Value();
  Value blocks = number(1);
  for (auto [i, source] : llvm::enumerate(grid.getExtents())) {
    FailureOr<Value> size = value(source);
    if (failed(size)) {
      return failure();
    }
    Value places = *size;
    if (grid.getOrderAttr() &&
        grid.getOrderAttr().isPaired(grid.variableName(i))) {
      // A block takes two tiles, a long one and a short one.
      Value up = arith::AddIOp::create(builder, loc, places, number(1));
      places = arith::DivUIOp::create(builder, loc, up, number(2));
    }
    if (cluster && i == cluster->variable) {
      if (!isa<ir::RangeType>(grid.getBody()->getArgument(i).getType())) {
        // A tile past the end is empty; an index past the end is wrong.
        Value rest =
            arith::RemSIOp::create(builder, loc, places, clusterBlocks);
        check(compare(arith::CmpIPredicate::eq, rest, number(0)), BadShape,
              "`" + cluster->name + "` does not divide into clusters of " +
                  Twine(cluster->blocks));
      }
      Value up = arith::AddIOp::create(builder, loc, places,
                                       number(cluster->blocks - 1));
      places = arith::DivUIOp::create(builder, loc, up, clusterBlocks);
    }
    blocks = builder.createOrFold<arith::MulIOp>(loc, blocks, places);
  }
  check(compare(arith::CmpIPredicate::sle, blocks,
                number(kLargestIndex / (cluster ? cluster->blocks : 1))),
        TooLarge,
        "the grid has more than " +
            Twine(kLargestIndex / (cluster ? cluster->blocks : 1)) +
            (cluster ? " clusters" : " tiles"));
  check(compare(arith::CmpIPredicate::sgt, blocks, number(0)), NothingToDo,
        "nothing to compute");
  if (persistent) {
    Value places = cluster ? cuda::HostClustersOp::create(builder, loc,
                                                          device.getSymName())
                                 .getResult()
                           : cuda::HostSmsOp::create(builder, loc).getResult();
    blocks = arith::MinSIOp::create(builder, loc, blocks, places);
  }
  if (cluster) {
    blocks = arith::MulIOp::create(builder, loc, blocks, clusterBlocks);
  }
  SmallVector<Value> passed;
  for (const DeviceArgument &argument : arguments) {
    switch (argument.kind) {
    case DeviceArgument::TensorMap: {
      FailureOr<Value> map = tensorMap(argument);
      if (failed(map)) {
        return failure();
      }
      passed.push_back(*map);
      break;
    }
    case DeviceArgument::Stride:
      passed.push_back(strides[{argument.source, argument.axis}]);
      break;
    case DeviceArgument::Dim:
      passed.push_back(arith::TruncIOp::create(
          builder, loc, builder.getI32Type(), values[argument.source]));
      break;
    case DeviceArgument::Workspace:
      passed.push_back(workspace);
      break;
    case DeviceArgument::Pointer:
    case DeviceArgument::Scalar:
      passed.push_back(values[argument.source]);
      break;
    }
  }
  cuda::HostLaunchOp::create(builder, loc, device.getSymName(), blocks, passed);
  cuda::ReturnOp::create(builder, loc);
  return success();
}

LogicalResult KernelLowering::makeHost() {
  return HostBuilder(kernel, arguments, workspaceSize(), builder)
      .build(device, persistent.value_or(false));
}

} // namespace spak::conversion
