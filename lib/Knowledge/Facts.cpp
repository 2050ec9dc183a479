// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: the choice among facts. Must not know axes, nor what facts claim.
#include "spak/Knowledge/Facts.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

namespace spak::knowledge {

namespace {

/// The text of a key, also of a version or date that is written as a number.
std::string wordOf(const ast::Block &block, llvm::StringRef key) {
  if (std::optional<llvm::StringRef> text = block.string(key)) {
    return text->str();
  }
  const ast::Property *property = block.find(key);
  if (!property || !property->value) {
    return "";
  }
  return property->value->range.text().trim().str();
}

std::string plainDevice(llvm::StringRef name) {
  std::string plain;
  for (char c : name) {
    if (llvm::isAlnum(c)) {
      plain.push_back(llvm::toLower(c));
    }
  }
  llvm::StringRef rest = plain;
  rest.consume_front("nvidia");
  rest.consume_front("geforce");
  return rest.str();
}

} // namespace

std::map<std::string, int64_t> parseShape(llvm::StringRef text) {
  std::map<std::string, int64_t> shape;
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, ',');
  for (llvm::StringRef part : parts) {
    auto [dim, size] = part.split('=');
    int64_t number = 0;
    if (!dim.trim().empty() && !size.trim().getAsInteger(10, number)) {
      shape[dim.trim().str()] = number;
    }
  }
  return shape;
}

bool isDate(llvm::StringRef text) {
  llvm::StringRef day = text.split('T').first;
  llvm::SmallVector<llvm::StringRef> parts;
  day.split(parts, '-');
  constexpr unsigned kLimits[] = {9999, 12, 31};
  constexpr size_t kDigits[] = {4, 2, 2};
  if (parts.size() > std::size(kLimits)) {
    return false;
  }
  for (auto [part, limit, digits] : llvm::zip(parts, kLimits, kDigits)) {
    unsigned number = 0;
    if (part.size() != digits || part.getAsInteger(10, number) || number < 1 ||
        number > limit) {
      return false;
    }
  }
  return true;
}

FactScope FactScope::of(const ast::Block &block) {
  FactScope scope;
  scope.device = wordOf(block, "device");
  scope.arch = wordOf(block, "arch");
  scope.toolkit = wordOf(block, "toolkit");
  scope.dtype = wordOf(block, "dtype");
  scope.date = wordOf(block, "date");
  if (!isDate(scope.date)) {
    scope.date.clear();
  }
  scope.shape = parseShape(wordOf(block, "shape"));
  scope.confidence =
      std::clamp(block.number("confidence").value_or(1.0), 0.0, 1.0);
  std::string status = wordOf(block, "status");
  if (llvm::StringRef(status).starts_with("stale")) {
    scope.stale = std::move(status);
  }
  return scope;
}

bool sameDevice(llvm::StringRef a, llvm::StringRef b) {
  return plainDevice(a) == plainDevice(b);
}

Nearness nearness(const FactScope &scope, const FactTarget &target) {
  Nearness result;
  auto say = [&](const llvm::Twine &text) {
    result.why += (result.why.empty() ? "" : "; ") + text.str();
  };
  if (!scope.stale.empty()) {
    say("traces contradict it: " + scope.stale);
    result.applies = false;
    return result;
  }
  const device::Device *device = target.device;
  if (device && !scope.arch.empty() && scope.arch != device->arch) {
    say("it is about " + scope.arch + ", the target is " + device->arch);
    result.applies = false;
    return result;
  }
  if (device && !scope.device.empty() &&
      !sameDevice(scope.device, device->name)) {
    const device::Device *own = nullptr;
    for (const device::Device &row : device::all()) {
      if (sameDevice(row.name, scope.device)) {
        own = &row;
        break;
      }
    }
    bool sameArch = own ? own->arch == device->arch : !scope.arch.empty();
    say("it is about " + scope.device + ", the target is " + device->name);
    result.device = 1;
    if (!sameArch) {
      result.applies = false;
      return result;
    }
  }
  if (!scope.toolkit.empty() && !target.toolkit.empty() &&
      scope.toolkit != target.toolkit) {
    result.toolkit = 1;
    say("it was found with toolkit " + scope.toolkit + ", not " +
        target.toolkit);
  }
  for (const auto &[dim, size] : scope.shape) {
    auto given = target.shape.find(dim);
    if (given != target.shape.end() && given->second != size) {
      ++result.shape;
      say("it was found at " + dim + " = " + llvm::Twine(size) + ", not " +
          llvm::Twine(given->second));
    }
  }
  return result;
}

bool precedes(const FactScope &a, const Nearness &nearA, const FactScope &b,
              const Nearness &nearB, std::string *why) {
  auto decide = [&](bool first, const llvm::Twine &reason) {
    if (first && why) {
      *why = reason.str();
    }
    return first;
  };
  if (nearA.device != nearB.device) {
    return decide(nearA.device < nearB.device, "about this device");
  }
  if (nearA.shape != nearB.shape) {
    return decide(nearA.shape < nearB.shape, "nearer to this shape");
  }
  if (nearA.toolkit != nearB.toolkit) {
    return decide(nearA.toolkit < nearB.toolkit, "about this toolkit");
  }
  auto dated = [](const FactScope &scope) {
    return scope.date.empty() ? std::string("no date") : scope.date;
  };
  if (a.date != b.date) {
    return decide(a.date > b.date,
                  "newer: " + dated(a) + " against " + dated(b));
  }
  auto digits = [](double number) {
    std::string text = llvm::formatv("{0:f2}", number).str();
    llvm::StringRef rest = llvm::StringRef(text).rtrim('0').rtrim('.');
    return rest.str();
  };
  return a.confidence > b.confidence &&
         decide(true, "more confident: " + digits(a.confidence) + " against " +
                          digits(b.confidence));
}

} // namespace spak::knowledge
