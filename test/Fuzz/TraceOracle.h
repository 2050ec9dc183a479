// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What must hold of the trace reader for any text whatever.
#ifndef SPAK_TEST_FUZZ_TRACEORACLE_H
#define SPAK_TEST_FUZZ_TRACEORACLE_H

#include <string>

namespace spak::fuzz {

/// Runs everything that a trace may reach: reading, lines, measurements,
/// facts, their text in a system, checks, schemas, guides, rendering of
/// messages. Returns what is wrong, empty if nothing is.
std::string checkTrace(const std::string &text);

} // namespace spak::fuzz

#endif // SPAK_TEST_FUZZ_TRACEORACLE_H
