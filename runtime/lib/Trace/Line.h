// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// A record of schema/trace-1.json as one line for a log, in the words that
// readers of logs know. Knows no device.
#ifndef SPAK_RT_LIB_TRACE_LINE_H
#define SPAK_RT_LIB_TRACE_LINE_H

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace spak_rt {

/// `__SPAK_TRACE__ {"type": "Performance", …}` for a timing that was right,
/// else `Correctness`. Each says that it was measured, on which device at
/// which clock, and by which formula operations were counted; a field that
/// nobody knows is null.
std::string traceLine(const nlohmann::json &record);

} // namespace spak_rt

#endif // SPAK_RT_LIB_TRACE_LINE_H
