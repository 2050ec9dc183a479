// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Is this file ours? Private to the front end.
#ifndef SPAK_LIB_FRONTEND_DIALECTS_H
#define SPAK_LIB_FRONTEND_DIALECTS_H

#include "Tokens.h"

namespace spak::frontend {

/// True if \p tokens start a system, perhaps after imports. Else reports, by
/// name if it is known, the dialect that the file is in: one error, at the
/// first line that has anything.
bool checkDialect(const TokenContext &context, const Tokens &tokens);

} // namespace spak::frontend

#endif // SPAK_LIB_FRONTEND_DIALECTS_H
