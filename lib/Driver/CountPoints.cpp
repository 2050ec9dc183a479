// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: --count-points, --list-points and --sample-points: questions about the
// space of a system, answered as JSON (runtime/schema/space-1.json).
#include "Session.h"

#include "spak/Sema/SpaceModel.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

#include <set>

using namespace spak::space;

namespace spak::driver {

namespace {

/// Points that are written into one file. Unit: point.
constexpr uint64_t kMaxListed = 1000000;

/// Values of an axis that are written one by one. Unit: value.
constexpr size_t kMaxShownValues = 1024;

/// Writes the answers. Counts from 2^63 on are written as texts.
class SpaceWriter {
public:
  SpaceWriter(llvm::raw_ostream &os, const sema::System &system,
              const sema::PointRequest &request, const sema::SpaceModel &model,
              const Counter &counter)
      : json(os, 2), system(system), request(request), model(model),
        counter(counter) {}

  /// Writes the members that every answer has, then those of \p rest.
  void object(llvm::StringRef source, llvm::function_ref<void()> rest) {
    json.object([&] {
      json.attribute("spak_space", 1);
      json.attribute("system", system.file->system.name.text);
      json.attribute("source", llvm::sys::path::filename(source));
      json.attribute("arch", request.device->arch);
      json.attribute("device", request.device->name);
      json.attributeObject("fixed", [&] { fixed(); });
      json.attributeObject("shape", [&] {
        for (const auto &[dim, size] : request.shape) {
          json.attribute(dim, size);
        }
      });
      attribute("raw", rawCount(model.space.axes));
      attribute("valid", counter.valid());
      rest();
    });
    json.flush();
  }

  void census() {
    Census census = takeCensus(counter);
    json.attributeObject("cuts", [&] { cuts(census); });
    json.attributeArray("constraints", [&] { constraints(census); });
    json.attributeArray("axes", [&] { axes(); });
    json.attributeArray("order", [&] {
      for (unsigned axis : counter.order()) {
        json.value(model.space.axes[axis].name);
      }
    });
    json.attributeArray("components", [&] {
      for (const std::vector<unsigned> &component : counter.components()) {
        json.array([&] {
          for (unsigned axis : component) {
            json.value(model.space.axes[axis].name);
          }
        });
      }
    });
  }

  void empty(const sema::EmptySpace &empty) {
    json.attributeObject("empty", [&] {
      json.attributeArray("core", [&] {
        for (const sema::Constraint *constraint : empty.core) {
          json.value(constraint->reason);
        }
      });
      json.attribute("smallest", empty.why.smallest);
      json.attributeArray("bounds", [&] {
        for (const Relaxation &relaxation : empty.why.relaxations) {
          json.object([&] { bound(relaxation); });
        }
      });
      json.attributeArray("limits", [&] {
        for (const sema::LimitRelaxation &limit : empty.limits) {
          json.object([&] {
            json.attribute("field", limit.field);
            json.attribute("now", *request.device->number(limit.field));
            json.attribute("value", limit.value);
            json.attributeArray("archs", [&] {
              for (const std::string &arch : limit.archs) {
                json.value(arch);
              }
            });
            attribute("points", limit.points);
          });
        }
      });
    });
  }

  void points(llvm::function_ref<
              void(llvm::function_ref<void(Count, llvm::ArrayRef<uint32_t>)>)>
                  each) {
    json.attributeArray("points", [&] {
      each([&](Count index, llvm::ArrayRef<uint32_t> positions) {
        json.object([&] {
          attribute("index", index);
          json.attributeObject("point", [&] {
            for (size_t i = 0; i < positions.size(); ++i) {
              const AxisDomain &axis = model.space.axes[i];
              json.attribute(axis.name, jsonOf(axis.values[positions[i]]));
            }
          });
        });
      });
    });
  }

private:
  llvm::json::OStream json;
  const sema::System &system;
  const sema::PointRequest &request;
  const sema::SpaceModel &model;
  const Counter &counter;

  static llvm::json::Value jsonOf(const AxisValue &value) {
    if (value.isBool()) {
      return value.asBool();
    }
    if (value.isInt()) {
      return value.asInt();
    }
    return value.isFloat() ? llvm::json::Value(value.asFloat())
                           : llvm::json::Value(value.asText());
  }

  static llvm::json::Value jsonOf(std::optional<Count> count) {
    if (!count) {
      return nullptr;
    }
    return *count <= Count(INT64_MAX)
               ? llvm::json::Value(static_cast<int64_t>(*count))
               : llvm::json::Value(text(*count));
  }

  static llvm::json::Value jsonOf(double number) {
    bool whole = number >= -9e15 && number <= 9e15 &&
                 number == static_cast<double>(static_cast<int64_t>(number));
    return whole ? llvm::json::Value(static_cast<int64_t>(number))
                 : llvm::json::Value(number);
  }

  void attribute(llvm::StringRef key, std::optional<Count> count) {
    json.attribute(key, jsonOf(count));
  }

  void fixed() {
    for (const auto &entry : request.axes) {
      json.attributeArray(entry.first, [&] {
        for (const std::string &value : entry.second) {
          json.value(jsonOf(AxisValue::parse(value)));
        }
      });
    }
  }

  /// Constraints of one name share an entry.
  void cuts(const Census &census) {
    llvm::MapVector<llvm::StringRef, std::optional<Count>> sums;
    for (size_t i = 0; i < model.space.rules.size(); ++i) {
      auto &sum = sums.try_emplace(model.space.rules[i].name, 0).first->second;
      sum = sum && census.cuts[i] ? std::optional<Count>(*sum + *census.cuts[i])
                                  : std::nullopt;
    }
    for (const auto &[name, sum] : sums) {
      attribute(name, sum);
    }
  }

  void constraints(const Census &census) {
    for (size_t i = 0; i < model.space.rules.size(); ++i) {
      const sema::Constraint &constraint = *model.rules[i].constraint;
      json.object([&] {
        json.attribute("name", constraint.reason);
        json.attribute("expr", ast::toString(*constraint.condition));
        place(constraint.range);
        json.attributeArray("reads", [&] { reads(model.space.rules[i]); });
        attribute("cuts", census.cuts[i]);
        attribute("alone", census.alone[i]);
        attribute("only", census.only[i]);
      });
    }
  }

  void place(SourceRange range) {
    if (!range.isValid()) {
      json.attribute("source", nullptr);
      json.attribute("line", nullptr);
      return;
    }
    json.attribute("source", llvm::sys::path::filename(range.file->name()));
    json.attribute("line", range.file->lineColumn(range.begin).line);
  }

  void reads(const Rule &rule) {
    std::set<unsigned> axes;
    for (const Condition &condition : rule.conditions) {
      axes.insert(condition.scope.begin(), condition.scope.end());
    }
    for (unsigned axis : axes) {
      json.value(model.space.axes[axis].name);
    }
  }

  void axes() {
    static constexpr llvm::StringLiteral origins[] = {"design", "tuning",
                                                      "static"};
    std::vector<std::vector<Count>> counts = counter.marginals();
    for (size_t i = 0; i < model.space.axes.size(); ++i) {
      const AxisDomain &axis = model.space.axes[i];
      json.object([&] {
        json.attribute("name", axis.name);
        json.attribute("origin",
                       origins[static_cast<size_t>(system.axes[i].origin)]);
        json.attribute("size", static_cast<int64_t>(axis.values.size()));
        if (axis.values.size() > kMaxShownValues) {
          return;
        }
        json.attributeArray("values", [&] {
          for (size_t v = 0; v < axis.values.size(); ++v) {
            json.object([&] {
              json.attribute("value", jsonOf(axis.values[v]));
              attribute("points", counts.empty()
                                      ? std::nullopt
                                      : std::optional<Count>(counts[i][v]));
            });
          }
        });
      });
    }
  }

  void bound(const Relaxation &relaxation) {
    sema::RelaxedText sides = sema::relaxedText(model, relaxation);
    json.attribute("constraint",
                   model.rules[relaxation.rule].constraint->reason);
    json.attribute("expr", sides.moving);
    json.attribute("bound", sides.bound);
    json.attribute("now", jsonOf(relaxation.bound));
    json.attribute("side", relaxation.upper ? "upper" : "lower");
    json.attribute("strict", relaxation.strict);
    json.attribute("nearest", jsonOf(relaxation.needed));
    attribute("points", relaxation.points);
  }
};

} // namespace

/// The device that `--device` or `--arch` names, with `--device-limit`.
bool Session::chooseDevice(device::Device &chosen) {
  chosen = *device;
  if (!options.device.empty()) {
    const device::Device *named = device::findByName(options.device);
    if (!named) {
      std::vector<std::string> names;
      for (const device::Device &row : device::all()) {
        names.push_back(row.name.str());
      }
      auto error = diags.error(diag::err_unknown_device) << options.device;
      error.help(nameHelp(options.device, "devices", names));
      return false;
    }
    chosen = *named;
  }
  for (const auto &[field, value] : options.deviceLimits) {
    std::optional<device::Device> other = chosen.with(field, value);
    if (!other) {
      std::vector<std::string> names;
      for (llvm::StringRef name : device::fieldNames()) {
        if (chosen.number(name)) {
          names.push_back(name.str());
        }
      }
      auto error = diags.error(diag::err_unknown_device_field) << field;
      error.help(nameHelp(field, "limits of a device", names));
      return false;
    }
    chosen = *other;
  }
  return true;
}

/// Reports why the question has no answer; false if it has one.
static bool refuse(const sema::SpaceModel &model, const Counter &counter,
                   const sema::PointRequest &request,
                   const CompileOptions &options, DiagnosticEngine &diags) {
  if (!counter.valid()) {
    auto error = diags.error(diag::err_space_search);
    error.help("fix some axes with `-D axis=value`");
    return true;
  }
  if (std::optional<Undefined> undefined = counter.undefined()) {
    sema::reportUndefined(model, request, *undefined, diags);
    return true;
  }
  Count valid = *counter.valid();
  Count wanted = std::min<Count>(valid, options.pointCount);
  if (wanted > kMaxListed) {
    auto error = diags.error(diag::err_list_points)
                 << text(wanted) << kMaxListed;
    error.help("`--list-points=0:1000` lists the first 1000");
    return true;
  }
  if (options.spaceQuery == SpaceQuery::Neighbours &&
      options.firstPoint >= valid) {
    diags.error(diag::err_no_such_point) << text(valid) << options.firstPoint;
    return true;
  }
  return false;
}

/// Writes the points that the question is about.
static void writePoints(SpaceWriter &writer, const Counter &counter,
                        const CompileOptions &options) {
  writer.points([&](auto visit) {
    if (options.spaceQuery == SpaceQuery::Sample) {
      for (Count index : counter.sample(options.pointCount, options.seed)) {
        visit(index, counter.at(index));
      }
      return;
    }
    if (options.spaceQuery == SpaceQuery::Neighbours) {
      for (const Positions &point :
           counter.neighbours(counter.at(options.firstPoint))) {
        visit(*counter.indexOf(point), point);
      }
      return;
    }
    Count index = options.firstPoint;
    Count end = index + options.pointCount;
    counter.forEach(index, [&](llvm::ArrayRef<uint32_t> positions) {
      if (index == end) {
        return false;
      }
      visit(index++, positions);
      return true;
    });
  });
}

bool Session::querySpace() {
  llvm::FailureOr<sema::SpaceModel> model =
      sema::spaceOf(*system, asked, diags);
  if (llvm::failed(model)) {
    return false;
  }
  mlir::TimingScope scope = timing.nest("count");
  if (!rawCount(model->space.axes)) {
    diags.error(diag::err_raw_too_large);
    return false;
  }
  Counter counter(model->space);
  if (refuse(*model, counter, asked, options, diags)) {
    return false;
  }
  std::string answer;
  llvm::raw_string_ostream os(answer);
  SpaceWriter writer(os, *system, asked, *model, counter);
  writer.object(source->name(), [&] {
    if (options.spaceQuery != SpaceQuery::Count) {
      writePoints(writer, counter, options);
      return;
    }
    writer.census();
    if (*counter.valid() == 0) {
      writer.empty(explainEmpty(*system, asked, *model, counter));
    }
  });
  os << "\n";
  outputs.push_back({outputPath("", ""), answer});
  return true;
}

} // namespace spak::driver
