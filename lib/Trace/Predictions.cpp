// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: guides as JSON, and the verdict on each prediction. Must not know how
// predictions are made.
#include "spak/Trace/Predictions.h"

#include "Cells.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

namespace spak::trace {

namespace {

constexpr llvm::StringLiteral kKinds[] = {"at_least", "at_most", "equals",
                                          "correct", "not_slower"};

std::string pointJson(const Configuration &point) {
  std::string text;
  for (const auto &[axis, value] : point) {
    text += (text.empty() ? "" : ", ") + quotedJson(axis) + ": " +
            (value.isText()    ? quotedJson(value.asText())
             : value.isFloat() ? numberText(value.asFloat())
                               : value.text());
  }
  return "{" + text + "}";
}

std::string shapeJson(const Shape &shape) {
  std::string text;
  for (const auto &[dim, size] : shape) {
    text += (text.empty() ? "" : ", ") + quotedJson(dim) + ": " +
            std::to_string(size);
  }
  return "{" + text + "}";
}

std::string textMember(const JsonValue &object, llvm::StringRef key) {
  const JsonValue *value = object.find(key);
  return value && value->asString() ? value->text : std::string();
}

void readPoint(const JsonValue *object, Configuration &point) {
  for (const JsonMember &member :
       object ? object->members : std::vector<JsonMember>()) {
    const JsonValue &value = member.value;
    if (value.asBool()) {
      point.insert_or_assign(member.key, space::AxisValue(value.boolean));
    } else if (value.is(JsonValue::Kind::Int)) {
      point.insert_or_assign(member.key, space::AxisValue(value.integer));
    } else if (value.asNumber()) {
      point.insert_or_assign(member.key, space::AxisValue(value.number));
    } else if (value.asString()) {
      point.insert_or_assign(member.key, space::AxisValue(value.text));
    }
  }
}

std::optional<Prediction> readPrediction(const JsonValue &object,
                                         DiagnosticEngine &diags) {
  Prediction p;
  p.id = textMember(object, "id");
  p.text = textMember(object, "text");
  p.kernel = textMember(object, "kernel");
  p.device = textMember(object, "device");
  p.figure = textMember(object, "figure");
  std::string kind = textMember(object, "kind");
  const auto *found = llvm::find(kKinds, kind);
  if (p.id.empty() || found == std::end(kKinds)) {
    auto error = diags.error(diag::err_guide_json, object.range);
    error << (p.id.empty() ? std::string("a prediction needs an `id`")
                           : "`" + quoted(kind) + "` is no kind of prediction");
    error.help("kinds: at_least, at_most, equals, correct, not_slower");
    return std::nullopt;
  }
  p.kind = static_cast<Prediction::Kind>(found - std::begin(kKinds));
  readPoint(object.find("point"), p.point);
  readPoint(object.find("other"), p.other);
  if (const JsonValue *shape = object.find("shape")) {
    for (const JsonMember &member : shape->members) {
      if (std::optional<int64_t> size = member.value.asInt()) {
        p.shape[member.key] = *size;
      }
    }
  }
  auto number = [&](const char *key, double &to) {
    const JsonValue *value = object.find(key);
    if (value && value->asNumber()) {
      to = *value->asNumber();
    }
  };
  number("value", p.value);
  number("tolerance", p.tolerance);
  return p;
}

/// Checks and runs as measurements without figures: what they say is whether
/// the result was right.
std::vector<Measurement> withChecks(const Trace &trace) {
  std::vector<Measurement> all = measurements(trace);
  for (const Item &item : trace.items) {
    const JsonValue *kind = item.value.find("kind");
    if (item.kind != ItemKind::Record || !kind || kind->asString() == "bench") {
      continue;
    }
    Trace one;
    one.items.push_back(item);
    for (JsonMember &member : one.items.front().value.members) {
      if (member.key == "kind") {
        member.value.text = "bench";
      }
    }
    for (Measurement m : measurements(one)) {
      m.item = &item;
      m.figures.clear();
      all.push_back(std::move(m));
    }
  }
  return all;
}

class Judge {
public:
  Judge(const Prediction &prediction, const std::vector<Measurement> &all)
      : prediction(prediction), all(all) {}

  Verdict run() {
    switch (prediction.kind) {
    case Prediction::Kind::Correct:
      correct();
      break;
    case Prediction::Kind::NotSlower:
      notSlower();
      break;
    default:
      figure();
      break;
    }
    return std::move(verdict);
  }

private:
  const Prediction &prediction;
  const std::vector<Measurement> &all;
  Verdict verdict;

  bool isAbout(const Measurement &m, const Configuration &point) const {
    return m.from.origin != Provenance::Origin::Model &&
           (prediction.kernel.empty() || m.kernel == prediction.kernel) &&
           (prediction.device.empty() || m.from.device == prediction.device) &&
           hasAll(m.configuration, point) && hasAll(m.shape, prediction.shape);
  }

  void decide(bool holds, std::string found, std::string place) {
    verdict.outcome =
        holds ? Verdict::Outcome::Confirmed : Verdict::Outcome::Refuted;
    verdict.found = std::move(found);
    verdict.place = std::move(place);
  }

  void correct() {
    size_t right = 0;
    const Measurement *wrong = nullptr, *last = nullptr;
    for (const Measurement &m : all) {
      if (m.correct && isAbout(m, prediction.point)) {
        right += *m.correct;
        wrong = *m.correct ? wrong : &m;
        last = &m;
      }
    }
    if (last) {
      decide(!wrong,
             std::to_string(right) + (right == 1 ? " run" : " runs") +
                 (wrong ? " right, one wrong" : " right"),
             (wrong ? wrong : last)->place);
    }
  }

  /// The cells of a point at the prediction's shape, or at every shape.
  std::vector<Cell> cells(const Configuration &point,
                          llvm::StringRef figure) const {
    std::vector<const Measurement *> found;
    for (const Measurement &m : all) {
      if (m.correct != false && m.figure(figure) && isAbout(m, point)) {
        found.push_back(&m);
      }
    }
    return cellsOf(found);
  }

  void figure() {
    std::vector<Cell> found = cells(prediction.point, prediction.figure);
    for (const Cell &cell : found) {
      double value = *cell.merged.figure(prediction.figure);
      bool holds = prediction.kind == Prediction::Kind::AtLeast
                       ? value >= prediction.value
                   : prediction.kind == Prediction::Kind::AtMost
                       ? value <= prediction.value
                       : std::fabs(value - prediction.value) <=
                             prediction.tolerance * std::fabs(prediction.value);
      // One cell that breaks it refutes it.
      if (!holds || verdict.outcome == Verdict::Outcome::Untested) {
        decide(holds, prediction.figure + " " + shortNumber(value),
               cell.merged.place);
      }
    }
  }

  void notSlower() {
    for (const auto &[name, higher] :
         {std::pair<llvm::StringRef, bool>{kRatio, true},
          {kTime, false},
          {kThroughput, true}}) {
      RankFigure rank{name.str(), higher};
      std::vector<Cell> own = cells(prediction.point, name);
      std::vector<Cell> others = cells(prediction.other, name);
      for (const Cell &a : own) {
        for (const Cell &b : others) {
          if (a.merged.shape != b.merged.shape) {
            continue;
          }
          double mine = *a.merged.figure(name), theirs = *b.merged.figure(name);
          bool holds = rank.score(mine) >=
                       rank.score(theirs) * (1 - prediction.tolerance);
          if (!holds || verdict.outcome == Verdict::Outcome::Untested) {
            decide(holds,
                   name.str() + " " + shortNumber(mine) + " against " +
                       shortNumber(theirs),
                   a.merged.place);
          }
        }
      }
      if (verdict.outcome != Verdict::Outcome::Untested) {
        return;
      }
    }
  }
};

std::string cellText(llvm::StringRef text) {
  std::string result;
  for (char c : text) {
    result += c == '|' ? std::string("\\|") : std::string(1, c);
  }
  return result;
}

} // namespace

std::string toJsonText(const Guide &guide) {
  std::string text =
      "{\n  \"spak_guide\": 1,\n  \"system\": " + quotedJson(guide.system) +
      ",\n  \"source\": " + quotedJson(guide.source) +
      ",\n  \"predictions\": [";
  for (const Prediction &p : guide.predictions) {
    text += &p == guide.predictions.data() ? "\n    {" : ",\n    {";
    text += "\"id\": " + quotedJson(p.id) +
            ", \"kind\": " + quotedJson(kKinds[static_cast<unsigned>(p.kind)]) +
            ", \"text\": " + quotedJson(p.text) +
            ",\n     \"kernel\": " + quotedJson(p.kernel) +
            ", \"device\": " + quotedJson(p.device) +
            ", \"point\": " + pointJson(p.point);
    if (!p.other.empty()) {
      text += ",\n     \"other\": " + pointJson(p.other);
    }
    text += ",\n     \"shape\": " + shapeJson(p.shape);
    if (!p.figure.empty()) {
      text += ", \"figure\": " + quotedJson(p.figure) +
              ", \"value\": " + numberText(p.value);
    }
    text += ", \"tolerance\": " + numberText(p.tolerance) + "}";
  }
  return text + (guide.predictions.empty() ? "]\n}\n" : "\n  ]\n}\n");
}

std::optional<Guide> readGuide(const SourceFile &source,
                               DiagnosticEngine &diags) {
  uint32_t end = 0;
  JsonError wrong;
  SourceRange whole =
      source.range(0, static_cast<uint32_t>(source.text().size()));
  std::optional<JsonValue> root = readJson(whole, end, wrong, diags);
  if (!root) {
    diags.error(diag::err_trace_json, wrong.range)
        << wrong.expected << wrong.got;
    return std::nullopt;
  }
  const JsonValue *version = root->find("spak_guide");
  const JsonValue *list = root->find("predictions");
  if (!version || version->asInt() != 1 || !list ||
      !list->is(JsonValue::Kind::Array)) {
    auto error = diags.error(diag::err_guide_json,
                             version ? version->range : root->range);
    error << (version && list
                  ? "expected `spak_guide` 1 and an array of `predictions`"
                  : "it has no `spak_guide` and `predictions`");
    error.help("`spakc FILE.dsl --emit=guide -o guide.md` writes guide.json "
               "beside the text");
    return std::nullopt;
  }
  Guide guide;
  guide.system = textMember(*root, "system");
  guide.source = textMember(*root, "source");
  bool good = true;
  for (const JsonValue &object : list->elements) {
    std::optional<Prediction> prediction = readPrediction(object, diags);
    good &= prediction.has_value();
    if (prediction) {
      guide.predictions.push_back(std::move(*prediction));
    }
  }
  return good ? std::optional<Guide>(std::move(guide)) : std::nullopt;
}

llvm::StringRef outcomeName(Verdict::Outcome outcome) {
  static constexpr llvm::StringLiteral kNames[] = {"confirmed", "refuted",
                                                   "untested"};
  return kNames[static_cast<unsigned>(outcome)];
}

std::vector<Verdict> judge(const Guide &guide, const Trace &trace) {
  std::vector<Measurement> all = withChecks(trace);
  std::vector<Verdict> verdicts;
  for (const Prediction &prediction : guide.predictions) {
    verdicts.push_back(Judge(prediction, all).run());
  }
  return verdicts;
}

std::string reportText(const Guide &guide,
                       const std::vector<Verdict> &verdicts) {
  size_t counts[3] = {0, 0, 0};
  std::string rows;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    const Verdict &verdict = verdicts[i];
    ++counts[static_cast<unsigned>(verdict.outcome)];
    rows += "| " + cellText(guide.predictions[i].id) + " | " +
            cellText(guide.predictions[i].text) + " | " +
            outcomeName(verdict.outcome).str() + " | " +
            cellText(verdict.found) + " | " + cellText(verdict.place) + " |\n";
  }
  return "# What became of the predictions of " + guide.system + "\n\n" +
         std::to_string(counts[0]) + " confirmed, " +
         std::to_string(counts[1]) + " refuted, " + std::to_string(counts[2]) +
         " untested.\n\n| no. | prediction | verdict | found | where "
         "|\n|---|---|---|---|---|\n" +
         rows;
}

std::string reportJson(const Guide &guide,
                       const std::vector<Verdict> &verdicts) {
  std::string rows;
  size_t counts[3] = {0, 0, 0};
  for (size_t i = 0; i < verdicts.size(); ++i) {
    const Verdict &verdict = verdicts[i];
    ++counts[static_cast<unsigned>(verdict.outcome)];
    rows += (rows.empty() ? "\n    {" : ",\n    {");
    rows += "\"id\": " + quotedJson(guide.predictions[i].id) +
            ", \"verdict\": " + quotedJson(outcomeName(verdict.outcome)) +
            ", \"text\": " + quotedJson(guide.predictions[i].text) +
            ", \"found\": " + quotedJson(verdict.found) +
            ", \"place\": " + quotedJson(verdict.place) + "}";
  }
  return "{\n  \"spak_report\": 1,\n  \"system\": " + quotedJson(guide.system) +
         ",\n  \"confirmed\": " + std::to_string(counts[0]) +
         ",\n  \"refuted\": " + std::to_string(counts[1]) +
         ",\n  \"untested\": " + std::to_string(counts[2]) +
         ",\n  \"verdicts\": [" + rows +
         (rows.empty() ? "]\n}\n" : "\n  ]\n}\n");
}

} // namespace spak::trace
