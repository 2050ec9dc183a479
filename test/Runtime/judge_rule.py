# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: tests of the two-sided rule and of the element types in judge.py. The
seed is fixed; errors are relative to values of about 1."""
import os
import sys
import unittest

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "runtime", "python", "spak_rt"))
import judge  # noqa: E402


def reasons(out, ref, std, bound=5e-3):
    return "; ".join(judge.judge(out, ref, std, bound)[0])


class Rule(unittest.TestCase):
    def setUp(self):
        draw = np.random.default_rng(3)
        self.ref = draw.normal(size=(64, 64))
        self.noise = draw.normal(size=(64, 64))
        self.std = self.ref + 1e-3 * draw.normal(size=(64, 64))

    def test_as_good_as_the_plain_result(self):
        self.assertEqual(reasons(self.ref + 1e-3 * self.noise, self.ref, self.std), "")

    def test_three_times_worse(self):
        text = reasons(self.ref + 3e-3 * self.noise, self.ref, self.std)
        self.assertIn("max_error", text)
        self.assertIn("mean_error", text)

    def test_one_wrong_row(self):
        out = self.ref.copy()
        out[10] *= 1.05  # 0.6% of the whole: within a fixed tolerance of 1%
        self.assertIn("worst_row_l2", reasons(out, self.ref, self.std))

    def test_a_wrong_direction_without_a_plain_result(self):
        text = reasons(self.ref + 4.5e-3 * self.noise, self.ref, None)
        self.assertIn("one_minus_cosine", text)
        self.assertNotIn("relative_l2", text)
        self.assertNotIn("max_error", text)

    def test_nan_only_where_the_reference_has_it(self):
        out = self.ref.copy()
        out[3, 5] = np.nan
        self.assertIn("NaN", reasons(out, self.ref, self.std))
        ref = out.copy()
        self.assertEqual(reasons(out, ref, self.std), "")
        out[0, 0], ref[0, 0] = np.inf, -np.inf
        self.assertIn("infinity", reasons(out, ref, self.std))

    def test_infinity_of_the_same_sign(self):
        self.ref[0] = -np.inf
        self.assertEqual(reasons(self.ref.copy(), self.ref, self.std), "")

    def test_zeros_must_be_zeros(self):
        zeros = np.zeros((4, 4))
        self.assertEqual(reasons(zeros, zeros, None), "")
        self.assertIn("max_error", reasons(zeros + 1e-30, zeros, None))

    def test_an_empty_output_and_a_scalar(self):
        empty = np.zeros((0, 4))
        self.assertEqual(reasons(empty, empty, empty), "")
        one = np.full((), 2.0)
        self.assertEqual(reasons(one, one, None), "")

    def test_shapes(self):
        self.assertIn("shapes differ", reasons(self.ref[:3], self.ref, None))


class ElementTypes(unittest.TestCase):
    def values(self, bits, dtype):
        kind = judge.NATIVE[dtype]
        return judge.decode(np.array(bits).astype(kind), dtype).tolist()

    def test_bf16(self):
        bits = [0x3F80, 0xC000, 0x7F80, 0x0001]
        self.assertEqual(self.values(bits, "bf16"), [1.0, -2.0, np.inf, 2.0**-133])

    def test_e4m3(self):
        bits = [0x38, 0xB8, 0x7E, 0x01, 0x08]
        wanted = [1.0, -1.0, 448.0, 2.0**-9, 2.0**-6]
        self.assertEqual(self.values(bits, "e4m3"), wanted)
        self.assertTrue(np.isnan(self.values([0x7F, 0xFF], "e4m3")).all())

    def test_e5m2(self):
        bits = [0x3C, 0x7B, 0x7C, 0x01]
        self.assertEqual(self.values(bits, "e5m2"), [1.0, 57344.0, np.inf, 2.0**-16])


if __name__ == "__main__":
    unittest.main()
