// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: signature, roles, loops, branches, rings and barriers.
#include "KernelPrinter.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace spak::cuda {

/// Every fragment must have a variable before anything is printed.
static LogicalResult checkNames(KernelOp kernel) {
  WalkResult result = kernel.walk([](Operation *op) {
    for (Value value : op->getResults()) {
      if (isa<FragType>(value.getType()) && variableName(value).empty()) {
        op->emitError("a fragment without a variable: run prepare-emission "
                      "first");
        return WalkResult::interrupt();
      }
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult KernelPrinter::print() {
  if (failed(checkNames(kernel))) {
    return failure();
  }
  if (failed(printSignature())) {
    return failure();
  }
  if (kernel.getSmemBytes().value_or(0) > 0) {
    headers.use("smem_addr");
    out.statement("extern __shared__ __align__(1024) uint8_t smem[];");
    out.statement("const uint32_t smem_base = spak::smem_addr(smem);");
  }
  if (failed(printBlock(kernel.getBody().front()))) {
    return failure();
  }
  out.close();
  return success();
}

LogicalResult KernelPrinter::printSignature() {
  headers.use("types");
  std::string head = (kernel.getSymName() + "(").str();
  for (auto [i, argument] : llvm::enumerate(kernel.getArguments())) {
    head += i == 0 ? "" : ", ";
    Type type = argument.getType();
    std::string named = name(argument);
    if (isa<TensorMapType>(type)) {
      head += "const __grid_constant__ spak::TensorMap " + named;
    } else if (auto global = dyn_cast<GlobalType>(type)) {
      StringRef element = ExpressionPrinter::typeName(global.getElementType());
      auto kind = kernel.getArgAttrOfType<StringAttr>(i, "spak.kind");
      if (kind && kind.getValue() == "workspace") {
        // Other blocks write it while this one runs.
        head += element.str() + " *" + named;
        continue;
      }
      bool written = llvm::any_of(argument.getUsers(), [](Operation *user) {
        return isa<StoreFragOp, StoreOp>(user);
      });
      head +=
          (written ? "" : "const ") + element.str() + " *__restrict__ " + named;
    } else {
      StringRef scalar = ExpressionPrinter::typeName(type);
      if (scalar.empty()) {
        return kernel.emitError("an argument of type ")
               << type << " has no C++ type";
      }
      head += "const " + scalar.str() + " " + named;
    }
  }
  out.raw("extern \"C\" __global__ void __launch_bounds__(" +
          Twine(kernel.getThreads()) + ", " + Twine(kernel.getMinBlocks()) +
          ")");
  // clang-format indents the continued declaration by one level.
  out.openDeclaration(head + ")");
  return success();
}

void KernelPrinter::constant(Value value, const Twine &text) {
  StringRef type = ExpressionPrinter::typeName(value.getType());
  out.statement("const " + type + " " + name(value) + " = " + text + ";");
}

//===----------------------------------------------------------------------===//
// Locations
//===----------------------------------------------------------------------===//

static FileLineColLoc fileLocation(Location location) {
  if (auto file = dyn_cast<FileLineColLoc>(location)) {
    return file;
  }
  if (auto name = dyn_cast<NameLoc>(location)) {
    return fileLocation(name.getChildLoc());
  }
  if (auto call = dyn_cast<CallSiteLoc>(location)) {
    return fileLocation(call.getCallee());
  }
  if (auto fused = dyn_cast<FusedLoc>(location)) {
    for (Location part : fused.getLocations()) {
      if (FileLineColLoc file = fileLocation(part)) {
        return file;
      }
    }
  }
  return {};
}

void KernelPrinter::printLocation(Operation *op) {
  FileLineColLoc location = fileLocation(op->getLoc());
  if (!location || options.sourceName.empty()) {
    return;
  }
  StringRef file = location.getFilename().getValue();
  auto other = llvm::find_if(options.inherited, [&](const auto &entry) {
    return entry.first == file;
  });
  bool isOther = other != options.inherited.end();
  file = file.substr(file.rfind('/') + 1);
  if ((!isOther && file != options.sourceName) ||
      location.getLine() == lastLine) {
    return;
  }
  lastLine = location.getLine();
  StringRef rest = isOther ? StringRef(other->second) : options.sourceText;
  for (unsigned line = 1; line < lastLine; ++line) {
    rest = rest.split('\n').second;
  }
  StringRef quoted = rest.split('\n').first.trim();
  out.comment(file + ":" + Twine(lastLine) + (quoted.empty() ? "" : "  ") +
              quoted);
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

LogicalResult KernelPrinter::printBlock(Block &block) {
  for (Operation &op : block) {
    if (failed(printOp(&op))) {
      return failure();
    }
  }
  return success();
}

/// Scalars and ids do not begin a group of statements.
static bool isQuiet(Operation *op) {
  return isa<DeclareOp, SharedOp, RingOp, CommentOp>(op) ||
         (op->getNumRegions() == 0 && isPure(op));
}

LogicalResult KernelPrinter::printOp(Operation *op) {
  if (!isQuiet(op) && !op->hasTrait<OpTrait::IsTerminator>()) {
    printLocation(op);
  }
  auto ring = [&](Value ring, const Twine &method, Value count,
                  const Twine &rest = "") -> LogicalResult {
    auto counter = bits(count);
    if (!counter) {
      return failure();
    }
    out.statement(name(ring) + "." + method + "(" + *counter + rest + ");");
    return success();
  };
  auto barrier = [&](StringRef block, Value id, int64_t threads) {
    headers.use(block);
    auto number = text(id);
    if (!number) {
      return failure();
    }
    out.statement("spak::" + block + "(" + *number + ", " + Twine(threads) +
                  ");");
    return success();
  };
  auto plain = [&](StringRef block) {
    headers.use(block);
    out.statement("spak::" + block + "();");
    return success();
  };
  auto predicated = [&](const Twine &call, StringRef block, Value when) {
    headers.use(block);
    auto condition = text(when);
    if (!condition) {
      return failure();
    }
    out.statement("spak::" + call + "(" + *condition + ");");
    return success();
  };
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      // Structure.
      .Case<ReturnOp, YieldOp>([](auto) { return success(); })
      .Case([&](scf::YieldOp) { return success(); })
      .Case([&](RolesOp roles) { return printRoles(roles); })
      .Case([&](scf::ForOp loop) { return printFor(loop); })
      .Case([&](scf::IfOp branch) { return printIf(branch); })
      .Case([&](DeclareOp declare) {
        auto frag = cast<FragType>(declare.getType());
        StringRef type =
            frag.isPacked()
                ? "uint32_t"
                : ExpressionPrinter::typeName(frag.getElementType());
        out.statement(type + " " + declare.getName() + "[" +
                      Twine(frag.getCount()) + "];");
        return success();
      })
      .Case([&](CommentOp comment) {
        out.comment(comment.getText());
        return success();
      })
      .Case([&](VerbatimOp verbatim) {
        out.statement(verbatim.getText());
        return success();
      })
      // Ids.
      .Case([&](LaneOp) { return printId(op, "threadIdx.x % 32"); })
      .Case([&](WarpInGroupOp) {
        headers.use("uniform");
        return printId(op, "spak::uniform(threadIdx.x / 32 % 4)");
      })
      .Case([&](GroupInRoleOp) {
        return printId(op, firstWarp == 0 ? Twine("warpgroup").str()
                                          : "warpgroup - " +
                                                std::to_string(firstWarp / 4));
      })
      .Case([&](ThreadInGroupOp) { return printId(op, "threadIdx.x % 128"); })
      .Case([&](ThreadInRoleOp) {
        return printId(op, firstWarp == 0 ? std::string("threadIdx.x")
                                          : "threadIdx.x - " +
                                                std::to_string(firstWarp * 32));
      })
      .Case([&](BlockOp) { return printId(op, "blockIdx.x"); })
      .Case([&](BlocksOp) { return printId(op, "gridDim.x"); })
      .Case([&](OpaqueOp opaque) -> LogicalResult {
        headers.use("opaque");
        auto value = text(opaque.getValue());
        if (!value) {
          return failure();
        }
        return printId(op, "spak::opaque(" + *value + ")");
      })
      .Case([&](UniformOp uniform) -> LogicalResult {
        headers.use("uniform");
        auto value = text(uniform.getValue());
        if (!value) {
          return failure();
        }
        return printId(op, "spak::uniform(" + *value + ")");
      })
      // Shared memory, rings, barriers.
      .Case([&](SharedOp shared) -> LogicalResult {
        if (!shared.getOffset()) {
          return op->emitError("a buffer without offset: run allocate-shared "
                               "first");
        }
        uint64_t offset = *shared.getOffset();
        if (!name(shared).empty()) {
          out.statement("const uint32_t " + name(shared) + " = smem_base" +
                        (offset ? " + " + std::to_string(offset) : "") + ";");
        }
        return success();
      })
      .Case([&](RingOp r) { return printRing(r); })
      .Case([&](RingAcquireOp r) {
        return ring(r.getRing(), "acquire", r.getCount());
      })
      .Case([&](RingWaitOp r) -> LogicalResult {
        if (!r.getWhen()) {
          return ring(r.getRing(), "wait", r.getCount());
        }
        auto when = text(r.getWhen());
        if (!when) {
          return failure();
        }
        out.open("if (" + *when + ")");
        LogicalResult result = ring(r.getRing(), "wait", r.getCount());
        out.close();
        return result;
      })
      .Case([&](RingCommitOp r) {
        return ring(r.getRing(), "commit", r.getCount());
      })
      .Case([&](RingExpectOp r) {
        return ring(r.getRing(), "expect", r.getCount(),
                    ", " + Twine(r.getBytes()));
      })
      .Case([&](RingReleaseOp r) -> LogicalResult {
        auto when = text(r.getWhen()), count = bits(r.getCount());
        if (!when || !count) {
          return failure();
        }
        if (Value to = r.getTo()) {
          headers.use("mbarrier_arrive_at_if");
          headers.use("cluster_address");
          auto block = text(to);
          if (!block) {
            return failure();
          }
          out.statement("spak::mbarrier_arrive_at_if(" + *when +
                        ", spak::cluster_address(" + name(r.getRing()) +
                        ".empty(" + *count + "), " + *block + "));");
          return success();
        }
        out.statement(name(r.getRing()) + ".release_if(" + *when + ", " +
                      *count + ");");
        return success();
      })
      .Case([&](ClaimOp claim) { return printClaim(claim); })
      .Case([&](TakeOp take) { return printTake(take); })
      .Case([&](StopUnlessOp stop) -> LogicalResult {
        auto refusal = expressions.negation(stop.getCondition());
        if (!refusal) {
          return failure();
        }
        out.open("if (" + *refusal + ")");
        out.statement("break;");
        out.close();
        return success();
      })
      .Case([&](BarSyncOp b) {
        return barrier("bar_sync", b.getId(), b.getThreads());
      })
      .Case([&](BarArriveOp b) {
        return barrier("bar_arrive", b.getId(), b.getThreads());
      })
      .Case([&](SyncThreadsOp) {
        out.statement("__syncthreads();");
        return success();
      })
      .Case([&](ClusterSyncOp) { return plain("cluster_sync"); })
      .Case([&](FenceAsyncOp) { return plain("fence_async"); })
      // Copies.
      .Case([&](TmaLoadOp load) { return printTmaLoad(load); })
      .Case([&](TmaStoreOp store) { return printTmaStore(store); })
      .Case([&](TmaWaitReadOp wait) {
        return predicated("tma_wait_read_if<" + Twine(wait.getLeft()) + ">",
                          "tma_wait_read_if", wait.getWhen());
      })
      .Case([&](TmaWaitAllOp wait) {
        return predicated("tma_wait_all_if", "tma_wait_all_if", wait.getWhen());
      })
      .Case([&](StMatrixOp store) { return printStMatrix(store); })
      .Case([&](LdMatrixOp load) { return printLdMatrix(load); })
      .Case([&](PartialLeaveOp leave) { return printLeave(leave); })
      .Case([&](PartialTakeOp take) { return printTake(take); })
      .Case([&](PartialAddOp add) { return printAddPartial(add); })
      .Case([&](LoadFragOp load) { return printLoadFrag(load); })
      .Case([&](StoreFragOp store) { return printStoreFrag(store); })
      .Case([&](LoadOp load) -> LogicalResult {
        auto offset = text(load.getOffset());
        if (!offset) {
          return failure();
        }
        constant(load.getResult(), name(load.getSrc()) + "[" + *offset + "]");
        return success();
      })
      .Case([&](StoreOp store) -> LogicalResult {
        headers.use("store_if");
        auto when = text(store.getWhen());
        auto offset = text(store.getOffset(), Strength::Sum);
        auto value = text(store.getValue());
        if (!when || !offset || !value) {
          return failure();
        }
        out.statement("spak::store_if(" + *when + ", " + name(store.getDst()) +
                      " + " + *offset + ", " + *value + ");");
        return success();
      })
      // Fragments.
      .Case([&](FragFillOp fill) { return printFill(fill); })
      .Case([&](FragCopyOp copy) {
        openUnrolled("i", copy.getResult().getType().getCount());
        out.statement(name(copy.getResult()) + "[i] = " + name(copy.getFrag()) +
                      "[i];");
        out.close();
        return success();
      })
      .Case([&](FragGetOp get) {
        if (!name(get).empty()) {
          constant(get,
                   name(get.getFrag()) + "[" + Twine(get.getIndex()) + "]");
        }
        return success();
      })
      .Case([&](MapOp map) { return printMap(map); })
      .Case([&](RowReduceOp reduce) { return printRowReduce(reduce); })
      .Case([&](LaneReduceOp reduce) { return printLaneReduce(reduce); })
      .Case([&](PackOp pack) { return printPack(pack); })
      .Case([&](WarpAnyOp any) -> LogicalResult {
        headers.use("warp_any");
        auto value = text(any.getValue());
        if (!value) {
          return failure();
        }
        return printId(op, "spak::warp_any(" + *value + ")");
      })
      // Tensor core.
      .Case([&](WgmmaSSOp wgmma) { return printWgmmaSS(wgmma); })
      .Case([&](WgmmaRSOp wgmma) { return printWgmmaRS(wgmma); })
      .Case([&](WgmmaFenceOp fence) { return printFence(fence); })
      .Case([&](WgmmaCommitOp) { return plain("wgmma_commit"); })
      .Case([&](WgmmaWaitOp wait) { return printWait(wait); })
      .Default([&](Operation *) -> LogicalResult {
        if (isa_and_nonnull<arith::ArithDialect, math::MathDialect>(
                op->getDialect())) {
          return printScalar(op);
        }
        return op->emitError("`") << op->getName() << "` has no CUDA C++ text";
      });
}

LogicalResult KernelPrinter::printScalar(Operation *op) {
  if (op->getNumResults() != 1 || variableName(op->getResult(0)).empty()) {
    return success();
  }
  // The value's own name is not its definition.
  auto definition = expressions.define(op);
  if (!definition) {
    return failure();
  }
  constant(op->getResult(0), definition->text);
  return success();
}

LogicalResult KernelPrinter::printId(Operation *op, const Twine &text) {
  if (!variableName(op->getResult(0)).empty()) {
    constant(op->getResult(0), text);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Rings
//===----------------------------------------------------------------------===//

LogicalResult KernelPrinter::printRing(RingOp ring) {
  headers.use("Ring");
  if (!ring.getOffset()) {
    return ring.emitError("a ring without offset: run allocate-shared first");
  }
  if (name(ring).empty()) {
    return success();
  }
  out.statement("const spak::Ring<" + Twine(ring.getType().getSlots()) + "> " +
                name(ring) + "{smem_base + " + Twine(*ring.getOffset()) + "};");
  // After the last one, one thread sets all of them up.
  for (Operation *next = ring->getNextNode(); next;
       next = next->getNextNode()) {
    if (isa<RingOp>(next)) {
      return success();
    }
  }
  return printRingInit();
}

LogicalResult KernelPrinter::printClaim(ClaimOp claim) {
  headers.use("claim_place");
  auto count = bits(claim.getCount());
  auto at = text(claim.getAt(), Strength::Sum);
  auto places = text(claim.getPlaces());
  if (!count || !at || !places) {
    return failure();
  }
  std::string counter = name(claim.getCounter());
  if (!matchPattern(claim.getAt(), m_Zero())) {
    counter += " + " + *at;
  }
  return printId(claim, "spak::claim_place(" + name(claim.getRing()) + ", " +
                            *count + ", " + name(claim.getTo()) + ", " +
                            counter + ", " + *places + ")");
}

LogicalResult KernelPrinter::printTake(TakeOp take) {
  headers.use("take_place");
  auto count = bits(take.getCount()), when = text(take.getWhen());
  if (!count || !when) {
    return failure();
  }
  return printId(take, "spak::take_place(" + name(take.getRing()) + ", " +
                           *count + ", " + name(take.getFrom()) + ", " + *when +
                           ")");
}

LogicalResult KernelPrinter::printRingInit() {
  headers.use("fence_mbarrier_init");
  out.open("if (threadIdx.x == 0)");
  kernel.walk([&](RingOp ring) {
    if (!name(ring).empty()) {
      out.statement(name(ring) + ".init(" + Twine(ring.getFullArrivals()) +
                    ", " + Twine(ring.getEmptyArrivals()) + ");");
    }
  });
  out.statement("spak::fence_mbarrier_init();");
  out.close();
  return success();
}

//===----------------------------------------------------------------------===//
// Roles
//===----------------------------------------------------------------------===//

LogicalResult KernelPrinter::printRoles(RolesOp roles) {
  headers.use("uniform");
  out.statement("const int warpgroup = spak::uniform(threadIdx.x / 128);");
  Block &body = roles.getBody().front();
  int64_t nextWarp = 0;
  for (auto role : body.getOps<RoleOp>()) {
    if (static_cast<int64_t>(role.getFirstWarp()) != nextWarp) {
      return role.emitError("expected roles without gaps, in order of warps: "
                            "this one should begin at warp ")
             << nextWarp;
    }
    nextWarp += role.getWarps();
    bool first = role.getFirstWarp() == 0;
    bool last = !role->getNextNode();
    std::string condition =
        role.getWarps() == 4
            ? "warpgroup == " + std::to_string(role.getFirstWarp() / 4)
            : "warpgroup < " + std::to_string(nextWarp / 4);
    if (first) {
      out.blank();
      out.open("if (" + condition + ")");
    } else {
      out.reopen(last ? std::string("else") : "else if (" + condition + ")");
    }
    if (failed(printRole(role))) {
      return failure();
    }
  }
  out.close();
  return success();
}

LogicalResult KernelPrinter::printRole(RoleOp role) {
  firstWarp = role.getFirstWarp();
  lastLine = 0;
  out.comment("Role " + role.getSymName() + ": " + Twine(role.getWarps()) +
              " warps" +
              (role.getMaxnreg()
                   ? ", " + std::to_string(*role.getMaxnreg()) + " registers"
                   : std::string()) +
              (role.getOneThread() ? ", one thread works" : "") + ".");
  if (role.getMaxnreg()) {
    StringRef block = role.getGrow() ? "setmaxnreg_inc" : "setmaxnreg_dec";
    headers.use(block);
    out.statement("spak::" + block + "<" + Twine(*role.getMaxnreg()) + ">();");
  }
  if (role.getOneThread()) {
    headers.use("elect_one");
    out.open("if (threadIdx.x / 32 == " + Twine(role.getFirstWarp()) +
             " && spak::elect_one())");
  }
  if (failed(printBlock(role.getBody().front()))) {
    return failure();
  }
  if (role.getOneThread()) {
    out.close();
  }
  firstWarp = 0;
  return success();
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

LogicalResult KernelPrinter::printFor(scf::ForOp loop) {
  for (auto [init, arg] :
       llvm::zip(loop.getInitArgs(), loop.getRegionIterArgs())) {
    if (isa<FragType>(arg.getType()) ||
        variableName(init) == variableName(arg)) {
      continue;
    }
    auto first = text(init);
    StringRef type = ExpressionPrinter::typeName(arg.getType());
    if (!first || type.empty()) {
      return failure();
    }
    bool known = !declared.insert(name(arg)).second;
    out.statement(Twine(known ? "" : type) + (known ? "" : " ") + name(arg) +
                  " = " + *first + ";");
  }
  auto lower = text(loop.getLowerBound());
  auto upper = text(loop.getUpperBound(), Strength::Shift);
  auto step = text(loop.getStep());
  if (!lower || !upper || !step) {
    return failure();
  }
  std::string variable = name(loop.getInductionVar());
  StringRef type =
      ExpressionPrinter::typeName(loop.getInductionVar().getType());
  if (auto unroll = loop->getAttrOfType<IntegerAttr>("unroll")) {
    out.pragma(unroll.getInt() < 0
                   ? std::string("unroll")
                   : "unroll " + std::to_string(unroll.getInt()));
  }
  std::string advance =
      *step == "1" ? "++" + variable : variable + " += " + *step;
  out.open("for (" + type + " " + variable + " = " + *lower + "; " + variable +
           " < " + *upper + "; " + advance + ")");
  if (failed(printBlock(*loop.getBody())) ||
      failed(printYield(loop.getBody()->getTerminator(),
                        loop.getRegionIterArgs()))) {
    return failure();
  }
  out.close();
  return success();
}

LogicalResult KernelPrinter::printIf(scf::IfOp branch) {
  for (Value result : branch.getResults()) {
    if (isa<FragType>(result.getType())) {
      continue;
    }
    StringRef variable = variableName(result);
    if (!variable.empty() && declared.insert(variable).second) {
      out.statement(ExpressionPrinter::typeName(result.getType()) + " " +
                    variable + ";");
    }
  }
  auto condition = text(branch.getCondition());
  if (!condition) {
    return failure();
  }
  out.open("if (" + *condition + ")");
  if (failed(printBlock(branch.getThenRegion().front())) ||
      failed(printYield(branch.thenYield(), branch.getResults()))) {
    return failure();
  }
  if (!branch.getElseRegion().empty()) {
    Block &other = branch.getElseRegion().front();
    // An else that changes nothing is not written.
    bool needed = !other.without_terminator().empty();
    for (auto [value, result] :
         llvm::zip(branch.elseYield().getOperands(), branch.getResults())) {
      needed |= variableName(value) != variableName(result) &&
                !variableName(result).empty();
    }
    if (needed) {
      out.reopen("else");
      if (failed(printBlock(other)) ||
          failed(printYield(branch.elseYield(), branch.getResults()))) {
        return failure();
      }
    }
  }
  out.close();
  return success();
}

LogicalResult KernelPrinter::printYield(Operation *yield, ValueRange targets) {
  SmallVector<std::pair<std::string, std::string>> assignments;
  for (auto [value, target] : llvm::zip(yield->getOperands(), targets)) {
    StringRef to = variableName(target);
    if (isa<FragType>(target.getType()) || to.empty() ||
        variableName(value) == to) {
      continue;
    }
    // A later assignment must not read what an earlier one has changed.
    for (auto &[changed, unused] : assignments) {
      if (variableName(value) == changed) {
        return yield->emitError("carried scalars exchange their values: this "
                                "has no text");
      }
    }
    auto expression = text(value);
    if (!expression) {
      return failure();
    }
    assignments.push_back({to.str(), *expression});
  }
  for (auto &[to, value] : assignments) {
    if (value == to + " + 1") {
      out.statement("++" + to + ";");
    } else if (StringRef(value).starts_with(to + " + ") &&
               StringRef(value).drop_front(to.size() + 3).find(' ') ==
                   StringRef::npos) {
      out.statement(to + " += " + value.substr(to.size() + 3) + ";");
    } else {
      out.statement(to + " = " + value + ";");
    }
  }
  return success();
}

} // namespace spak::cuda
