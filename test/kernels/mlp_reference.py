# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: the meaning of mlp.dsl.
"""Reference for mlp.dsl, in NumPy float64."""
import math

import numpy as np


def mlp(x, w1, w2, point):
    """o = gelu(x w1^T) w2 with the exact gelu. x: [M, D]; w1, w2: [F, D]."""
    x, w1, w2 = (np.asarray(t, np.float64) for t in (x, w1, w2))
    h = x @ w1.T
    # 1 + erf(x) would cancel where x is far below 0. There erfc is so steep
    # that the last bit of the constant, which is an f32, shows.
    erfc = np.vectorize(math.erfc, otypes=[np.float64])
    return {"o": (0.5 * h * erfc(-h * float(np.float32(math.sqrt(0.5))))) @ w2}
