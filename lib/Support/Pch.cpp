// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Owns nothing: the translation unit that the precompiled header hangs on.
