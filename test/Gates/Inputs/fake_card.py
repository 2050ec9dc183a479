# SPDX-License-Identifier: Apache-2.0
"""A folder as `conflict_kernels.py prepare` leaves it, and an ncu beside it
that counts what it is told to: for tests where there is no card.

usage: fake_card.py DIR SCRIPTS STORED REFUSED   STORED wavefronts of stores; a
                                                 metric that ncu has not"""
import json
import os
import sys

NCU = '''#!/usr/bin/env python3
import sys
given = sys.argv[1:]
if "--query-metrics" in given:
    print("l1tex__data_bank_reads  Counter")
elif "--import" in given:
    if given[given.index("--page") + 1] == "raw":
        print('"ID","Kernel Name","%(st)s","%(gmma)s"')
        print('"","","",""')
        print('"0","k_kernel","4,444","800"')
    else:
        print('"Kernel Name","k_kernel"')
        print('"Address","Source","Instructions Executed",'
              '"L1 Wavefronts Shared"')
        print('"1","STSM.16.M88.4 [R5], R84","1000","%(stored)s"')
        print('"2","@!P0 SYNCS.ARRIVE.TRANS64 RZ","77","0"')
        print('"3","HGMMA.64x64x16.F32.BF16 R24","100","800"')
elif any(m.startswith("%(refused)s") for m in
         given[given.index("--metrics") + 1].split(",")):
    print("==ERROR== Failed to find metric %(refused)s")
    sys.exit(1)
else:
    open(given[given.index("-o") + 1], "w").close()
'''


def script(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o755)


def main(folder, scripts, stored, refused):
    sys.path.insert(0, scripts)
    import conflict_cases
    os.makedirs(folder)
    cycles = "".join("%s 4096\n" % case["name"]
                     for case in conflict_cases.table())
    script(os.path.join(folder, "conflicts"),
           "#!/bin/sh\ncat <<'END'\n%sEND\n" % cycles)
    script(os.path.join(folder, "real_good"), "#!/bin/sh\nexit 0\n")
    script(os.path.join(folder, "real_bad"),
           "#!/bin/sh\necho no card\nexit 1\n")
    rows = [{"name": name, "entry": "k_kernel", "shape": "",
             "predicted": {"store": 4000, "product": 800}}
            for name in ("good", "bad")]
    with open(os.path.join(folder, "real.json"), "w", encoding="utf-8") as file:
        json.dump(rows, file)
    pipe = "l1tex__data_pipe_lsu_wavefronts_mem_shared_op_"
    script(os.path.join(folder, "ncu"),
           NCU % {"st": pipe + "st.sum", "gmma": pipe + "gmma.sum",
                  "stored": stored, "refused": refused})


if __name__ == "__main__":
    main(*sys.argv[1:])
