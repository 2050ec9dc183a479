# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: samples of a product of factors: some of all, or few that meet every
pair of values. Must not know what the factors mean.
"""

import itertools
import random


def drawn(factors, count, seed=1):
    """`count` rows, each value equally likely."""
    draw = random.Random(seed)
    return [tuple(draw.choice(values) for values in factors) for _ in range(count)]


def pairs_of(row):
    """The pairs of values of two factors that a row of indices meets."""
    return {(i, row[i], j, row[j]) for i, j in itertools.combinations(range(len(row)), 2)}


def missing(factors, rows):
    """The pairs of values of two factors that no row meets."""
    index = [{repr(value): n for n, value in enumerate(values)} for values in factors]
    met = set()
    for row in rows:
        met |= pairs_of([index[i][repr(value)] for i, value in enumerate(row)])
    return all_pairs([len(values) for values in factors]) - met


def all_pairs(sizes):
    return {
        (i, x, j, y)
        for i, j in itertools.combinations(range(len(sizes)), 2)
        for x in range(sizes[i])
        for y in range(sizes[j])
    }


def _attempt(sizes, count, draw):
    """Rows of indices: every pairing of the two largest factors once, the
    others chosen to meet most of what is left; then rows for the rest."""
    order = sorted(range(len(sizes)), key=lambda i: -sizes[i])
    first, second = order[:2]
    left = all_pairs(sizes)
    heads = [(x, y) for x in range(sizes[first]) for y in range(sizes[second])]
    draw.shuffle(heads)
    rows = []
    while len(rows) < count and (heads or left):
        row = {}
        if heads:
            row[first], row[second] = heads.pop()
        else:
            i, x, j, y = draw.choice(sorted(left))
            row[i], row[j] = x, y
        for i in order:
            if i in row:
                continue
            def gain(x, i=i, row=row):
                return sum(((i, x, j, y) if i < j else (j, y, i, x)) in left for j, y in row.items())
            values = list(range(sizes[i]))
            draw.shuffle(values)
            row[i] = max(values, key=gain)
        rows.append([row[i] for i in range(len(sizes))])
        left -= pairs_of(rows[-1])
    return rows, left


def pairwise(factors, count, seed=1, attempts=20):
    """At most `count` rows that meet every pair of values of two factors.
    ValueError where none was found: the two largest factors alone need their
    product."""
    sizes = [len(values) for values in factors]
    best = None
    for attempt in range(attempts):
        rows, left = _attempt(sizes, count, random.Random(seed * 1000 + attempt))
        if best is None or len(left) < len(best[1]):
            best = rows, left
        if not left:
            break
    rows, left = best
    if left:
        raise ValueError("%d rows leave %d pairs out" % (count, len(left)))
    return [tuple(factors[i][x] for i, x in enumerate(row)) for row in rows]
