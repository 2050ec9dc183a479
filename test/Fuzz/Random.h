// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Numbers that are the same on every machine, and changes of a text by them.
#ifndef SPAK_TEST_FUZZ_RANDOM_H
#define SPAK_TEST_FUZZ_RANDOM_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace spak {

/// Xorshift: one seed, one sequence.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed * 2654435761u + 1) {}

  /// A number in [0, bound); 0 if that is empty.
  size_t below(size_t bound) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return bound == 0 ? 0 : static_cast<size_t>(state % bound);
  }

  template <size_t N>
  const char *pick(const char *const (&list)[N]) {
    return list[below(N)];
  }

private:
  uint64_t state;
};

/// One change of \p text: up to \p longest bytes go or come twice, the rest is
/// cut off, a byte is another one, or one of \p pieces comes in (the most
/// often).
template <size_t N>
void mutate(std::string &text, Random &random, size_t longest,
            const char *const (&pieces)[N]) {
  size_t at = random.below(text.size() + 1);
  size_t length = random.below(1 + std::min(text.size() - at, longest));
  switch (random.below(6)) {
  case 0:
    text.erase(at, length);
    return;
  case 1:
    text.insert(random.below(text.size() + 1), text.substr(at, length));
    return;
  case 2:
    text.resize(at);
    return;
  case 3:
    if (at < text.size()) {
      text[at] = static_cast<char>(random.below(256));
    }
    return;
  default:
    text.insert(at, random.pick(pieces));
    return;
  }
}

} // namespace spak

#endif // SPAK_TEST_FUZZ_RANDOM_H
