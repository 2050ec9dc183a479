# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: the meaning of toy.cu.
"""Reference for toy.cu, in NumPy float64, with its plain f32 form."""
import numpy as np


def toy(X, Y, factor, point):
    return {"Z": np.asarray(X, np.float64) + factor * np.asarray(Y, np.float64)}


def toy_std(X, Y, factor, point):
    X, Y = np.asarray(X, np.float32), np.asarray(Y, np.float32)
    return {"Z": X + np.float32(factor) * Y}
