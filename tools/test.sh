#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Passes all tests on a fresh Debian 12 machine: sets up what is missing,
# builds, runs lit, the unit tests, the bounded fuzz run, the simulator matrix
# and the CUDA compiles. Last line: N passed, M failed, K skipped.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/scripts/setup.sh"
ensure_packages
ensure_python
ensure_cuda
say "building (log lines are ninja's)"
build_spak
say "testing"
exec python3 "$SPAK_ROOT/tools/scripts/run_tests.py" --build "$SPAK_BUILD" "$@"
