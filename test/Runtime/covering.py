# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: tests of the samples that the checks draw."""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "runtime", "python", "spak_rt"))
import covering  # noqa: E402

# As many values as a check of attention has: batches, heads, rows, keys,
# memory orders, distributions.
FACTORS = [[1, 3], [(1, 1), (8, 2), (6, 3)], list(range(12)), list(range(12)), list("abcd"), list("vwxyz")]


class Pairwise(unittest.TestCase):
    def test_meets_every_pair(self):
        rows = covering.pairwise(FACTORS, 150)
        self.assertLessEqual(len(rows), 150)
        self.assertEqual(covering.missing(FACTORS, rows), set())

    def test_same_seed_same_rows(self):
        self.assertEqual(covering.pairwise(FACTORS, 150, 4), covering.pairwise(FACTORS, 150, 4))
        self.assertNotEqual(covering.pairwise(FACTORS, 150, 4), covering.pairwise(FACTORS, 150, 5))

    def test_too_few(self):
        with self.assertRaisesRegex(ValueError, "140 rows leave [1-9][0-9]* pairs out"):
            covering.pairwise(FACTORS, 140)

    def test_missing_sees_a_gap(self):
        rows = [row for row in covering.pairwise(FACTORS, 150) if row[2:4] != (3, 7)]
        self.assertIn((2, 3, 3, 7), covering.missing(FACTORS, rows))


class Drawn(unittest.TestCase):
    def test_count_and_seed(self):
        rows = covering.drawn(FACTORS, 20, 1)
        self.assertEqual(len(rows), 20)
        self.assertEqual(rows, covering.drawn(FACTORS, 20, 1))
        self.assertTrue(all(value in FACTORS[i] for row in rows for i, value in enumerate(row)))


unittest.main(verbosity=0)
