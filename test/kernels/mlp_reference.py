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
    erf = np.vectorize(math.erf, otypes=[np.float64])
    return {"o": (0.5 * h * (1.0 + erf(h / math.sqrt(2.0)))) @ w2}
