// Part of spakc. SPDX-License-Identifier: Apache-2.0
// Rules of types and attributes, each under its label.
// RUN: spak-opt %s -split-input-file -verify-diagnostics
// TILE-AXES-UNIQUE
// expected-error @+1 {{axis `m` stands twice in a tile}}
spak.kernel @twice(%x: !spak.tile<m=64, m=64 : f32>) { spak.return }
// -----
// TILE-AXES-UNIQUE
// expected-error @+1 {{`rep` is reserved and cannot be an axis of a tile}}
spak.kernel @reserved(%x: !spak.tile<rep=64 : f32>) { spak.return }
// -----
// TILE-STATIC
// expected-error @+1 {{axis `m` of a tile needs a positive static size}}
spak.kernel @dynamic(%x: !spak.tile<m : f32>) { spak.return }
// -----
// TILE-STATIC
// expected-error @+1 {{axis `m` of a tile needs a positive static size}}
spak.kernel @zero(%x: !spak.tile<m=0 : f32>) { spak.return }
// -----
// LAYOUT-COVERS
#half = #spak.layout<reg = [2:m], lane = [16:m*2]>
// expected-error @+1 {{the layout does not fit the tile: axis `m` has 64 coordinates, the layout places 32}}
spak.kernel @half(%x: !spak.tile<m=64 : f32, #half>) { spak.return }
// -----
// LAYOUT-COVERS
#gap = #spak.layout<reg = [2:m*32], lane = [32:m*2]>
// expected-error @+1 {{the layout does not fit the tile: the digits of axis `m` leave coordinate 1 in no place}}
spak.kernel @gap(%x: !spak.tile<m=64 : f32, #gap>) { spak.return }
// -----
// LAYOUT-COVERS
#other = #spak.layout<reg = [2:n], lane = [32:m]>
// expected-error @+1 {{axis `n` of the layout is not in the tile}}
spak.kernel @foreign(%x: !spak.tile<m=32 : f32, #other>) { spak.return }
// -----
// expected-error @+1 {{expected reg, lane, warp, group, off or swizzle, got `thread`}}
#unknown = #spak.layout<thread = [2:n]>
// -----
// expected-error @+1 {{the digits of a layout stand in the order reg, lane, warp, group, off}}
#order = #spak.layout<lane = [2:n], reg = [2:n*2]>
// -----
// expected-error @+1 {{expected 3 numbers in a swizzle, got 2}}
#swizzle = #spak.layout<off = [2:n], swizzle = [3, 4]>
// -----
// expected-error @+1 {{a ring has 1 slot or more, got 0}}
spak.kernel @ring(%r: !spak.ring<(!spak.tile<m=64 : f32>), slots = 0>) { spak.return }
// -----
// expected-error @+1 {{expected "tma", "cp_async" or "direct", got "magic"}}
#staging = #spak.staging<"magic", slots = 1>
// -----
// expected-error @+1 {{staging "direct" has 0 slots, got 2}}
#staging = #spak.staging<"direct", slots = 2>
// -----
// expected-error @+1 {{staging "tma" has 1 slot or more, got 0}}
#staging = #spak.staging<"tma", slots = 0>
// -----
// expected-error @+1 {{expected "one_per_cta", "persistent_static", "persistent_snake", "persistent_paired" or "persistent_dynamic", got "random"}}
#order = #spak.order<"random", [], {}>
// -----
// expected-error @+1 {{expected `spak.target` to be a target on a module}}
module attributes {spak.target = "sm_90a"} {
}
// -----
// expected-error @+1 {{expected `spak.facts` to be a list of facts on a module}}
module attributes {spak.facts = ["fast"]} {
}
// -----
// expected-error @+1 {{has the attribute `spak.tagret`, which the dialect does not know}}
module attributes {spak.tagret = "sm_90a"} {
}
