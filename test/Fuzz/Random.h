// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Numbers that are the same on every machine.
#ifndef SPAK_TEST_FUZZ_RANDOM_H
#define SPAK_TEST_FUZZ_RANDOM_H

#include <cstddef>
#include <cstdint>

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

} // namespace spak

#endif // SPAK_TEST_FUZZ_RANDOM_H
