// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: how many operations and bytes a kernel means, as products of sizes.
// Must not know how fast anything is.
#include "Formulas.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

namespace spak::driver {

using namespace sema;

namespace {

using Shape = std::map<std::string, int64_t>;

/// A uniform integer that is written with dims.
std::optional<int64_t> evaluate(const Expr *e, const Shape &shape) {
  switch (e->kind) {
  case Expr::Kind::Constant:
    return e->constant.isInt() ? std::optional<int64_t>(e->constant.asInt())
                               : std::nullopt;
  case Expr::Kind::Dim: {
    auto found = shape.find(e->text);
    return found == shape.end() ? std::nullopt
                                : std::optional<int64_t>(found->second);
  }
  case Expr::Kind::Convert:
  case Expr::Kind::Splat:
  case Expr::Kind::Broadcast:
    return evaluate(e->operands[0], shape);
  case Expr::Kind::Negate: {
    std::optional<int64_t> value = evaluate(e->operands[0], shape);
    return value ? std::optional<int64_t>(-*value) : std::nullopt;
  }
  case Expr::Kind::Binary: {
    std::optional<int64_t> a = evaluate(e->operands[0], shape);
    std::optional<int64_t> b = evaluate(e->operands[1], shape);
    if (!a || !b) {
      return std::nullopt;
    }
    int64_t result = 0;
    switch (e->binary) {
    case BinaryOp::Add:
      return __builtin_add_overflow(*a, *b, &result) ? std::nullopt
                                                     : std::optional(result);
    case BinaryOp::Sub:
      return __builtin_sub_overflow(*a, *b, &result) ? std::nullopt
                                                     : std::optional(result);
    case BinaryOp::Mul:
      return __builtin_mul_overflow(*a, *b, &result) ? std::nullopt
                                                     : std::optional(result);
    case BinaryOp::Div:
      return *b > 0 && *a >= 0 ? std::optional<int64_t>(*a / *b) : std::nullopt;
    case BinaryOp::Mod:
      return *b > 0 && *a >= 0 ? std::optional<int64_t>(*a % *b) : std::nullopt;
    default:
      return std::nullopt;
    }
  }
  default:
    return std::nullopt;
  }
}

/// A uniform integer as it would be typed.
std::string plainText(const Expr *e) {
  switch (e->kind) {
  case Expr::Kind::Constant:
    return e->constant.text();
  case Expr::Kind::Dim:
    return e->text;
  case Expr::Kind::Convert:
  case Expr::Kind::Splat:
  case Expr::Kind::Broadcast:
    return plainText(e->operands[0]);
  case Expr::Kind::Variable:
    return e->variable->name;
  case Expr::Kind::Binary: {
    static constexpr llvm::StringLiteral kOps[] = {"+", "-",  "*", "/",
                                                   "%", "&&", "||"};
    return "(" + plainText(e->operands[0]) +
           kOps[static_cast<unsigned>(e->binary)].str() +
           plainText(e->operands[1]) + ")";
  }
  default:
    return "?";
  }
}

WorkTerm::Size sizeOf(const TileAxis *axis) {
  WorkTerm::Size size;
  if (axis->whole) {
    size.constant = axis->size;
    size.text = axis->dim.empty() ? std::to_string(axis->size) : axis->dim;
    return size;
  }
  size.lower = axis->lower;
  size.upper = axis->upper;
  size.tile = std::max<int64_t>(1, axis->size);
  std::string text = size.upper ? plainText(size.upper) : "?";
  bool isZero = !size.lower || plainText(size.lower) == "0";
  size.text = isZero ? text : "(" + text + "-" + plainText(size.lower) + ")";
  return size;
}

/// Products in the statements of a kernel, and the loops around them.
class FlopCounter {
public:
  explicit FlopCounter(const Program &program) {
    for (const GridVariable &variable : program.grid) {
      Around around;
      around.axis = variable.axis;
      if (!variable.axis) {
        around.size.upper = variable.extent;
        around.size.text = plainText(variable.extent);
      }
      grid.push_back(std::move(around));
    }
    // As they are declared in launches: outermost last in the text.
    std::reverse(grid.begin(), grid.end());
    walk(program.body);
  }

  Work work;

private:
  struct Around {
    const TileAxis *axis = nullptr;
    WorkTerm::Size size;
  };
  std::vector<Around> grid;

  void add(double factor, llvm::ArrayRef<const TileAxis *> axes) {
    WorkTerm term;
    term.factor = factor;
    for (const Around &around : grid) {
      if (!around.axis) {
        term.sizes.push_back(around.size);
      } else if (!llvm::is_contained(axes, around.axis)) {
        term.sizes.push_back(sizeOf(around.axis));
      }
    }
    for (const TileAxis *axis : axes) {
      term.sizes.push_back(sizeOf(axis));
    }
    // Products over the same sizes are one term.
    for (WorkTerm &other : work.terms) {
      bool same = other.sizes.size() == term.sizes.size();
      std::vector<std::string> a, b;
      for (size_t i = 0; same && i < term.sizes.size(); ++i) {
        a.push_back(other.sizes[i].text);
        b.push_back(term.sizes[i].text);
      }
      llvm::sort(a);
      llvm::sort(b);
      if (same && a == b) {
        other.factor += factor;
        return;
      }
    }
    work.terms.push_back(std::move(term));
  }

  void walk(llvm::ArrayRef<const Statement *> body) {
    for (const Statement *s : body) {
      if (s->value) {
        expr(s->value);
      }
      if (s->kind == Statement::Kind::Update) {
        expr(s->second);
        llvm::SmallVector<const TileAxis *, 4> axes(s->value->type.axes);
        for (const TileAxis *axis : s->second->type.axes) {
          if (!llvm::is_contained(axes, axis)) {
            axes.push_back(axis);
          }
        }
        add(2, axes);
      }
      bool isLoop = s->kind == Statement::Kind::For;
      if (isLoop) {
        Around around;
        around.axis = s->axis;
        if (!s->axis) {
          around.size.lower = s->lower;
          around.size.upper = s->upper;
          around.size.text = plainText(s->upper);
        }
        grid.push_back(std::move(around));
      }
      walk(s->body);
      if (isLoop) {
        grid.pop_back();
      }
      walk(s->otherwise);
    }
  }

  void expr(const Expr *e) {
    for (const Expr *operand : e->operands) {
      expr(operand);
    }
    if (e->kind == Expr::Kind::Dot) {
      llvm::SmallVector<const TileAxis *, 4> axes(e->type.axes);
      axes.push_back(e->over);
      add(2, axes);
    }
  }
};

/// The masks of a body.
void findMasks(const Expr *e, std::vector<const Expr *> &masks) {
  if (e->kind == Expr::Kind::Mask) {
    masks.push_back(e);
  }
  for (const Expr *operand : e->operands) {
    findMasks(operand, masks);
  }
}

void findMasks(llvm::ArrayRef<const Statement *> body,
               std::vector<const Expr *> &masks) {
  for (const Statement *s : body) {
    for (const Expr *e : {s->value, s->second}) {
      if (e) {
        findMasks(e, masks);
      }
    }
    findMasks(s->body, masks);
    findMasks(s->otherwise, masks);
  }
}

/// a0 * first + a1 * second + c of an affine expression.
struct Affine {
  int64_t first = 0, second = 0, constant = 0;
};

std::optional<Affine> affine(const Expr *e, const TileAxis *first,
                             const TileAxis *second, const Shape &shape) {
  switch (e->kind) {
  case Expr::Kind::Convert:
  case Expr::Kind::Splat:
  case Expr::Kind::Broadcast:
    return affine(e->operands[0], first, second, shape);
  case Expr::Kind::RangeIndex: {
    const TileAxis *axis = e->operands[0]->type.axes.front();
    if (axis != first && axis != second) {
      return std::nullopt;
    }
    return Affine{axis == first, axis == second, 0};
  }
  case Expr::Kind::Negate: {
    std::optional<Affine> a = affine(e->operands[0], first, second, shape);
    return a ? std::optional<Affine>(
                   Affine{-a->first, -a->second, -a->constant})
             : std::nullopt;
  }
  case Expr::Kind::Binary: {
    std::optional<Affine> a = affine(e->operands[0], first, second, shape);
    std::optional<Affine> b = affine(e->operands[1], first, second, shape);
    if (!a || !b) {
      return std::nullopt;
    }
    int64_t sign = e->binary == BinaryOp::Sub ? -1 : 1;
    if (e->binary == BinaryOp::Add || e->binary == BinaryOp::Sub) {
      return Affine{a->first + sign * b->first, a->second + sign * b->second,
                    a->constant + sign * b->constant};
    }
    bool isProduct = e->binary == BinaryOp::Mul;
    bool aFlat = !a->first && !a->second, bFlat = !b->first && !b->second;
    if (isProduct && (aFlat || bFlat)) {
      const Affine &flat = aFlat ? *a : *b, &other = aFlat ? *b : *a;
      return Affine{other.first * flat.constant, other.second * flat.constant,
                    other.constant * flat.constant};
    }
    break;
  }
  default:
    break;
  }
  std::optional<int64_t> value = evaluate(e, shape);
  return value ? std::optional<Affine>(Affine{0, 0, *value}) : std::nullopt;
}

/// Rows that are looked at; more are sampled at equal distances.
constexpr int64_t kRows = 4096;

std::optional<double> keptBy(const Expr *mask, const Shape &shape) {
  const auto &axes = mask->type.axes;
  if (axes.size() != 2 || mask->keep.empty()) {
    return std::nullopt;
  }
  auto extent = [&](const TileAxis *axis) -> std::optional<int64_t> {
    if (axis->whole) {
      return axis->size;
    }
    return axis->upper ? evaluate(axis->upper, shape) : std::nullopt;
  };
  std::optional<int64_t> rows = extent(axes[0]), columns = extent(axes[1]);
  if (!rows || !columns || *rows < 1 || *columns < 1) {
    return std::nullopt;
  }
  std::vector<std::vector<Affine>> keep;
  for (const Conjunction &conjunction : mask->keep) {
    keep.emplace_back();
    for (const Expr *e : conjunction) {
      std::optional<Affine> condition = affine(e, axes[0], axes[1], shape);
      if (!condition) {
        return std::nullopt;
      }
      keep.back().push_back(*condition);
    }
  }
  int64_t step = std::max<int64_t>(1, *rows / kRows), looked = 0;
  double kept = 0;
  for (int64_t row = 0; row < *rows; row += step, ++looked) {
    std::vector<std::pair<int64_t, int64_t>> spans;
    for (const std::vector<Affine> &conjunction : keep) {
      int64_t low = 0, high = *columns - 1;
      for (const Affine &c : conjunction) {
        int64_t rest = c.first * row + c.constant;
        if (c.second == 0) {
          high = rest >= 0 ? high : -1;
        } else if (c.second > 0) {
          // rest + second * n >= 0
          int64_t bound = rest >= 0 ? 0 : (-rest + c.second - 1) / c.second;
          low = std::max(low, bound);
        } else {
          high = std::min(high, rest < 0 ? -1 : rest / -c.second);
        }
      }
      if (low <= high) {
        spans.emplace_back(low, high);
      }
    }
    llvm::sort(spans);
    int64_t end = 0;
    for (auto [low, high] : spans) {
      low = std::max(low, end);
      kept += static_cast<double>(std::max<int64_t>(0, high - low + 1));
      end = std::max(end, high + 1);
    }
  }
  return kept / (static_cast<double>(looked) * static_cast<double>(*columns));
}

} // namespace

std::string Work::text() const {
  std::string result;
  for (const WorkTerm &term : terms) {
    char buffer[32];
    std::snprintf(buffer, sizeof(buffer), "%.10g", term.factor);
    result += (result.empty() ? "" : " + ") + std::string(buffer);
    for (const WorkTerm::Size &size : term.sizes) {
      result += "*" + size.text;
    }
  }
  return result.empty() ? "0" : result;
}

std::optional<double> Work::at(const Shape &shape) const {
  return sumAt(shape, /*padded=*/false);
}

std::optional<double> Work::paddedAt(const Shape &shape) const {
  return sumAt(shape, /*padded=*/true);
}

std::optional<double> Work::sumAt(const Shape &shape, bool padded) const {
  double sum = 0;
  for (const WorkTerm &term : terms) {
    double product = term.factor;
    for (const WorkTerm::Size &size : term.sizes) {
      std::optional<int64_t> value = size.constant;
      if (size.upper) {
        value = evaluate(size.upper, shape);
      } else if (!size.dim.empty()) {
        auto found = shape.find(size.dim);
        value = found == shape.end() ? std::nullopt
                                     : std::optional<int64_t>(found->second);
      }
      std::optional<int64_t> from =
          size.lower ? evaluate(size.lower, shape) : 0;
      if (!value || !from) {
        return std::nullopt;
      }
      int64_t extent = std::max<int64_t>(0, *value - *from);
      if (padded) {
        extent = (extent + size.tile - 1) / size.tile * size.tile;
      }
      product *= static_cast<double>(extent);
    }
    sum += product;
  }
  return sum;
}

Work flopsOf(const Program &program) {
  return std::move(FlopCounter(program).work);
}

Work bytesOf(const Program &program) {
  Work work;
  for (const Parameter &parameter : program.parameters) {
    const TensorParam *tensor = parameter.tensor;
    if (!tensor) {
      continue;
    }
    WorkTerm term;
    term.factor = bitWidth(tensor->dtype) / 8.0;
    for (size_t i = 0; i < tensor->axes.size(); ++i) {
      WorkTerm::Size size;
      size.text = tensor->axes[i];
      if (tensor->sizes[i]) {
        size.constant = *tensor->sizes[i];
      } else {
        size.dim = tensor->axes[i];
      }
      term.sizes.push_back(std::move(size));
    }
    work.terms.push_back(std::move(term));
  }
  return work;
}

std::optional<double> blocksAt(const Program &program, const Shape &shape) {
  double blocks = 1;
  for (const GridVariable &variable : program.grid) {
    WorkTerm term;
    if (variable.axis) {
      term.sizes.push_back(sizeOf(variable.axis));
    } else {
      term.sizes.emplace_back();
      term.sizes.back().upper = variable.extent;
    }
    Work work;
    double tile = static_cast<double>(term.sizes.back().tile);
    work.terms.push_back(std::move(term));
    std::optional<double> count = work.paddedAt(shape);
    if (!count) {
      return std::nullopt;
    }
    blocks *= *count / tile;
  }
  return blocks;
}

static void findRanges(llvm::ArrayRef<const Statement *> body,
                       std::vector<const TileAxis *> &axes) {
  for (const Statement *s : body) {
    if (s->kind == Statement::Kind::For && s->axis) {
      axes.push_back(s->axis);
    }
    findRanges(s->body, axes);
    findRanges(s->otherwise, axes);
  }
}

DimKinds dimKinds(const Program &program) {
  std::vector<const TileAxis *> axes;
  for (const GridVariable &variable : program.grid) {
    if (variable.axis) {
      axes.push_back(variable.axis);
    }
  }
  findRanges(program.body, axes);
  DimKinds kinds;
  for (const std::string &dim : program.dims) {
    bool isTiled = llvm::any_of(axes, [&](const TileAxis *axis) {
      return axis->upper && plainText(axis->upper) == dim;
    });
    (isTiled ? kinds.tiled : kinds.others).push_back(dim);
  }
  return kinds;
}

std::optional<double> keptShare(const Program &program, const Shape &shape) {
  std::vector<const Expr *> masks;
  findMasks(program.body, masks);
  double share = 1;
  for (const Expr *mask : masks) {
    std::optional<double> kept = keptBy(mask, shape);
    if (!kept) {
      return std::nullopt;
    }
    share *= *kept;
  }
  return share;
}

} // namespace spak::driver
