# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: the meaning of matmul.dsl.
"""References for matmul.dsl, in NumPy float64."""
import numpy as np


def matmul(A, B, point):
    """C = A B^T. A: [M, K]; B: [N, K]; C: [M, N]."""
    return {"C": np.asarray(A, np.float64) @ np.asarray(B, np.float64).T}
