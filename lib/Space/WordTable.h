// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Numbers sequences of words in the order in which they are first seen.
// Private to Space.
#ifndef SPAK_LIB_SPACE_WORDTABLE_H
#define SPAK_LIB_SPACE_WORDTABLE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/xxhash.h"

#include <cstdint>
#include <vector>

namespace spak::space {

class WordTable {
public:
  WordTable() : slots(16, 0) {}

  /// The number of \p words, a new one if they were not seen before.
  uint32_t intern(llvm::ArrayRef<uint64_t> words) {
    if ((size() + 1) * 2 > slots.size()) {
      grow();
    }
    size_t slot = find(words);
    if (slots[slot] == 0) {
      starts.push_back(arena.size());
      arena.insert(arena.end(), words.begin(), words.end());
      slots[slot] = static_cast<uint32_t>(size());
    }
    return slots[slot] - 1;
  }

  size_t size() const { return starts.size(); }

  llvm::ArrayRef<uint64_t> words(uint32_t number) const {
    size_t end = number + 1 < size() ? starts[number + 1] : arena.size();
    return llvm::ArrayRef(arena).slice(starts[number], end - starts[number]);
  }

private:
  std::vector<uint64_t> arena;
  std::vector<size_t> starts;
  std::vector<uint32_t> slots; ///< number + 1; 0 is free

  static uint64_t hash(llvm::ArrayRef<uint64_t> words) {
    return llvm::xxh3_64bits(llvm::ArrayRef(
        reinterpret_cast<const uint8_t *>(words.data()), words.size() * 8));
  }

  size_t find(llvm::ArrayRef<uint64_t> wanted) const {
    size_t mask = slots.size() - 1;
    size_t slot = hash(wanted) & mask;
    while (slots[slot] != 0 && words(slots[slot] - 1) != wanted) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  void grow() {
    slots.assign(slots.size() * 2, 0);
    size_t mask = slots.size() - 1;
    for (uint32_t number = 0; number < size(); ++number) {
      size_t slot = hash(words(number)) & mask;
      while (slots[slot] != 0) {
        slot = (slot + 1) & mask;
      }
      slots[slot] = number + 1;
    }
  }
};

} // namespace spak::space

#endif // SPAK_LIB_SPACE_WORDTABLE_H
