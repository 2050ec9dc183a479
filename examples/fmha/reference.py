# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: the meaning of fmha.dsl, written as a person would check it. Knows
# nothing of tiles.
"""References for fmha.dsl, in NumPy float64."""
import numpy as np


def forward(Q, K, V, scale, point):
    """Attention of every query over all keys that it may see.

    Q: [B, Hq, M, D]; K, V: [B, Hkv, N, D]; Hq % Hkv == 0.
    Causal is bottom-right aligned: query m sees keys n <= m + N - M.
    A row that sees no key gives output 0 and LSE -inf.
    """
    Q, K, V = (np.asarray(x, np.float64) for x in (Q, K, V))
    heads, rows = Q.shape[1], Q.shape[2]
    group = heads // K.shape[1]
    K, V = np.repeat(K, group, axis=1), np.repeat(V, group, axis=1)
    keys = K.shape[2]

    S = np.einsum("bhmd,bhnd->bhmn", Q, K) * float(scale)
    if point["causal"]:
        m, n = np.arange(rows)[:, None], np.arange(keys)[None, :]
        S = np.where(n <= m + (keys - rows), S, -np.inf)

    peak = np.max(S, axis=-1, initial=-np.inf, keepdims=True)
    P = np.exp(S - np.where(np.isfinite(peak), peak, 0.0))
    total = P.sum(axis=-1, keepdims=True)
    seen = total > 0
    O = np.einsum("bhmn,bhnd->bhmd", P, V) / np.where(seen, total, 1.0)

    results = {"O": O}
    if point["kernel_mode"] == "training":
        lse = np.where(seen, peak + np.log(np.where(seen, total, 1.0)), -np.inf)
        results["LSE"] = lse[..., 0]
    return results
