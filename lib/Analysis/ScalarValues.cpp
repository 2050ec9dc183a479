// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: integer arithmetic on one thread's values.
#include "ScalarValues.h"

#include "spak/Dialect/SpakCuda/IR/SpakCuda.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace spak::analysis {

namespace {

constexpr int64_t kLanes = 32;
constexpr int64_t kThreadsPerGroup = 128;

Integer compare(arith::CmpIPredicate predicate, int64_t a, int64_t b) {
  auto ua = static_cast<uint64_t>(a), ub = static_cast<uint64_t>(b);
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return a == b;
  case arith::CmpIPredicate::ne:
    return a != b;
  case arith::CmpIPredicate::slt:
    return a < b;
  case arith::CmpIPredicate::sle:
    return a <= b;
  case arith::CmpIPredicate::sgt:
    return a > b;
  case arith::CmpIPredicate::sge:
    return a >= b;
  case arith::CmpIPredicate::ult:
    return ua < ub;
  case arith::CmpIPredicate::ule:
    return ua <= ub;
  case arith::CmpIPredicate::ugt:
    return ua > ub;
  case arith::CmpIPredicate::uge:
    return ua >= ub;
  }
  return std::nullopt;
}

/// Sums and products wrap as unsigned numbers do; that is no undefined
/// behaviour here.
int64_t wrap(uint64_t value) { return static_cast<int64_t>(value); }

Integer arithmetic(Operation *op, int64_t a, int64_t b) {
  auto ua = static_cast<uint64_t>(a), ub = static_cast<uint64_t>(b);
  bool divides = b != 0 && !(a == INT64_MIN && b == -1);
  bool shifts = b >= 0 && b < 63;
  using R = Integer;
  return llvm::TypeSwitch<Operation *, R>(op)
      .Case([&](arith::AddIOp) { return R(wrap(ua + ub)); })
      .Case([&](arith::SubIOp) { return R(wrap(ua - ub)); })
      .Case([&](arith::MulIOp) { return R(wrap(ua * ub)); })
      .Case<arith::DivUIOp, arith::DivSIOp>(
          [&](auto) { return divides ? R(a / b) : R(); })
      .Case<arith::RemUIOp, arith::RemSIOp>(
          [&](auto) { return divides ? R(a % b) : R(); })
      .Case<arith::CeilDivSIOp, arith::CeilDivUIOp>([&](auto) {
        return divides ? R(a / b + ((a % b != 0 && (a < 0) == (b < 0)) ? 1 : 0))
                       : R();
      })
      .Case<arith::FloorDivSIOp>([&](auto) {
        return divides ? R(a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0))
                       : R();
      })
      .Case<arith::ShRSIOp, arith::ShRUIOp>(
          [&](auto) { return shifts ? R(a >> b) : R(); })
      .Case([&](arith::ShLIOp) { return shifts ? R(wrap(ua << b)) : R(); })
      .Case([&](arith::AndIOp) { return R(a & b); })
      .Case([&](arith::OrIOp) { return R(a | b); })
      .Case([&](arith::XOrIOp) { return R(a ^ b); })
      .Case<arith::MinSIOp, arith::MinUIOp>(
          [&](auto) { return R(std::min(a, b)); })
      .Case<arith::MaxSIOp, arith::MaxUIOp>(
          [&](auto) { return R(std::max(a, b)); })
      .Case([&](arith::CmpIOp compared) {
        return compare(compared.getPredicate(), a, b);
      })
      .Default(R());
}

} // namespace

Integer evaluate(Operation *op, const ThreadPlace &place,
                 llvm::function_ref<Integer(Value)> valueOf) {
  IntegerAttr constant;
  if (matchPattern(op, m_Constant(&constant))) {
    // A truth value is 0 or 1, whatever the sign of its one bit.
    return constant.getType().isInteger(1) ? constant.getValue().getZExtValue()
                                           : constant.getValue().getSExtValue();
  }
  Integer id = llvm::TypeSwitch<Operation *, Integer>(op)
                   .Case([&](cuda::LaneOp) { return place.lane; })
                   .Case([&](cuda::WarpInGroupOp) { return place.warp; })
                   .Case([&](cuda::GroupInRoleOp) { return place.group; })
                   .Case([&](cuda::ThreadInGroupOp) {
                     return place.warp * kLanes + place.lane;
                   })
                   .Case([&](cuda::ThreadInRoleOp) {
                     return place.group * kThreadsPerGroup +
                            place.warp * kLanes + place.lane;
                   })
                   .Case([&](cuda::BlockOp) { return place.block; })
                   .Case([&](cuda::BlocksOp) { return place.blocks; })
                   .Case([&](cuda::HostSmsOp) { return place.sms; })
                   .Case<cuda::HostAlignedOp, cuda::HostPresentOp>(
                       [](auto) { return Integer(1); })
                   .Default(Integer());
  if (id) {
    return id;
  }
  if (isa<cuda::UniformOp, cuda::OpaqueOp, arith::ExtSIOp, arith::ExtUIOp,
          arith::TruncIOp, arith::IndexCastOp>(op)) {
    return valueOf(op->getOperand(0));
  }
  if (isa<arith::SelectOp>(op)) {
    Integer condition = valueOf(op->getOperand(0));
    return condition ? valueOf(op->getOperand(*condition ? 1 : 2))
                     : std::nullopt;
  }
  if (op->getNumOperands() != 2 || op->getNumResults() != 1 ||
      !isa<arith::ArithDialect>(op->getDialect())) {
    return std::nullopt;
  }
  Integer a = valueOf(op->getOperand(0)), b = valueOf(op->getOperand(1));
  return a && b ? arithmetic(op, *a, *b) : std::nullopt;
}

Integer LazyValues::operator()(Value value) {
  auto [entry, fresh] = known.try_emplace(value, std::nullopt);
  if (!fresh) {
    return entry->second;
  }
  Integer found;
  if (Operation *op = value.getDefiningOp()) {
    found =
        evaluate(op, place, [&](Value operand) { return (*this)(operand); });
  }
  if (!found) {
    found = assumed(value);
  }
  known[value] = found;
  return found;
}

int64_t lineOf(Location loc) {
  int64_t line = 0;
  loc->walk([&](Location part) {
    if (auto place = dyn_cast<FileLineColLoc>(part)) {
      line = place.getLine();
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return line;
}

} // namespace spak::analysis
