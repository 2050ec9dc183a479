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

} // namespace

ScalarOp::ScalarOp(Operation *op) {
  IntegerAttr constant;
  if (matchPattern(op, m_Constant(&constant))) {
    kind = Kind::Constant;
    // A truth value is 0 or 1, whatever the sign of its one bit.
    number = constant.getType().isInteger(1)
                 ? constant.getValue().getZExtValue()
                 : constant.getValue().getSExtValue();
    return;
  }
  readId(op);
  if (kind == Kind::None) {
    readArithmetic(op);
  }
}

void ScalarOp::readId(Operation *op) {
  kind = llvm::TypeSwitch<Operation *, Kind>(op)
             .Case([](cuda::LaneOp) { return Kind::Lane; })
             .Case([](cuda::WarpInGroupOp) { return Kind::Warp; })
             .Case([](cuda::GroupInRoleOp) { return Kind::Group; })
             .Case([](cuda::ThreadInGroupOp) { return Kind::ThreadInGroup; })
             .Case([](cuda::ThreadInRoleOp) { return Kind::ThreadInRole; })
             .Case([](cuda::BlockOp) { return Kind::Block; })
             .Case([](cuda::BlocksOp) { return Kind::Blocks; })
             .Case([](cuda::HostSmsOp) { return Kind::Sms; })
             .Case([](cuda::HostClustersOp) { return Kind::Clusters; })
             .Case<cuda::ClaimOp, cuda::TakeOp>([&](auto next) {
               arity = 1;
               begin = next.getCountMutable().getOperandNumber();
               return Kind::Claimed;
             })
             .Case<cuda::HostAlignedOp, cuda::HostPresentOp>(
                 [](auto) { return Kind::Constant; })
             .Default(Kind::None);
  number = 1; // what is aligned and present is so
}

void ScalarOp::readArithmetic(Operation *op) {
  if (isa<cuda::UniformOp, cuda::OpaqueOp, arith::ExtSIOp, arith::ExtUIOp,
          arith::TruncIOp, arith::IndexCastOp>(op)) {
    kind = Kind::Same;
    arity = 1;
    return;
  }
  if (isa<arith::SelectOp>(op)) {
    kind = Kind::Select;
    arity = 3;
    return;
  }
  kind =
      llvm::TypeSwitch<Operation *, Kind>(op)
          .Case([](arith::AddIOp) { return Kind::Add; })
          .Case([](arith::SubIOp) { return Kind::Sub; })
          .Case([](arith::MulIOp) { return Kind::Mul; })
          .Case<arith::DivUIOp, arith::DivSIOp>([](auto) { return Kind::Div; })
          .Case<arith::RemUIOp, arith::RemSIOp>([](auto) { return Kind::Rem; })
          .Case<arith::CeilDivSIOp, arith::CeilDivUIOp>(
              [](auto) { return Kind::CeilDiv; })
          .Case([](arith::FloorDivSIOp) { return Kind::FloorDiv; })
          .Case<arith::ShRSIOp, arith::ShRUIOp>(
              [](auto) { return Kind::ShiftRight; })
          .Case([](arith::ShLIOp) { return Kind::ShiftLeft; })
          .Case([](arith::AndIOp) { return Kind::And; })
          .Case([](arith::OrIOp) { return Kind::Or; })
          .Case([](arith::XOrIOp) { return Kind::Xor; })
          .Case<arith::MinSIOp, arith::MinUIOp>([](auto) { return Kind::Min; })
          .Case<arith::MaxSIOp, arith::MaxUIOp>([](auto) { return Kind::Max; })
          .Case([&](arith::CmpIOp compared) {
            number = static_cast<int64_t>(compared.getPredicate());
            return Kind::Compare;
          })
          .Default(Kind::None);
  arity = kind == Kind::None ? 0 : 2;
}

Integer ScalarOp::binary(int64_t a, int64_t b) const {
  auto ua = static_cast<uint64_t>(a), ub = static_cast<uint64_t>(b);
  bool divides = b != 0 && !(a == INT64_MIN && b == -1);
  bool shifts = b >= 0 && b < 63;
  switch (kind) {
  case Kind::Add:
    return wrap(ua + ub);
  case Kind::Sub:
    return wrap(ua - ub);
  case Kind::Mul:
    return wrap(ua * ub);
  case Kind::Div:
    return divides ? Integer(a / b) : std::nullopt;
  case Kind::Rem:
    return divides ? Integer(a % b) : std::nullopt;
  case Kind::CeilDiv:
    return divides ? Integer(a / b + (a % b != 0 && (a < 0) == (b < 0) ? 1 : 0))
                   : std::nullopt;
  case Kind::FloorDiv:
    return divides ? Integer(a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0))
                   : std::nullopt;
  case Kind::ShiftRight:
    return shifts ? Integer(a >> b) : std::nullopt;
  case Kind::ShiftLeft:
    return shifts ? Integer(wrap(ua << b)) : std::nullopt;
  case Kind::And:
    return a & b;
  case Kind::Or:
    return a | b;
  case Kind::Xor:
    return a ^ b;
  case Kind::Min:
    return std::min(a, b);
  case Kind::Max:
    return std::max(a, b);
  case Kind::Compare:
    return compare(static_cast<arith::CmpIPredicate>(number), a, b);
  default:
    return std::nullopt;
  }
}

Integer ScalarOp::operator()(const ThreadPlace &place,
                             const Integer *operands) const {
  switch (kind) {
  case Kind::None:
    return std::nullopt;
  case Kind::Constant:
    return number;
  case Kind::Lane:
    return place.lane;
  case Kind::Warp:
    return place.warp;
  case Kind::Group:
    return place.group;
  case Kind::ThreadInGroup:
    return place.warp * kLanes + place.lane;
  case Kind::ThreadInRole:
    return place.group * kThreadsPerGroup + place.warp * kLanes + place.lane;
  case Kind::Block:
    return place.block;
  case Kind::Blocks:
    return place.blocks;
  case Kind::Sms:
    return place.sms;
  case Kind::Clusters:
    return place.clusters;
  case Kind::Claimed:
    // As if every block were as fast as the others.
    return operands[0]
               ? Integer(place.block + (*operands[0] + 1) * place.blocks)
               : std::nullopt;
  case Kind::Same:
    return operands[0];
  case Kind::Select:
    return operands[0] ? operands[*operands[0] ? 1 : 2] : std::nullopt;
  default:
    return operands[0] && operands[1] ? binary(*operands[0], *operands[1])
                                      : std::nullopt;
  }
}

Integer evaluate(Operation *op, const ThreadPlace &place,
                 llvm::function_ref<Integer(Value)> valueOf) {
  ScalarOp scalar(op);
  Integer operands[ScalarOp::kMostOperands];
  for (unsigned i = 0; i < scalar.operands(); ++i) {
    bool left = scalar.selects() && i > 0 &&
                (!operands[0] || (*operands[0] != 0) != (i == 1));
    operands[i] =
        left ? std::nullopt : valueOf(op->getOperand(scalar.first() + i));
    if (!left && !operands[i]) {
      return std::nullopt;
    }
  }
  return scalar(place, operands);
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
