// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// The `schedule` block: keys, arguments, values. Knows which keys there are,
// not what a pass makes of them.
#ifndef SPAK_LIB_SEMA_SCHEDULE_H
#define SPAK_LIB_SEMA_SCHEDULE_H

#include "spak/Sema/Sema.h"

namespace spak::sema {

/// Resolves the schedule of \p kernel at \p point into \p program's requests.
/// The grid of \p program is known already.
void resolveSchedule(const ast::Kernel &kernel, const Point &point,
                     const device::Device &device, DiagnosticEngine &diags,
                     Program &program);

} // namespace spak::sema

#endif // SPAK_LIB_SEMA_SCHEDULE_H
