# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: the meaning of product.dsl.
"""Reference for product.dsl, in NumPy float64."""
import numpy as np


def product(A, B, point):
    """C = A B^T. A: [M, K]; B: [N, K]; C: [M, N]."""
    return {"C": np.asarray(A, np.float64) @ np.asarray(B, np.float64).T}
