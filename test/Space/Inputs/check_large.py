# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Counts the points of large.dsl on an H200 in another way, nested loops with
the free axes counted in closed form, and times what spakc says against it:
`check_large.py COMMAND...` where COMMAND prints the JSON.
"""
import json
import subprocess
import sys
import time

SIZES = [16, 32, 64, 96, 128, 192, 256]
WARPS = [16, 32, 64, 96, 128]
VECTORS = [1, 2, 4, 8]
SECONDS = 20  # CI machines are slow; docs/Spaces.md has the figure


def count():
    total = 0
    for tile_m in SIZES:
        groups = sum(g * tile_m <= 256 for g in (1, 2, 4, 8, 16))
        for tile_n in SIZES:
            for warp_m in WARPS:
                for warp_n in WARPS:
                    if tile_m % warp_m or tile_n % warp_n:
                        continue
                    warps = (tile_m // warp_m) * (tile_n // warp_n)
                    if not 2 <= warps <= 32:
                        continue
                    registers = sum(
                        warp_m * warp_n // 32 + 32 <= r and 2 * r * 32 * warps <= 65536
                        for r in (40, 64, 96, 128, 168, 232, 255)
                    )
                    for tile_k in (16, 32, 48, 64, 96, 128):
                        unrolls = sum(tile_k % (16 * u) == 0 for u in VECTORS)
                        memory = sum(
                            stages * (tile_m + tile_n) * tile_k * 2 + staged
                            <= 233472 // 2 - 1024
                            for stages in range(1, 9)
                            for staged in (0, tile_m * tile_n * 4)
                        )
                        loads = 0
                        for a in VECTORS:
                            for b in VECTORS:
                                if tile_m * tile_k % (32 * warps * a) == 0:
                                    if tile_n * tile_k % (32 * warps * b) == 0:
                                        wide = a == 8 and b == 8
                                        loads += 1 + wide * sum(
                                            tile_k * 2 % s == 0 for s in (32, 64, 128)
                                        )
                        # split_k and persistent: 5 + 1 of 10.
                        total += groups * registers * unrolls * memory * loads * 6
    return total


def main():
    start = time.monotonic()
    answer = json.loads(subprocess.check_output(sys.argv[1:]))
    seconds = time.monotonic() - start
    truth = count()
    cuts = sum(answer["cuts"].values())
    good = answer["valid"] == truth and answer["raw"] == truth + cuts
    print("raw %d valid %d truth %d" % (answer["raw"], answer["valid"], truth))
    print("counted in time" if seconds < SECONDS else "took %.1f s" % seconds)
    sys.exit(0 if good and seconds < SECONDS else 1)


if __name__ == "__main__":
    main()
