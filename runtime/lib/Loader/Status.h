// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns: how the runtime says that something failed. Must not throw.
#ifndef SPAK_RT_LIB_LOADER_STATUS_H
#define SPAK_RT_LIB_LOADER_STATUS_H

#include "spak-rt/spak_rt.h"

#include <string>
#include <utility>

namespace spak_rt {

/// A status of spak_rt.h with a message for people.
struct [[nodiscard]] Status {
  int code = SPAK_RT_OK;
  std::string message;

  bool ok() const { return code == SPAK_RT_OK; }
  static Status error(int code, std::string message) {
    return {code, std::move(message)};
  }
};

} // namespace spak_rt

#endif // SPAK_RT_LIB_LOADER_STATUS_H
