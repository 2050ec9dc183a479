// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What must hold of the front end for any text whatever.
#ifndef SPAK_TEST_FUZZ_ORACLE_H
#define SPAK_TEST_FUZZ_ORACLE_H

#include <string>

namespace spak::fuzz {

/// Runs everything that a text may reach: parse, dump, JSON, rendering of
/// messages, and for a text without errors lay-out and edits. Returns what is wrong, empty if nothing is.
std::string check(const std::string &text);

} // namespace spak::fuzz

#endif // SPAK_TEST_FUZZ_ORACLE_H
