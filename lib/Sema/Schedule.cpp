// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: what may stand in a schedule, from the table ScheduleKeys.def.
#include "Schedule.h"

#include "Evaluator.h"

#include "llvm/ADT/STLExtras.h"

namespace spak::sema {

namespace {

enum class Takes : uint8_t { None, Tensor, Role, Axis };
enum class Gives : uint8_t { Integer, Truth, Text };

struct KeyRow {
  llvm::StringLiteral key;
  Takes takes;
  Gives gives;
  int64_t lowest;
  int64_t highest;
};

constexpr KeyRow kKeys[] = {
#define SPAK_SCHEDULE_KEY(Key, Argument, Value, Lowest, Highest)               \
  {Key, Takes::Argument, Gives::Value, Lowest, Highest},
#include "spak/Sema/ScheduleKeys.def"
#undef SPAK_SCHEDULE_KEY
};

struct TextRow {
  llvm::StringLiteral key;
  llvm::StringLiteral text;
};

constexpr TextRow kTexts[] = {
#define SPAK_SCHEDULE_TEXT(Key, Text) {Key, Text},
#include "spak/Sema/ScheduleKeys.def"
#undef SPAK_SCHEDULE_TEXT
};

class Resolver {
public:
  Resolver(const ast::Kernel &kernel, const Point &point,
           const device::Device &device, DiagnosticEngine &diags,
           Program &program)
      : kernel(kernel), evaluator(point, &device, &diags), diags(diags),
        program(program) {}

  void run() {
    for (const ast::ScheduleEntry &entry : kernel.schedule) {
      resolve(entry);
    }
  }

private:
  const ast::Kernel &kernel;
  Evaluator evaluator;
  DiagnosticEngine &diags;
  Program &program;

  void resolve(const ast::ScheduleEntry &entry);
  void resolveGrouped(const ast::ScheduleEntry &entry,
                      const ast::CallExpr &call);
  std::optional<std::string> argument(const ast::ScheduleEntry &entry,
                                      Takes takes);
  std::vector<std::string> argumentNames(Takes takes);
  bool accepts(const KeyRow &row, const ast::ScheduleEntry &entry,
               const AxisValue &value);
  void request(const std::string &key, AxisValue value,
               const ast::ScheduleEntry &entry);
};

} // namespace

void Resolver::request(const std::string &key, AxisValue value,
                       const ast::ScheduleEntry &entry) {
  for (const Request &old : program.requests) {
    if (old.key == key) {
      auto error = diags.error(diag::err_duplicate_name, entry.range) << key;
      error.note(old.range, "the first one is here");
      return;
    }
  }
  Request result;
  result.key = key;
  result.value = std::move(value);
  result.range = entry.range;
  program.requests.push_back(std::move(result));
}

/// What may stand in the parentheses.
std::vector<std::string> Resolver::argumentNames(Takes takes) {
  std::vector<std::string> names;
  switch (takes) {
  case Takes::None:
    break;
  case Takes::Tensor:
    for (const ast::Param &param : kernel.params) {
      if (param.isTensor && param.kind == ast::Param::Kind::In) {
        names.push_back(param.name.text);
      }
    }
    break;
  case Takes::Role:
    names = {"producer", "consumer"};
    break;
  case Takes::Axis:
    for (const GridVariable &variable : program.grid) {
      names.push_back(variable.axis ? variable.axis->name
                                    : variable.variable->name);
    }
    break;
  }
  return names;
}

std::optional<std::string> Resolver::argument(const ast::ScheduleEntry &entry,
                                              Takes takes) {
  static constexpr llvm::StringLiteral kinds[] = {"nothing", "an input tensor",
                                                  "`producer` or `consumer`",
                                                  "a grid variable"};
  llvm::StringRef kind = kinds[static_cast<unsigned>(takes)];
  unsigned wanted = takes == Takes::None ? 0 : 1;
  if (entry.arguments.size() != wanted) {
    diags.error(diag::err_schedule_argument, entry.range)
        << entry.key.text << kind
        << std::to_string(entry.arguments.size()) + " arguments";
    return std::nullopt;
  }
  if (!wanted) {
    return std::string();
  }
  const ast::Expr &expr = *entry.arguments.front();
  std::string name = expr.range.text().str();
  std::vector<std::string> names = argumentNames(takes);
  if (!llvm::is_contained(names, name)) {
    auto error = diags.error(diag::err_schedule_argument, expr.range)
                 << entry.key.text << kind << "`" + quoted(name) + "`";
    error.help(nameHelp(name, "names that fit", names));
    return std::nullopt;
  }
  return "_" + name;
}

bool Resolver::accepts(const KeyRow &row, const ast::ScheduleEntry &entry,
                       const AxisValue &value) {
  std::string wanted;
  switch (row.gives) {
  case Gives::Integer:
    if (value.isInt() && value.asInt() >= row.lowest &&
        value.asInt() <= row.highest) {
      return true;
    }
    wanted = "an integer from " + std::to_string(row.lowest) + " to " +
             std::to_string(row.highest);
    break;
  case Gives::Truth:
    if (value.isBool()) {
      return true;
    }
    wanted = "`true` or `false`";
    break;
  case Gives::Text:
    for (const TextRow &text : kTexts) {
      if (text.key != row.key) {
        continue;
      }
      if (value.isText() && value.asText() == text.text) {
        return true;
      }
      wanted +=
          (wanted.empty() ? "one of \"" : ", \"") + text.text.str() + "\"";
    }
    break;
  }
  diags.error(diag::err_schedule_value, entry.value->range)
      << entry.key.text << wanted << value.text();
  return false;
}

/// `raster = grouped(m, g)`, also as the value of `order`.
void Resolver::resolveGrouped(const ast::ScheduleEntry &entry,
                              const ast::CallExpr &call) {
  if (call.arguments.size() != 2) {
    diags.error(diag::err_call_arguments, call.range)
        << "grouped" << "a grid variable and a number";
    return;
  }
  const ast::Expr &axis = *call.arguments[0].value;
  std::string name = axis.range.text().str();
  std::vector<std::string> names = argumentNames(Takes::Axis);
  if (!llvm::is_contained(names, name)) {
    auto error = diags.error(diag::err_schedule_argument, axis.range)
                 << "grouped" << "a grid variable" << "`" + quoted(name) + "`";
    error.help(nameHelp(name, "names that fit", names));
    return;
  }
  std::optional<AxisValue> size = evaluator.evaluate(*call.arguments[1].value);
  if (!size) {
    return;
  }
  if (!size->isInt() || size->asInt() < 1) {
    diags.error(diag::err_schedule_value, call.arguments[1].value->range)
        << "grouped" << "an integer from 1" << size->text();
    return;
  }
  if (entry.key.text == "order") {
    request("order", AxisValue(std::string("persistent_static")), entry);
  }
  request("raster", AxisValue(std::string("grouped")), entry);
  request("group_" + name, *size, entry);
}

void Resolver::resolve(const ast::ScheduleEntry &entry) {
  const KeyRow *row = llvm::find_if(
      kKeys, [&](const KeyRow &key) { return key.key == entry.key.text; });
  if (row == std::end(kKeys)) {
    std::vector<std::string> names;
    for (const KeyRow &key : kKeys) {
      names.push_back(key.key.str());
    }
    auto error = diags.error(diag::err_unknown_schedule_key, entry.key.range)
                 << entry.key.text;
    error.help(nameHelp(entry.key.text, "keys", names));
    return;
  }
  std::optional<std::string> suffix = argument(entry, row->takes);
  if (!suffix || !entry.value) {
    return;
  }
  if (const auto *call = llvm::dyn_cast<ast::CallExpr>(entry.value.get())) {
    const auto *callee = llvm::dyn_cast<ast::NameExpr>(call->callee.get());
    if (callee && callee->name == "grouped" &&
        (row->key == "order" || row->key == "raster")) {
      resolveGrouped(entry, *call);
      return;
    }
  }
  std::optional<AxisValue> value = evaluator.evaluate(*entry.value);
  if (!value || !accepts(*row, entry, *value)) {
    return;
  }
  if (row->key == "registers" && value->asInt() % 8 != 0) {
    diags.error(diag::err_schedule_value, entry.value->range)
        << entry.key.text << "a multiple of 8" << value->text();
    return;
  }
  request(row->key.str() + *suffix, *value, entry);
}

void resolveSchedule(const ast::Kernel &kernel, const Point &point,
                     const device::Device &device, DiagnosticEngine &diags,
                     Program &program) {
  Resolver(kernel, point, device, diags, program).run();
}

} // namespace spak::sema
