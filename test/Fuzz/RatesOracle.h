// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// What must hold of any text that is given as the rates of a card.
#ifndef SPAK_TEST_FUZZ_RATESORACLE_H
#define SPAK_TEST_FUZZ_RATESORACLE_H

#include <string>

namespace spak::fuzz {

/// Reads \p text as the rates of every card of the table and holds the result
/// to these laws: every message lies in the text; there is an error or there
/// are rates, not both; rates are from 1 to kMostRate; what is not
/// measured is the data sheet's; the source is one line of UTF-8, and a file
/// with the same rates gives the same again. Returns what was broken, or
/// nothing.
std::string checkRates(const std::string &text);

} // namespace spak::fuzz

#endif // SPAK_TEST_FUZZ_RATESORACLE_H
