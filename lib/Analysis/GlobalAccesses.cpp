// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: sectors of every access to global memory. The addresses of the 32
// lanes of a warp come from the coordinates and patterns of the op; bases and
// strides count as multiples of 128 bytes, and every element as present.
#include "Accesses.h"

#include "ScalarValues.h"
#include "spak/Layout/TensorCore.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

#include <set>

using namespace mlir;

namespace spak::analysis {

namespace {

constexpr int64_t kSector = 32;
constexpr int64_t kLanes = 32;
/// What an unknown stride and an unknown size are taken for. Both are multiples
/// of 128 elements, as a tensor map demands of 16 bytes.
constexpr int64_t kStride = int64_t(1) << 20;
constexpr int64_t kSize = 4096;

Integer assume(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  bool ofKernel =
      argument && isa<cuda::KernelOp>(argument.getOwner()->getParentOp());
  if (ofKernel && value.getType().isInteger(64)) {
    return kStride;
  }
  if (ofKernel && value.getType().isInteger(32)) {
    return kSize;
  }
  return 0;
}

std::string tensorOf(Value pointer, cuda::KernelOp kernel) {
  auto argument = dyn_cast<BlockArgument>(pointer);
  if (!argument) {
    return "?";
  }
  auto name =
      kernel.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "spak.name");
  return name ? name.getValue().str() : "?";
}

int64_t bytesOf(Type element) {
  if (auto packed = dyn_cast<VectorType>(element)) {
    element = packed.getElementType();
  }
  return element.getIntOrFloatBitWidth() / 8;
}

/// One request of a warp.
struct Request {
  int64_t bytes = 0, sectors = 0;
};

Request requestAt(ArrayRef<int64_t> addresses, int64_t width) {
  std::set<int64_t> distinct(addresses.begin(), addresses.end());
  return {static_cast<int64_t>(distinct.size()) * width,
          layout::sectors(addresses, width)};
}

/// The worst request of a fragment's accesses.
template <typename Op>
std::optional<space::GlobalAccess> fragment(Op op, Value pointer, Type fragType,
                                            cuda::KernelOp kernel,
                                            StringRef what) {
  auto type = cast<cuda::FragType>(fragType);
  int64_t elementBytes =
      bytesOf(cast<cuda::GlobalType>(pointer.getType()).getElementType());
  int64_t vec = op.getVec();
  int64_t count = type.getCount() * (type.isPacked() ? 2 : 1);
  SmallVector<int64_t> bases(kLanes, 0);
  // By axis: coordinate and stride of each lane, at register 0.
  SmallVector<SmallVector<int64_t>> starts;
  SmallVector<int64_t> strides;
  SmallVector<bool> active(kLanes, true);
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    ThreadPlace place;
    place.lane = lane;
    LazyValues values(place, assume);
    Integer base = values(op.getBase());
    if (!base) {
      return std::nullopt;
    }
    bases[lane] = *base;
    if (op.getWhen()) {
      active[lane] = values(op.getWhen()).value_or(1) != 0;
    }
    auto &axes = starts.emplace_back();
    strides.clear();
    for (auto [coord, stride] :
         llvm::zip_equal(op.getCoords(), op.getStrides())) {
      axes.push_back(values(coord).value_or(0));
      strides.push_back(values(stride).value_or(kStride));
    }
  }
  space::GlobalAccess worst;
  double worstRatio = -1;
  for (int64_t i = 0; i < count; i += vec) {
    SmallVector<int64_t> addresses;
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      if (!active[lane]) {
        continue;
      }
      int64_t offset = bases[lane];
      for (auto [axis, pattern] : llvm::enumerate(op.getPatterns())) {
        auto digits = dyn_cast<cuda::PatternAttr>(pattern);
        offset += (starts[lane][axis] + (digits ? digits.evaluate(i) : i)) *
                  strides[axis];
      }
      addresses.push_back(offset * elementBytes);
    }
    if (addresses.empty()) {
      continue;
    }
    Request request = requestAt(addresses, vec * elementBytes);
    int64_t ideal = (request.bytes + kSector - 1) / kSector;
    double ratio = static_cast<double>(request.sectors) /
                   static_cast<double>(std::max<int64_t>(ideal, 1));
    if (ratio > worstRatio) {
      worstRatio = ratio;
      worst.bytes = request.bytes;
      worst.ideal = ideal;
      worst.sectors = request.sectors;
      worst.width = vec * elementBytes;
    }
  }
  worst.what = what.str();
  worst.tensor = tensorOf(pointer, kernel);
  return worst;
}

std::optional<space::GlobalAccess> element(Value pointer, Value offset,
                                           Value when, cuda::KernelOp kernel,
                                           StringRef what) {
  int64_t width =
      bytesOf(cast<cuda::GlobalType>(pointer.getType()).getElementType());
  SmallVector<int64_t> addresses;
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    ThreadPlace place;
    place.lane = lane;
    LazyValues values(place, assume);
    Integer at = values(offset);
    if (!at) {
      return std::nullopt;
    }
    if (!when || values(when).value_or(1) != 0) {
      addresses.push_back(*at * width);
    }
  }
  Request request = requestAt(addresses, width);
  space::GlobalAccess found;
  found.what = what.str();
  found.tensor = tensorOf(pointer, kernel);
  found.bytes = request.bytes;
  found.ideal = (request.bytes + kSector - 1) / kSector;
  found.sectors = request.sectors;
  found.width = width;
  return found;
}

/// What a warp leaves of a fragment for another, or takes: lane after lane.
space::GlobalAccess partial(Value pointer, Type fragType, cuda::KernelOp kernel,
                            StringRef what) {
  int64_t count = cast<cuda::FragType>(fragType).getCount();
  space::GlobalAccess found;
  found.width = (count % 4 == 0   ? 4
                 : count % 2 == 0 ? 2
                                  : 1) *
                bytesOf(cast<cuda::FragType>(fragType).getElementType());
  SmallVector<int64_t> addresses;
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    addresses.push_back(lane * found.width);
  }
  Request request = requestAt(addresses, found.width);
  found.what = what.str();
  found.tensor = tensorOf(pointer, kernel);
  found.bytes = request.bytes;
  found.ideal = (request.bytes + kSector - 1) / kSector;
  found.sectors = request.sectors;
  return found;
}

/// True in the `else` of a branch: what the kernel falls back to.
bool isFallback(Operation *op) {
  for (; op; op = op->getParentOp()) {
    auto branch = dyn_cast_or_null<scf::IfOp>(op->getParentOp());
    if (branch && op->getParentRegion() == &branch.getElseRegion()) {
      return true;
    }
  }
  return false;
}

/// Rows of a box are contiguous and start at multiples of 16 bytes: so many
/// sectors a row, the tensor's rows being multiples of 32 bytes.
space::GlobalAccess box(StringRef what, cuda::HostTensorMapOp map) {
  space::GlobalAccess found;
  found.what = what.str();
  found.tensor = TensorMaps::nameOf(map);
  int64_t rowBytes = map.getBox().front() * TensorMaps::elementBytes(map);
  int64_t rows = 1;
  for (int64_t extent : map.getBox().drop_front()) {
    rows *= extent;
  }
  found.bytes = rowBytes * rows;
  found.ideal = (found.bytes + kSector - 1) / kSector;
  found.sectors = rows * ((rowBytes + kSector - 1) / kSector);
  return found;
}

} // namespace

TensorMaps::TensorMaps(ModuleOp module, cuda::KernelOp kernel) {
  module.walk([&](cuda::HostLaunchOp launch) {
    if (launch.getKernel() != kernel.getSymName()) {
      return;
    }
    Block &entry = kernel.getBody().front();
    for (auto [argument, value] :
         llvm::zip(entry.getArguments(), launch.getArgs())) {
      maps[argument] = value.getDefiningOp<cuda::HostTensorMapOp>();
    }
  });
}

cuda::HostTensorMapOp TensorMaps::of(Value argument) const {
  return dyn_cast_or_null<cuda::HostTensorMapOp>(maps.lookup(argument));
}

std::string TensorMaps::nameOf(cuda::HostTensorMapOp map) {
  auto argument = dyn_cast<BlockArgument>(map.getBase());
  auto host = map->getParentOfType<cuda::HostOp>();
  auto name = argument && host ? host.getArgAttrOfType<StringAttr>(
                                     argument.getArgNumber(), "spak.name")
                               : StringAttr();
  return name ? name.getValue().str() : "?";
}

int64_t TensorMaps::elementBytes(cuda::HostTensorMapOp map) {
  return bytesOf(
      cast<cuda::GlobalType>(map.getBase().getType()).getElementType());
}

int64_t TensorMaps::boxBytes(cuda::HostTensorMapOp map) {
  int64_t bytes = elementBytes(map);
  for (int64_t extent : map.getBox()) {
    bytes *= extent;
  }
  return bytes;
}

void countGlobal(cuda::KernelOp kernel, const TensorMaps &maps,
                 space::KernelFigures &figures) {
  auto add = [&](Operation *op, std::optional<space::GlobalAccess> access) {
    if (!access) {
      figures.uncounted.push_back(op->getName().getStringRef().str());
      return;
    }
    access->line = lineOf(op->getLoc());
    access->fallback = isFallback(op);
    figures.global.push_back(std::move(*access));
  };
  kernel.walk([&](Operation *op) {
    llvm::TypeSwitch<Operation *>(op)
        .Case([&](cuda::LoadFragOp load) {
          add(op, fragment(load, load.getSrc(), load.getResult().getType(),
                           kernel, "load_frag"));
        })
        .Case([&](cuda::StoreFragOp store) {
          add(op, fragment(store, store.getDst(), store.getFrag().getType(),
                           kernel, "store_frag"));
        })
        .Case([&](cuda::LoadOp load) {
          add(op, element(load.getSrc(), load.getOffset(), Value(), kernel,
                          "load"));
        })
        .Case([&](cuda::StoreOp store) {
          add(op, element(store.getDst(), store.getOffset(), store.getWhen(),
                          kernel, "store"));
        })
        .Case([&](cuda::TmaLoadOp load) {
          cuda::HostTensorMapOp map = maps.of(load.getMap());
          add(op, map ? std::optional(box("tma.load", map)) : std::nullopt);
        })
        .Case([&](cuda::TmaStoreOp store) {
          cuda::HostTensorMapOp map = maps.of(store.getMap());
          add(op, map ? std::optional(box("tma.store", map)) : std::nullopt);
        })
        .Case([&](cuda::PartialLeaveOp leave) {
          for (Value frag : leave.getFrags()) {
            add(op, partial(leave.getWorkspace(), frag.getType(), kernel,
                            "partial.leave"));
          }
        })
        .Case([&](cuda::PartialTakeOp take) {
          add(op, partial(take.getWorkspace(), take.getResult().getType(),
                          kernel, "partial.take"));
        })
        .Case([&](cuda::PartialAddOp sum) {
          add(op, partial(sum.getWorkspace(), sum.getResult().getType(), kernel,
                          "partial.add"));
        })
        .Case<cuda::HostTensorMapOp, cuda::HostPresentOp, cuda::HostAlignedOp,
              cuda::HostLaunchOp>([](auto) {})
        .Default([&](Operation *other) {
          bool touches = llvm::any_of(other->getOperandTypes(), [](Type type) {
            return isa<cuda::GlobalType>(type);
          });
          if (touches) {
            figures.uncounted.push_back(other->getName().getStringRef().str());
          }
        });
  });
}

} // namespace spak::analysis
