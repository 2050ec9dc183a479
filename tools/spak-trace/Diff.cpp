// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: edits as a unified diff. Must not find the differences itself.
#include "Diff.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <numeric>

namespace spak {

namespace {

constexpr unsigned kContext = 3;

/// Whole lines [first, last) of the old text and what stands in their place.
struct Change {
  unsigned first = 0; ///< from 1
  unsigned last = 0;
  std::vector<std::string> added;
};

std::vector<std::string> linesOf(llvm::StringRef text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    lines.push_back(line.str());
    text = rest;
  }
  return lines;
}

/// Edits on the same lines together, as whole lines, without those that stay.
std::vector<Change> changesOf(const SourceFile &source,
                              std::vector<ast::TextEdit> edits) {
  std::vector<size_t> order(edits.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::pair(edits[a].begin, a) < std::pair(edits[b].begin, b);
  });
  llvm::StringRef text = source.text();
  std::vector<Change> changes;
  for (size_t i = 0; i < order.size();) {
    uint32_t begin =
        source.lineStart(source.lineColumn(edits[order[i]].begin).line);
    uint32_t end = begin;
    std::vector<ast::TextEdit> here;
    for (; i < order.size() && (here.empty() || edits[order[i]].begin < end);
         ++i) {
      const ast::TextEdit &edit = edits[order[i]];
      size_t lineEnd = text.find('\n', edit.end);
      end = std::max<uint32_t>(
          end, lineEnd == llvm::StringRef::npos ? text.size() : lineEnd + 1);
      here.push_back({edit.begin - begin, edit.end - begin, edit.text});
    }
    llvm::StringRef before = text.slice(begin, end);
    std::vector<std::string> oldLines = linesOf(before);
    Change change;
    change.first = source.lineColumn(begin).line;
    change.last = change.first + static_cast<unsigned>(oldLines.size());
    change.added = linesOf(ast::applyEdits(before, std::move(here)));
    size_t head = 0;
    while (head < oldLines.size() && head < change.added.size() &&
           oldLines[head] == change.added[head]) {
      ++head;
    }
    size_t tail = 0;
    while (tail + head < oldLines.size() && tail + head < change.added.size() &&
           oldLines[oldLines.size() - 1 - tail] ==
               change.added[change.added.size() - 1 - tail]) {
      ++tail;
    }
    change.first += static_cast<unsigned>(head);
    change.last -= static_cast<unsigned>(tail);
    change.added.erase(change.added.end() - static_cast<ptrdiff_t>(tail),
                       change.added.end());
    change.added.erase(change.added.begin(),
                       change.added.begin() + static_cast<ptrdiff_t>(head));
    changes.push_back(std::move(change));
  }
  return changes;
}

} // namespace

std::string unifiedDiff(const SourceFile &source,
                        std::vector<ast::TextEdit> edits) {
  std::vector<Change> changes = changesOf(source, std::move(edits));
  std::string result;
  llvm::raw_string_ostream os(result);
  llvm::StringRef name = llvm::sys::path::filename(source.name());
  if (!changes.empty()) {
    os << "--- a/" << name << "\n+++ b/" << name << "\n";
  }
  std::vector<std::string> old = linesOf(source.text());
  unsigned lines = static_cast<unsigned>(old.size());
  int64_t shift = 0;
  for (size_t i = 0; i < changes.size();) {
    size_t end = i + 1;
    while (end < changes.size() &&
           changes[end].first <= changes[end - 1].last + 2 * kContext) {
      ++end;
    }
    unsigned from = std::max<int64_t>(1, int64_t(changes[i].first) - kContext);
    unsigned to = std::min(lines + 1, changes[end - 1].last + kContext);
    std::string body;
    int64_t grown = 0;
    unsigned at = from;
    for (; i < end; ++i) {
      const Change &change = changes[i];
      for (; at < change.first; ++at) {
        body += " " + old[at - 1] + "\n";
      }
      for (; at < change.last; ++at) {
        body += "-" + old[at - 1] + "\n";
      }
      for (const std::string &line : change.added) {
        body += "+" + line + "\n";
      }
      grown += int64_t(change.added.size()) - (change.last - change.first);
    }
    for (; at < to; ++at) {
      body += " " + old[at - 1] + "\n";
    }
    os << llvm::formatv("@@ -{0},{1} +{2},{3} @@\n", from, to - from,
                        from + shift, int64_t(to - from) + grown)
       << body;
    shift += grown;
  }
  return result;
}

} // namespace spak
