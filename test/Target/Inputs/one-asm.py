# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Checks that no function of the device headers has two asm statements, and
# that each one with an instruction names where it is documented.
import pathlib
import re
import sys

bad = 0
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.cuh")):
    for block in re.findall(r"//@ block (.*?)//@ end", path.read_text(), re.S):
        name = block.split()[0]
        for body in re.split(r"SPAK_FN", block)[1:]:
            if len(re.findall(r"\basm\b", body)) > 1:
                print(f"{path.name}: {name} has more than one asm")
                bad = 1
        generated = name.startswith("wgmma_m64n")
        plain = re.search(r'asm\w*[^"]*"[^"]', block)
        if plain and not generated and "PTX" not in block:
            if name not in ("register_fence", "to_f32", "mbarrier_arrive_if"):
                print(f"{path.name}: {name} does not name its instruction")
                bad = 1
sys.exit(bad)
