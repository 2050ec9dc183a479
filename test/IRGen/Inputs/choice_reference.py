# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""The reference of choices.dsl: what each kind of sequence is."""
import numpy as np


def choose(Q, K, Kind, Bias, scale, point):
    rows, keys = Q.shape[1], K.shape[1]
    m, n = np.arange(rows)[:, None], np.arange(keys)[None, :]
    out = np.zeros(Q.shape)
    for b, kind in enumerate(np.asarray(Kind, int)):
        left = 20 if kind == 1 else 64 if keys > 100 else 1000
        s = Q[b] @ K[b].T * scale + (2 * Bias if kind == 2 else 0)
        s = np.where(m + (keys - rows) - left <= n, s, -np.inf)
        peak = np.max(s, axis=1, initial=-np.inf, keepdims=True)
        p = np.exp(s - np.where(np.isfinite(peak), peak, 0))
        total = p.sum(1, keepdims=True)
        out[b] = p @ K[b] / np.where(total > 0, total, 1) * (2 if kind == 3 else 1)
    return {"O": out}
