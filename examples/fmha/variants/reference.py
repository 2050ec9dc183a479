# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: the meaning of each variant, written as a person would check it. Knows
# nothing of tiles.
"""References for the variants, in NumPy float64.

Q: [B, Hq, M, D]; K: [B, Hkv, N, D]; V: [B, Hkv, N, E]; Hq % Hkv == 0. Scores
come first, then what a row may see. A row that sees no key gives output 0 and
LSE -inf.
"""
import numpy as np


def rows_and_keys(Q, K):
    """Row and key indices that broadcast to [M, N], and the rows again with
    the last row at the last key."""
    rows, keys = Q.shape[2], K.shape[2]
    m, n = np.arange(rows)[:, None], np.arange(keys)[None, :]
    return m, n, m + (keys - rows)


def scores(Q, K, scale):
    """scale * Q K^T: [B, Hq, M, N]."""
    Q, K = np.asarray(Q, np.float64), np.asarray(K, np.float64)
    K = np.repeat(K, Q.shape[1] // K.shape[1], axis=1)
    return np.einsum("bhmd,bhnd->bhmn", Q, K) * float(scale)


def attend(S, V, keep, point, sink=None):
    """Softmax of S where `keep` holds, times V. `sink`, one number per head,
    is the score of a key whose value is zero."""
    V = np.asarray(V, np.float64)
    V = np.repeat(V, S.shape[1] // V.shape[1], axis=1)
    S = np.where(keep, S, -np.inf)
    peak = np.max(S, axis=-1, initial=-np.inf, keepdims=True)
    if sink is not None:
        sink = np.asarray(sink, np.float64)[None, :, None, None]
        peak = np.maximum(peak, sink)
    P = np.exp(S - np.where(np.isfinite(peak), peak, 0.0))
    total = P.sum(axis=-1, keepdims=True)
    if sink is not None:
        total = total + np.exp(sink - peak)
    seen = total > 0
    O = np.einsum("bhmn,bhnd->bhmd", P, V) / np.where(seen, total, 1.0)
    results = {"O": O}
    if point["kernel_mode"] == "training":
        lse = np.where(seen, peak + np.log(np.where(seen, total, 1.0)), -np.inf)
        results["LSE"] = lse[..., 0]
    return results


def causal(Q, K, V, scale, point):
    m, n, last = rows_and_keys(Q, K)
    row = last if point["align"] == "bottom_right" else m
    return attend(scores(Q, K, scale), V, n <= row, point)


def window(Q, K, V, scale, left, right, point):
    _, n, row = rows_and_keys(Q, K)
    keep = np.ones_like(n + row, bool)
    if point["sides"] != "right":
        keep &= n >= row - left
    if point["sides"] != "left":
        keep &= n <= row + right
    return attend(scores(Q, K, scale), V, keep, point)


def streaming(Q, K, V, scale, left, first, point):
    _, n, row = rows_and_keys(Q, K)
    keep = (n <= row) & ((n >= row - left) | (n < first))
    return attend(scores(Q, K, scale), V, keep, point)


def prefix_lm(Q, K, V, scale, Prefix, point):
    _, n, row = rows_and_keys(Q, K)
    keep = (n <= row) | (n < np.asarray(Prefix)[:, None, None, None])
    return attend(scores(Q, K, scale), V, keep, point)


def chunked(Q, K, V, scale, point):
    _, n, row = rows_and_keys(Q, K)
    chunk = point["chunk"]
    return attend(scores(Q, K, scale), V,
                  (row // chunk == n // chunk) & (n <= row), point)


def documents(Q, K, V, scale, QDoc, KDoc, point):
    _, n, row = rows_and_keys(Q, K)
    same = np.asarray(QDoc)[:, None, :, None] == np.asarray(KDoc)[:, None, None, :]
    return attend(scores(Q, K, scale), V, same & (n <= row), point)


def alibi(Q, K, V, scale, Slope, point):
    _, n, row = rows_and_keys(Q, K)
    slope = np.asarray(Slope, np.float64)[:, None, None]
    return attend(scores(Q, K, scale) + slope * (n - row), V, n <= row, point)


def softcap(Q, K, V, scale, cap, point):
    _, n, row = rows_and_keys(Q, K)
    S = cap * np.tanh(scores(Q, K, scale) / cap)
    return attend(S, V, n <= row, point)


def sink(Q, K, V, scale, Sink, point):
    _, n, row = rows_and_keys(Q, K)
    return attend(scores(Q, K, scale), V, n <= row, point, Sink)


def bias(Q, K, V, scale, Bias, point):
    S = scores(Q, K, scale) + np.asarray(Bias, np.float64)
    return attend(S, V, True, point)


def head_scale(Q, K, V, scale, Scale, point):
    _, n, row = rows_and_keys(Q, K)
    S = scores(Q, K, scale) * np.asarray(Scale, np.float64)[:, None, None]
    return attend(S, V, n <= row, point)


def varlen(Q, K, V, QStart, KStart, longest, scale, point):
    """Q: [T, Hq, D]; K, V: [S, Hkv, D]; each sequence by itself."""
    results = {"O": np.zeros(Q.shape[:2] + V.shape[2:])}
    if point["kernel_mode"] == "training":
        results["LSE"] = np.full((Q.shape[1], Q.shape[0]), -np.inf)
    for b in range(len(QStart) - 1):
        rows = slice(int(QStart[b]), int(QStart[b + 1]))
        keys = slice(int(KStart[b]), int(KStart[b + 1]))
        q, k, v = [np.swapaxes(x, 0, 1)[None]
                   for x in (Q[rows], K[keys], V[keys])]
        _, n, row = rows_and_keys(q, k)
        keep = n <= row if point["causal"] else True
        part = attend(scores(q, k, scale), v, keep, point)
        results["O"][rows] = np.swapaxes(part["O"][0], 0, 1)
        if "LSE" in results:
            results["LSE"][:, rows] = part["LSE"][0]
    return results


def packed(Q, K, V, scale, point):
    _, n, row = rows_and_keys(Q, K)
    keep = n <= row if point["causal"] else True
    return attend(scores(Q, K, scale), V, keep, point)


def paged(Q, K, V, Pages, Length, scale, point):
    """K, V: [P, Hkv, page, D]; the keys of sequence b are the first Length[b]
    rows of its pages, one behind the other."""
    results = {}
    for b in range(Q.shape[0]):
        length = int(Length[b])
        table = np.asarray(Pages[b][: -(-length // K.shape[2])], int)
        q, k, v = [Q[b : b + 1]] + [
            np.concatenate([np.zeros(x.shape[1:2] + (0,) + x.shape[3:])]
                           + list(x[table]), 1)[None, :, :length]
            for x in (K, V)]
        _, n, row = rows_and_keys(q, k)
        keep = n <= row if point["causal"] else True
        for name, part in attend(scores(q, k, scale), v, keep, point).items():
            results.setdefault(name, []).append(part)
    if not results:
        results = {"O": [np.zeros(Q.shape)], "LSE": [np.zeros(Q.shape[:3])]}
    return {name: np.concatenate(parts) for name, parts in results.items()}


def block_sparse(Q, K, V, Count, Block, scale, point):
    """Row block r of head h sees the key blocks Block[h, r, :Count[h, r]]; a
    block that stands there twice counts twice."""
    m, n, row = rows_and_keys(Q, K)
    times = np.zeros((Q.shape[1],) + np.broadcast(m, n).shape)
    rows, keys = point["rows"], point["keys"]
    for h, r in np.ndindex(np.shape(Count)):
        for j in np.asarray(Block[h][r][: int(Count[h][r])], int):
            times[h, r * rows : (r + 1) * rows, j * keys : (j + 1) * keys] += 1
    if point["causal"]:
        times = times * (n <= row)
    more = np.log(np.maximum(times, 1))[None]
    return attend(scores(Q, K, scale) + more, V, times[None] > 0, point)
