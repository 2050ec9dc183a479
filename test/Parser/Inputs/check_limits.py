# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Feeds texts of hostile size or shape to spak-parse on standard input."""
import resource
import subprocess
import sys

CONSTRAINT = 'system S { constraint "x": '
KERNEL = "system S { kernel k { grid (m in M) { "
CASES = [
    # name, text, the last message that must appear ("" for none)
    ("ten megabytes", b"system S { " + b"x" * 10_000_000 + b" }",
     "<stdin>:1:1: error: the file has 10000013 bytes, the limit is 2097152 bytes [SPK1001]"),
    ("commas", "system S { " + "," * 1_900_000 + "}",
     "error: the file has more than 500000 words and signs [SPK1017]"),
    ("parentheses", CONSTRAINT + "(" * 100_000 + "}",
     "<stdin>:1:283: error: nesting deeper than 256 levels [SPK1004]"),
    ("braces", "system S { " + "a { " * 300 + "}" * 301,
     "error: nesting deeper than 256 levels [SPK1004]"),
    ("signs", CONSTRAINT + "-" * 100_000 + "x }",
     "error: nesting deeper than 256 levels [SPK1004]"),
    ("nots", CONSTRAINT + "not " * 100_000 + "x }",
     "error: nesting deeper than 256 levels [SPK1004]"),
    ("choices", CONSTRAINT + "a if b else " * 50_000 + "x }",
     "error: nesting deeper than 256 levels [SPK1004]"),
    ("sum", CONSTRAINT + "a + " * 100_000 + "x }",
     "<stdin>:1:28: error: nesting deeper than 1000 levels [SPK1004]"),
    ("members", CONSTRAINT + "a" + ".b" * 100_000 + " }",
     "<stdin>:1:28: error: nesting deeper than 1000 levels [SPK1004]"),
    ("else if", KERNEL + "if a { x = 1 } " + "else if a { x = 1 } " * 20_000 + "} } }",
     "error: nesting deeper than 256 levels [SPK1004]"),
    ("ifs", KERNEL + "if " * 100_000 + "x } } }", "[SPK1012]"),
    ("calls", KERNEL + "x" + "()" * 100_000 + " } } }",
     "error: nesting deeper than 256 levels [SPK1004]"),
    ("open comments", "system S { " + "/* " * 600_000 + "}",
     "<stdin>:1:12: error: the comment has no closing `*/` [SPK1009]"),
    ("quotes", "system S { " + "' " * 400_001 + "}", ""),
    ("words", "system S { " + "a " * 400_000 + "}", ""),
    ("256 levels", "system S { " + "a { " * 255 + "}" * 256, ""),
    ("not UTF-8", b"system S {\n  a: \xff\n}\n",
     "<stdin>:2:6: error: the byte 0xFF is not UTF-8 [SPK1002]"),
    ("cut UTF-8", b"system S { a: \xe2\x89",
     "<stdin>:1:15: error: the byte 0xE2 is not UTF-8 [SPK1002]"),
    ("surrogate", b"system S { a: \xed\xa0\x80 }",
     "<stdin>:1:15: error: the byte 0xED is not UTF-8 [SPK1002]"),
    ("NUL", b"system S { a: \x00 }", "<stdin>:1:15: error: the text has a NUL byte [SPK1003]"),
]

# The same for lay-out and for JSON; no message unless one is named.
OUTPUTS = [
    ("maps", "system S { a: [" + "{}, " * 150_000 + "{}] }", ""),
    ("separators", "system S { a { x " + "/**/," * 200_000 + " } }", ""),
    ("front matter", "---\n" + "".join(f"k{i}: v\n" for i in range(150_000)) + "---\nsystem S { }", ""),
    ("one line", "system S { a { " + "b: 1, " * 120_000 + "} }", ""),
    ("256 levels", "system S { " + "a { " * 255 + "}" * 256, ""),
    ("branches", KERNEL + "if a { x = 1 } else { x = 2 } " * 15_000 + "} } }", ""),
    ("comments", "system S {\n" + "// c\n" * 300_000 + "}",
     "error: the file has 2700013 bytes, the limit is 2097152 bytes [SPK1001]"),
]


def check(name, text, message, emit):
    if isinstance(text, str):
        text = text.encode()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["spak-parse", f"--emit={emit}", "-"], input=text, capture_output=True,
                          timeout=120)
    # The processor's time: other tests run on the same machine.
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    output = done.stderr.decode(errors="replace")
    wanted = 1 if message else 0
    if done.returncode != wanted or message not in output:
        sys.exit(f"{name}: exit code {done.returncode}, expected {message!r}, got\n{output[:2000]}")
    if seconds > 5:
        sys.exit(f"{name}: {seconds:.1f} s")


for case in CASES:
    check(*case, "none")
for name, text, message in OUTPUTS:
    check(name, text, message, "format")
    check(name, text, "", "system")
print(len(CASES) + 2 * len(OUTPUTS), "cases")
