# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Compares the bounds that split-masked-loops gives a loop with a count of what
# its masks keep, element by element, for masks and lengths at random.
import random
import re
import subprocess
import sys

BM, BN = 8, 4

# Name, maps of the union, and whether the bounds are exact: "runs" for the
# tiles that are run alone.
MASKS = {
    "tail": (["N - 1 - j"], True),
    "causal": (["i - j + N - M"], True),
    "causal_tail": (["i - j + N - M, N - 1 - j"], True),
    "window": (["i - j + N - M, W - 1 - (i - j + N - M)"], True),
    "prefix": (["i - j + N - M", "W - 1 - j"], True),
    "blocks": (["i floordiv 3 - j floordiv 3"], True),
    "late": (["j - W"], True),
    "scaled": (["2 * i - 3 * j + W"], True),
    "sink": (["W - 1 - j", "i - j + N - M, 5 - (i - j + N - M)"], "runs"),
    "window_first": (["i - j + N - M, 5 - (i - j + N - M)", "W - 1 - j"], "runs"),
    "causal_sink": (["i - j + N - M, W - 1 - (i - j + N - M)",
                     "i - j + N - M, 5 - j"], "runs"),
    "ends": (["W - 1 - j", "j - N + W"], "runs"),
    "two_windows": (["i - j + N - M, 5 - (i - j + N - M)",
                     "i - j - W, 3 - (i - j - W)"], "runs"),
    "rows": (["M - 1 - i"], False),
}


def kept(maps, env):
    for text in maps:
        text = text.replace("floordiv", "//")
        if all(eval(part, {}, env) >= 0 for part in text.split(",")):
            return True
    return False


def kernel(number, maps, m, n, w, tile):
    listed = ", ".join(
        f"affine_map<(i, j)[M, N, W] -> ({text})>" for text in maps
    )
    return f"""
spak.kernel @k{number}(%v: !spak.view<N, D=8 : bf16>, %s: !spak.tile<m={BM}, n={BN} : f32>, %init: !spak.softmax<rows m={BM}, width d=8>, %O: !spak.view<M, D=8 : f32>) {{
  %M = arith.constant {m} : index
  %N = arith.constant {n} : index
  %W = arith.constant {w} : index
  %zero = arith.constant 0 : index
  %tile = arith.constant {tile} : index
  %m = spak.tile_range %tile : !spak.range<m={BM}>
  %d = spak.all : !spak.range<d=8>
  %nn = spak.tile_count %N by {BN}
  %r = spak.for %n : !spak.range<n={BN}> = %zero to %nn iter_args(%st = %init) -> (!spak.softmax<rows m={BM}, width d=8>) {{
    %x = spak.load %v[%n, %d] : !spak.view<N, D=8 : bf16>[!spak.range<n={BN}>, !spak.range<d=8>] -> !spak.tile<n={BN}, d=8 : bf16>
    %t = spak.mask %s where [{listed}] (%m, %n)[%M, %N, %W] : (!spak.range<m={BM}>, !spak.range<n={BN}>) !spak.tile<m={BM}, n={BN} : f32>
    %next = spak.softmax.update %st, %t, %x over "n" : !spak.softmax<rows m={BM}, width d=8>, !spak.tile<m={BM}, n={BN} : f32>, !spak.tile<n={BN}, d=8 : bf16>
    spak.yield %next : !spak.softmax<rows m={BM}, width d=8>
  }}
  %o = spak.softmax.output %r : !spak.softmax<rows m={BM}, width d=8> -> !spak.tile<m={BM}, d=8 : f32>
  spak.store %o, %O[%m, %d] : !spak.tile<m={BM}, d=8 : f32>, !spak.view<M, D=8 : f32>[!spak.range<m={BM}>, !spak.range<d=8>]
  spak.return
}}"""


def bounds_of(text):
    """lower, upper, full lower, full upper of the loop in one kernel; the
    tile from which on tiles are left out, and how many."""
    values = {
        name: int(value)
        for name, value in re.findall(
            r"%([\w-]+) = arith.constant (-?\d+) : index", text
        )
    }
    loop = re.search(
        r"spak\.for .* = %(\S+) to %(\S+) full %(\S+) to %(\S+) iter_args", text
    )
    assert loop, f"no full range in {text}"
    gap = re.search(
        r"arith\.cmpi sge, %\S+, %(\S+) : index\s+"
        r"%\S+ = arith\.select %\S+, %(\S+), %\S+ : index", text
    )
    begin, size = [values[name] for name in gap.groups()] if gap else [0, 0]
    return [values[name] for name in loop.groups()] + [begin, size]


def main():
    rng = random.Random(2)
    cases = []
    for name, (maps, exact) in MASKS.items():
        for _ in range(60):
            m, n, w = rng.randint(1, 40), rng.randint(0, 40), rng.randint(1, 12)
            cases.append((name, maps, exact, m, n, w,
                          rng.randrange((m + BM - 1) // BM)))
    source = "".join(
        kernel(i, c[1], *c[3:]) for i, c in enumerate(cases)
    )
    done = subprocess.run(
        [sys.argv[1], "--split-masked-loops", "--canonicalize"],
        input=source, capture_output=True, text=True,
    )
    if done.returncode:
        sys.exit(done.stderr[:4000])
    kernels = re.split(r"(?=spak\.kernel @k)", done.stdout)[1:]
    assert len(kernels) == len(cases), len(kernels)
    wrong = exact_full = 0
    for text, (name, maps, exact, m, n, w, tile) in zip(kernels, cases):
        lower, upper, full_lower, full_upper, begin, gap = bounds_of(text)
        some, whole = [], []
        tiles = (n + BN - 1) // BN
        for t in range(tiles):
            box = [
                kept(maps, dict(i=i, j=j, M=m, N=n, W=w))
                for i in range(tile * BM, tile * BM + BM)
                for j in range(t * BN, t * BN + BN)
            ]
            some += [t] if any(box) else []
            whole += [t] if all(box) else []
        tile_of = {t: t + gap if t >= begin else t for t in range(lower, upper)}
        run = list(tile_of.values())
        full = [tile_of[t] for t in tile_of if full_lower <= t < full_upper]
        ok = set(some) <= set(run) <= set(range(tiles))
        ok &= set(full) <= set(whole)
        if exact:
            ok &= run == some and (exact == "runs" or full == whole)
            exact_full += len(full)
        if not ok:
            wrong += 1
            print(f"{name} M={m} N={n} W={w} tile={tile}: runs {run}, keeps "
                  f"some in {some}; full {full}, keeps all in {whole}")
    print(f"{len(cases)} loops, {wrong} wrong, {exact_full} full tiles")


main()
