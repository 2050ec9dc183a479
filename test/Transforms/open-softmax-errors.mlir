// Part of spakc. SPDX-License-Identifier: Apache-2.0
// RUN: spak-opt %s --open-softmax -split-input-file -verify-diagnostics
!st = !spak.softmax<rows m=64, width d=64>
spak.kernel @branch(%x: i1, %init: !st) {
  %a = spak.softmax.init : !st
  %b = scf.if %x -> (!st) {
    // expected-error @+1 {{'scf.yield' op reads a softmax state, which only the softmax ops and `spak.for` can}}
    scf.yield %a : !st
  } else {
    scf.yield %a : !st
  }
  spak.return
}
// -----
!st = !spak.softmax<rows m=64, width d=64>
spak.kernel @argument(%init: !st) {
  // expected-error @+1 {{expected a state that comes from `spak.softmax.init` by way of updates and loops}}
  %o = spak.softmax.output %init : !st -> !spak.tile<m=64, d=64 : f32>
  spak.return
}
