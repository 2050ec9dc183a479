# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: tests of spak_rt's expressions and params struct, without torch."""
import ctypes
import json
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "runtime", "python"))
from spak_rt import expression, library, manifest  # noqa: E402

NAMES = {"M": 300, "N": 40, "Hq": 8, "Hkv": 0, "scale": 0.5}


class Expressions(unittest.TestCase):
    def test_values(self):
        cases = {
            "1 + 2 * 3": 7,
            "(1 + 2) * 3": 9,
            "ceil_div(M, 128) * N": 120,
            "min(M, 7) + max(N, 50)": 57,
            "M % 128 == 44 && N < 41": 1,
            "!(M >= N) || N != 40": 0,
            "M > N ? 10 : 20": 10,
            "-7 / 2": -4,
            "-7 % 2": 1,
            "10 - 4 - 3": 3,
            "Hkv > 0 && Hq % Hkv == 0": 0,
            "Hkv == 0 || Hq % Hkv == 0": 1,
            "scale > 0": 1,
            "scale * 3 > 1.25": 1,
        }
        for text, value in cases.items():
            self.assertEqual(expression.evaluate(text, NAMES), value, text)

    def test_messages(self):
        cases = {
            "M +": "unknown name '' in expression 'M +'",
            "M + Q": "unknown name 'Q' in expression 'M + Q'",
            "(M": "expected ')', got 'its end' in expression '(M'",
            "M $ 2": "unexpected '$' in expression 'M $ 2'",
            "Hq / Hkv": "division by zero in expression 'Hq / Hkv'",
            "1 2": "expected '', got '2' in expression '1 2'",
        }
        for text, message in cases.items():
            with self.assertRaises(ValueError) as raised:
                expression.evaluate(text, NAMES)
            self.assertEqual(str(raised.exception), message)


class Params(unittest.TestCase):
    def setUp(self):
        path = os.path.join(HERE, "Inputs", "toy.json")
        self.info = manifest.Manifest.load(path).kernels["toy"]

    def test_layout(self):
        """As a C compiler lays out the struct of toy.cu."""
        kind = self.info.params_type()
        offsets = {name: getattr(kind, name).offset for name, _ in kind._fields_}
        self.assertEqual(
            offsets,
            {"X": 0, "X_strides": 8, "Y": 16, "Y_strides": 24, "factor": 32,
             "Z": 40, "Z_strides": 48, "M": 56, "N": 64},
        )  # fmt: skip
        self.assertEqual(ctypes.sizeof(kind), 72)

    def test_dims_come_from_shapes(self):
        shapes = {"X": (3, 8), "Y": (3, 8), "Z": (3, 8)}
        self.assertEqual(self.info.bind_dims(shapes), {"M": 3, "N": 8})
        shapes["Y"] = (4, 8)
        with self.assertRaisesRegex(ValueError, "Y: expected M = 3, got 4"):
            self.info.bind_dims(shapes)
        with self.assertRaisesRegex(ValueError, "expected 2 axes"):
            self.info.bind_dims({"X": (3,)})


class Workspaces(unittest.TestCase):
    """One per stream, kept, and a larger one where a launch needs it."""

    class Function:
        def __init__(self, call):
            self.call = call

        def __call__(self, *arguments):
            return self.call(*arguments)

    def setUp(self):
        path = os.path.join(HERE, "Inputs", "toy.json")
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        data["kernels"][0]["workspace"] = "sms * 8 + 256"
        described = manifest.Manifest(data)
        self.bytes, self.seen = 256, []

        def launch(params, stream, message):
            self.seen.append(params._obj.workspace)
            return 0

        class Symbols:
            toy_launch = self.Function(launch)
            toy_workspace = self.Function(lambda params: self.bytes)

        self.kernel = library.Kernel(described.kernels["toy"], Symbols, described)
        self.made = []
        library._device = lambda: 0
        library._zeros = self.zeros

    def zeros(self, count):
        self.made.append(FakeTensor((count, 1), address=4096 * (len(self.made) + 1)))
        return self.made[-1]

    def test_rule(self):
        params = self.kernel.params_type()
        for stream in (7, 7, 8, 7):
            self.kernel.launch(params, stream)
        self.assertEqual(self.seen, [4096, 4096, 8192, 4096])
        self.assertIsNone(params.workspace)
        self.bytes = 300
        self.kernel.launch(params, 7)
        self.kernel.launch(params, 7)
        self.assertEqual(self.seen[4:], [12288, 12288])
        self.assertEqual([made.shape[0] for made in self.made], [256, 256, 300])
        params.workspace = 64
        self.kernel.launch(params, 7)
        self.assertEqual(self.seen[-1], 64)

    def test_layout(self):
        kind = self.kernel.params_type
        self.assertEqual(kind._fields_[-1][0], "workspace")
        self.assertEqual(kind.workspace.offset, 72)


class FakeTensor:
    """What the library needs of a tensor, at an address of one's choice."""

    def __init__(self, shape, strides=None, address=4096):
        self.shape, self.address = shape, address
        self.strides = strides or (shape[1], 1)

    def stride(self):
        return self.strides

    def data_ptr(self):
        return self.address


@unittest.skipUnless(len(sys.argv) > 1, "no shared library given (no nvcc)")
class Refusals(unittest.TestCase):
    """The launch function refuses by code and message; none of these reaches
    a device, so they run where there is none."""

    def setUp(self):
        path = os.path.join(HERE, "Inputs", "toy.json")
        self.kernel = library.load(LIBRARY, path)["toy"]

    def status(self, x=None, m=32, n=64):
        good = FakeTensor((m, n))
        params = self.kernel.params(X=x or good, Y=good, Z=good)
        return self.kernel.status(params)

    def test_refusals(self):
        self.assertEqual(self.status(n=0), (0, ""))
        self.assertEqual(
            self.status(FakeTensor((32, 64), address=0)), (1, "X, Y or Z is null")
        )
        self.assertEqual(
            self.status(FakeTensor((32, 64), address=4100)),
            (2, "X, Y or Z is misaligned"),
        )
        self.assertEqual(
            self.status(FakeTensor((32, 64), (66, 1))),
            (4, "the stride of X is no multiple of 16 bytes"),
        )
        self.assertEqual(self.status(n=66, x=FakeTensor((32, 66), (68, 1))), (6, "N % 4 == 0"))

    def test_defaults_and_scalars(self):
        good = FakeTensor((32, 64))
        self.assertEqual(self.kernel.params(X=good, Y=good, Z=good).factor, 2.0)
        params = self.kernel.params(X=good, Y=good, Z=good, factor=3.5)
        self.assertEqual(params.factor, 3.5)

    def test_an_empty_tensor_has_an_address(self):
        empty = FakeTensor((0, 64), address=0)
        self.assertTrue(self.kernel.params(X=empty, Y=empty, Z=empty).X)

    def test_wrong_names(self):
        good = FakeTensor((32, 64))
        with self.assertRaisesRegex(TypeError, "toy has no argument W"):
            self.kernel.params(X=good, Y=good, Z=good, W=1)
        with self.assertRaisesRegex(TypeError, "toy needs Y, Z"):
            self.kernel.params(X=good)
        with self.assertRaisesRegex(ValueError, "last axis must be contiguous"):
            self.kernel.params(X=FakeTensor((32, 64), (1, 32)), Y=good, Z=good)


if __name__ == "__main__":
    LIBRARY = sys.argv.pop() if len(sys.argv) > 1 else None
    unittest.main()
