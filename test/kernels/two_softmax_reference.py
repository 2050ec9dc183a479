# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: the meaning of two_softmax.dsl.
"""Reference for two_softmax.dsl, in NumPy float64."""
import numpy as np


def _attend(Q, K, V, scale, causal):
    S = np.einsum("bhmd,bhnd->bhmn", Q, K) * float(scale)
    rows, keys = S.shape[2:]
    if causal:
        m, n = np.arange(rows)[:, None], np.arange(keys)[None, :]
        S = np.where(n <= m + (keys - rows), S, -np.inf)
    peak = np.max(S, axis=-1, initial=-np.inf, keepdims=True)
    P = np.exp(S - np.where(np.isfinite(peak), peak, 0.0))
    total = P.sum(axis=-1, keepdims=True)
    return np.einsum("bhmn,bhnd->bhmd", P, V) / np.where(total > 0, total, 1.0)


def difference(Q1, Q2, K1, K2, V1, V2, scale, weight, point):
    """O = attend(Q1, K1, V1) - weight * attend(Q2, K2, V2)."""
    Q1, Q2, K1, K2, V1, V2 = (
        np.asarray(t, np.float64) for t in (Q1, Q2, K1, K2, V1, V2)
    )
    causal = point["causal"]
    left = _attend(Q1, K1, V1, scale, causal)
    right = _attend(Q2, K2, V2, scale, causal)
    return {"O": left - float(weight) * right}
