# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: the variants of attention as formulas: what is added to the scores,
what a row may see, which tables and scalars a kernel takes. Must not know how
a kernel computes it.

A variant is looked up by its kernel's name. `m` is a column of row indices,
`n` a row of key indices, `last` is m with the last row at the last key; `a`
holds tables and scalars by name, `b` and `h` say of which batch and head.
"""

import torch

_WIDTHS = [0, 1, 20, 63, 64, 127, 128, 300, 1000]


class Variant:
    """`draw(case, point, draw)` gives tables and scalars; `size` the ones that
    are timed; `scores` changes scores; `keep` says what a row may see."""

    def __init__(self, draw=None, keep=None, scores=None, size=None, sink=None):
        self.draw = draw or (lambda case, point, draw: {})
        self.size = size or self.draw
        self.keep, self.scores, self.sink = keep, scores, sink


def _causal(m, n, last, a, b, h):
    return n <= last


def _window(m, n, last, a, b, h):
    keep = torch.ones(m.shape[0], n.shape[1], dtype=torch.bool, device=m.device)
    if a["point"]["sides"] != "right":
        keep = keep & (n >= last - a["left"])
    if a["point"]["sides"] != "left":
        keep = keep & (n <= last + a["right"])
    return keep


def _normal(*shape):
    return lambda case, scale=1.0: torch.randn([getattr(case, s) for s in shape]) * scale


def _sorted_ids(b, length, draw, count):
    ids = torch.randint(0, count, (b, length), dtype=torch.int32)
    return torch.sort(ids, -1)[0] if draw.random() < 0.7 else ids


def _even_documents(case, point, draw):
    ids = (torch.arange(case.n, dtype=torch.int32) // 2048).expand(case.b, case.n)
    return {"QDoc": ids.contiguous(), "KDoc": ids.contiguous()}


def _chunk(m, n, last, a, b, h):
    size = int(a["point"]["chunk"])
    same = torch.div(last, size, rounding_mode="floor") == n // size
    return same & (n <= last)


def _blocks(case, point, draw, share=None):
    """Lists of blocks of keys, each once, in any order; -1 behind their ends."""
    rows, keys = [-(-n // int(point[k])) for n, k in ((case.m, "rows"), (case.n, "keys"))]
    count = torch.zeros(case.hq, rows, dtype=torch.int32)
    lists = torch.full((case.hq, rows, max(1, keys)), -1, dtype=torch.int32)
    for h in range(case.hq):
        for r in range(rows):
            n = draw.randint(0, keys) if share is None else max(1, int(keys * share))
            count[h, r] = n
            lists[h, r, :n] = torch.randperm(keys)[:n].to(torch.int32)
    return {"Count": count, "Block": lists}


def _listed(m, n, last, a, b, h):
    if n.numel() == 0:
        return n == m
    size = {k: int(a["point"][k]) for k in ("rows", "keys")}
    blocks = torch.zeros(int(a["Count"].shape[1]), int(n.max() // size["keys"]) + 1, dtype=torch.bool)
    for r in range(blocks.shape[0]):
        blocks[r, a["Block"][h, r, : int(a["Count"][h, r])].long().cpu()] = True
    keep = blocks.to(m.device)[m // size["rows"], n // size["keys"]]
    return keep & (n <= last) if a["point"]["causal"] else keep


VARIANTS = {
    "forward": Variant(keep=lambda m, n, last, a, b, h: (n <= last) if a["point"]["causal"] else n >= 0),
    "causal": Variant(
        keep=lambda m, n, last, a, b, h: n <= (last if a["point"]["align"] == "bottom_right" else m)
    ),
    "window": Variant(
        lambda c, p, d: {"left": d.choice(_WIDTHS), "right": d.choice(_WIDTHS)},
        _window,
        size=lambda c, p, d: {"left": 1023, "right": 0},
    ),
    "streaming": Variant(
        lambda c, p, d: {"left": d.choice(_WIDTHS), "first": d.choice([0, 1, 4, 64, 200])},
        lambda m, n, last, a, b, h: (n <= last) & ((n >= last - a["left"]) | (n < a["first"])),
        size=lambda c, p, d: {"left": 1023, "first": 4},
    ),
    "prefix_lm": Variant(
        lambda c, p, d: {"Prefix": torch.randint(0, c.n + 9, (c.b,), dtype=torch.int32)},
        lambda m, n, last, a, b, h: (n <= last) | (n < a["Prefix"][b]),
        size=lambda c, p, d: {"Prefix": torch.full((c.b,), c.n // 4, dtype=torch.int32)},
    ),
    "chunked": Variant(keep=_chunk),
    "documents": Variant(
        lambda c, p, d: {"QDoc": _sorted_ids(c.b, c.m, d, 4), "KDoc": _sorted_ids(c.b, c.n, d, 4)},
        lambda m, n, last, a, b, h: (n <= last) & (a["QDoc"][b][:, None] == a["KDoc"][b][None, :]),
        size=_even_documents,
    ),
    "alibi": Variant(
        lambda c, p, d: {"Slope": torch.rand(c.hq)},
        _causal,
        lambda s, m, n, last, a, b, h: s + a["Slope"][h] * (n - last).to(s.dtype),
    ),
    "softcap": Variant(
        lambda c, p, d: {"cap": d.choice([1.5, 15.0, 50.0])},
        _causal,
        lambda s, m, n, last, a, b, h: a["cap"] * torch.tanh(s / a["cap"]),
    ),
    "varlen": Variant(
        keep=lambda m, n, last, a, b, h: (n <= last) if a["point"]["causal"] else n >= 0
    ),
    "packed": Variant(
        keep=lambda m, n, last, a, b, h: (n <= last) if a["point"]["causal"] else n >= 0
    ),
    "paged": Variant(
        keep=lambda m, n, last, a, b, h: (n <= last) if a["point"]["causal"] else n >= 0
    ),
    "block_sparse": Variant(_blocks, _listed, size=lambda c, p, d: _blocks(c, p, d, 0.25)),
    "sink": Variant(
        lambda c, p, d: {"Sink": _normal("hq")(c, 3.0)}, _causal, sink=lambda a, h: a["Sink"][h]
    ),
    "bias": Variant(
        lambda c, p, d: {"Bias": _normal("b", "hq", "m", "n")(c)},
        None,
        lambda s, m, n, last, a, b, h: s + a["Bias"][b, h].to(s.dtype),
    ),
    "head_scale": Variant(
        lambda c, p, d: {"Scale": 0.5 + torch.rand(c.hq)},
        _causal,
        lambda s, m, n, last, a, b, h: s * a["Scale"][h].to(s.dtype),
    ),
}


def cut(total, count, draw):
    """Offsets of `count` sequences, some of them empty, of `total` elements."""
    inner = sorted(draw.randint(0, total) for _ in range(count - 1))
    return torch.tensor([0] + inner + [total], dtype=torch.int32)


def indices(m, n, device):
    rows = torch.arange(m, device=device)[:, None]
    return rows, torch.arange(n, device=device)[None, :], rows + (n - m)


def kept(variant, case, a, b, h, device):
    """The mask of one head, or None for everything."""
    if variant.keep is None:
        return None
    m, n, last = indices(case.m, case.n, device)
    return variant.keep(m, n, last, a, b, h)


def score_error(point, arguments):
    """What a point states that its scores are off by, absolute: the LSE is off
    by no more. 0 unless their function is approximate."""
    if point.get("cap_by") == "tanh_approx":
        return float(arguments["cap"]) * 2.0**-11
    return 0.0


def formula(variant, case, q, k, v, a, low=None):
    """Output and LSE. In float64; with `low`, the plain formula whose products
    and weights are rounded to that type."""
    group, device = q.shape[1] // k.shape[1], q.device
    exact = low is None
    wide = torch.float64 if exact else torch.float32
    out = torch.zeros((case.b, case.hq, case.m, v.shape[-1]), dtype=wide, device=device)
    lse = torch.full((case.b, case.hq, case.m), float("-inf"), dtype=wide, device=device)
    m, n, last = indices(case.m, case.n, device)
    type_ = wide if exact else low
    for b in range(case.b):
        for h in range(case.hq):
            qq, kk, vv = [t.to(type_) for t in (q[b, h], k[b, h // group], v[b, h // group])]
            s = torch.matmul(qq, kk.t()).to(wide) * a["scale"]
            if variant.scores:
                s = variant.scores(s, m, n, last, a, b, h)
            keep = kept(variant, case, a, b, h, device)
            if keep is not None:
                s = s.masked_fill(~keep, float("-inf"))
            if variant.sink:
                s = torch.cat([s, variant.sink(a, h).to(wide).expand(case.m, 1)], 1)
                vv = torch.cat([vv, vv.new_zeros(1, vv.shape[1])])
            if s.shape[1] == 0 or case.m == 0:
                continue
            lse[b, h] = torch.logsumexp(s, -1)
            weights = torch.softmax(s, -1).nan_to_num(0.0)
            out[b, h] = torch.matmul(weights.to(type_), vv).to(wide)
    return out, lse


def tiles_needed(variant, case, a, tile_m, tile_n, device):
    """How many tiles of scores, over all batches and heads, keep something."""
    total = 0
    for b in range(case.b):
        keep = kept(variant, case, a, b, 0, device)
        if keep is None:
            keep = torch.ones(1, 1, dtype=torch.bool, device=device).expand(case.m, case.n)
        rows = -(-case.m // tile_m)
        for r in range(rows):
            part = keep[r * tile_m : (r + 1) * tile_m].any(0)
            pad = -case.n % tile_n
            part = torch.nn.functional.pad(part, (0, pad)).view(-1, tile_n).any(-1)
            total += int(part.sum())
    return total * case.hq
