// Part of spakc. SPDX-License-Identifier: Apache-2.0
//
// Functions whose value is rounded to 16 bits next, as the device headers
// compute them: the bounds that they keep, and the same arithmetic for the
// simulator. Knows no IR.
#ifndef SPAK_SUPPORT_ROUNDEDFUNCTIONS_H
#define SPAK_SUPPORT_ROUNDEDFUNCTIONS_H

namespace spak::rounded {

/// The type that a value is rounded to next.
enum class Target { BF16, F16 };

/// x Phi(x), with Phi the normal distribution, as
/// max(x, 0) - |x| exp2(p(|x|)), where p is a polynomial close to
/// log2(Phi(-t)), of degree 5 for BF16 and 6 for F16. NaN stays NaN, inf stays
/// inf, -inf and -0 give 0.
///
/// Error relative to the value: for BF16 2^-11.6 from -5.75 up, below that
/// 1.2e-11 absolutely; for F16 2^-14.5 from -5.8 up, and what is below
/// rounds to 0 as the value does.
float gelu(float x, Target target);

/// 1 / (1 + exp(-x)), relative error 2^-16, 0 where it is below 2^-126.
float sigmoid(float x);

/// x / (1 + exp(-x)), relative error 2^-16, 0 where sigmoid(x) is.
float silu(float x);

} // namespace spak::rounded

#endif // SPAK_SUPPORT_ROUNDEDFUNCTIONS_H
