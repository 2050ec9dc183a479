// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the arithmetic on repeated and on paired measurements. Must not know
// what is written about them.
#include "Cells.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

namespace spak::trace {

std::string configurationText(const Configuration &configuration) {
  std::string text;
  for (const auto &[axis, value] : configuration) {
    text += (text.empty() ? "" : ",") + axis + "=" + value.text();
  }
  return text;
}

std::string shapeText(const Shape &shape) {
  std::string text;
  for (const auto &[dim, size] : shape) {
    text += (text.empty() ? "" : ",") + dim + "=" + std::to_string(size);
  }
  return text;
}

double medianOf(std::vector<double> values) {
  llvm::sort(values);
  size_t half = values.size() / 2;
  return values.size() % 2 ? values[half]
                           : (values[half - 1] + values[half]) / 2;
}

std::vector<Cell>
cellsOf(const std::vector<const Measurement *> &measurements) {
  std::map<std::string, Cell> byKey;
  for (const Measurement *m : measurements) {
    std::string key =
        configurationText(m->configuration) + "|" + shapeText(m->shape);
    Cell &cell = byKey[key];
    if (cell.parts.empty()) {
      cell.merged = *m;
    } else {
      Measurement &all = cell.merged;
      all.samples += m->samples;
      all.rounds += m->rounds;
      if (m->spread) {
        all.spread = std::max(all.spread.value_or(0), *m->spread);
      }
      all.from.date = std::max(all.from.date, m->from.date);
      // What one part lacks, the whole lacks.
      const Provenance &from = m->from;
      all.from.flopFormula =
          from.flopFormula.empty() ? "" : all.from.flopFormula;
      all.from.clockMhz = from.clockMhz ? all.from.clockMhz : std::nullopt;
      if (all.peer != m->peer) {
        all.peer.clear();
      }
      if (!m->correct) {
        all.correct = std::nullopt;
      }
    }
    cell.parts.push_back(m);
  }
  std::vector<Cell> cells;
  for (auto &[key, cell] : byKey) {
    if (cell.parts.size() > 1) {
      for (auto &[name, value] : cell.merged.figures) {
        std::vector<double> values;
        for (const Measurement *part : cell.parts) {
          if (std::optional<double> figure = part->figure(name)) {
            values.push_back(*figure);
          }
        }
        value = medianOf(std::move(values));
      }
    }
    cells.push_back(std::move(cell));
  }
  return cells;
}

std::optional<RankFigure> rankFigure(llvm::ArrayRef<const Cell *> cells) {
  if (cells.empty()) {
    return std::nullopt;
  }
  static constexpr std::pair<llvm::StringLiteral, bool> kOrder[] = {
      {kRatio, true}, {kTime, false}, {kThroughput, true}, {kBandwidth, true}};
  for (const auto &[name, isHigherBetter] : kOrder) {
    bool good = llvm::all_of(
        cells, [&, name = llvm::StringRef(name)](const Cell *cell) {
          std::optional<double> value = cell->merged.figure(name);
          return value && *value > 0 &&
                 (name != kRatio || cell->merged.peer == cells[0]->merged.peer);
        });
    if (good) {
      return RankFigure{name.str(), isHigherBetter};
    }
  }
  return std::nullopt;
}

/// 97.5% quantiles of Student's t for 1 to 10 degrees of freedom; above, the
/// value of 10 errs to the wide side.
static double quantile(size_t degrees) {
  static constexpr double kTable[] = {12.706, 4.303, 3.182, 2.776, 2.571,
                                      2.447,  2.365, 2.306, 2.262, 2.228};
  return kTable[std::min<size_t>(degrees, std::size(kTable)) - 1];
}

std::optional<PairEffect>
pairEffect(llvm::ArrayRef<const Cell *> cells, const RankFigure &figure,
           llvm::StringRef axis, const space::AxisValue &value,
           const space::AxisValue &against, std::vector<const Cell *> *used) {
  // By what must agree: the rest of the configuration, and the shape.
  std::map<std::string, std::pair<const Cell *, const Cell *>> pairs;
  for (const Cell *cell : cells) {
    Configuration rest = cell->merged.configuration;
    auto own = rest.find(axis.str());
    if (own == rest.end()) {
      continue;
    }
    space::AxisValue here = own->second;
    rest.erase(own);
    auto &pair =
        pairs[configurationText(rest) + "|" + shapeText(cell->merged.shape)];
    if (here == value) {
      pair.first = cell;
    } else if (here == against) {
      pair.second = cell;
    }
  }
  std::vector<double> logs;
  PairEffect effect;
  for (const auto &[key, pair] : pairs) {
    if (!pair.first || !pair.second) {
      continue;
    }
    double first = figure.score(*pair.first->merged.figure(figure.name));
    double second = figure.score(*pair.second->merged.figure(figure.name));
    logs.push_back(std::log(first / second));
    double spread = 0;
    for (const Cell *cell : {pair.first, pair.second}) {
      spread = std::max(spread, cell->merged.spread.value_or(0.05));
      if (used) {
        used->push_back(cell);
      }
    }
    effect.isClear &=
        logs.back() * logs.front() > 0 && std::fabs(logs.back()) > 3 * spread;
  }
  if (logs.empty()) {
    return std::nullopt;
  }
  double n = static_cast<double>(logs.size());
  double mean = 0;
  for (double each : logs) {
    mean += each / n;
  }
  effect.pairs = static_cast<unsigned>(logs.size());
  effect.ratio = effect.low = effect.high = std::exp(mean);
  if (logs.size() > 1) {
    double squares = 0;
    for (double each : logs) {
      squares += (each - mean) * (each - mean);
    }
    double half =
        quantile(logs.size() - 1) * std::sqrt(squares / (n - 1)) / std::sqrt(n);
    effect.low = std::exp(mean - half);
    effect.high = std::exp(mean + half);
  }
  return effect;
}

std::string shortNumber(double number, int digits) {
  char buffer[40];
  std::snprintf(buffer, sizeof(buffer), "%.*g", digits, number);
  llvm::StringRef text = buffer;
  if (!text.contains('e')) {
    return text.str();
  }
  if (std::fabs(number) >= 1 && std::fabs(number) < 1e15) {
    std::snprintf(buffer, sizeof(buffer), "%.0f", number);
  }
  return buffer;
}

} // namespace spak::trace
