# Part of spakc. SPDX-License-Identifier: Apache-2.0
"""Owns: a test of spak_rt.load on a cubin: `python_cubin.py CUBIN WORKSPACE
RUNTIME`, where WORKSPACE is the toy's manifest with a workspace.
With the stand-in driver the kernel runs on the host, so the tensors are
ctypes arrays."""
import ctypes
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "runtime", "python"))
import spak_rt  # noqa: E402
from spak_rt.cubin import CubinLibrary  # noqa: E402


class HostTensor:
    """A 2-D array of f32 whose rows are `pitch` elements apart, aligned to 16
    bytes."""

    def __init__(self, rows, columns, pitch, value):
        self.shape, self.pitch = (rows, columns), pitch
        self.buffer = ctypes.create_string_buffer(4 * rows * pitch + 16)
        self.address = -(-ctypes.addressof(self.buffer) // 16) * 16
        self.elements = (ctypes.c_float * (rows * pitch)).from_address(self.address)
        for i in range(rows * pitch):
            self.elements[i] = value(i)

    def data_ptr(self):
        return self.address

    def stride(self):
        return (self.pitch, 1)

    def at(self, row, column):
        return self.elements[row * self.pitch + column]


class Cubin(unittest.TestCase):
    def setUp(self):
        manifest = os.path.join(HERE, "Inputs", "toy.json")
        self.kernel = spak_rt.load(CUBIN, manifest, runtime=RUNTIME)["toy"]
        self.x = HostTensor(5, 8, 12, lambda i: i)
        self.y = HostTensor(5, 8, 9, lambda i: 100 * i)
        self.z = HostTensor(5, 8, 8, lambda i: -1)

    def test_launch(self):
        self.kernel(X=self.x, Y=self.y, Z=self.z)
        for row in range(5):
            for column in range(8):
                wanted = self.x.at(row, column) + 2 * self.y.at(row, column)
                self.assertEqual(self.z.at(row, column), wanted)
        self.kernel(X=self.x, Y=self.y, Z=self.z, factor=0.0)
        self.assertEqual(self.z.at(4, 7), self.x.at(4, 7))

    def test_a_workspace_is_zero_once_and_kept(self):
        """The stand-in counts launches in the workspace; a stream has one."""
        counting = spak_rt.load(CUBIN, WORKSPACE, runtime=RUNTIME)["toy"]
        os.environ["FAKE_WORKSPACE"] = "1"
        try:
            seen = []
            for stream in (0, 0, 4096, 0, 4096):
                counting(stream=stream, X=self.x, Y=self.y, Z=self.z)
                seen.append(self.z.at(0, 0))
        finally:
            del os.environ["FAKE_WORKSPACE"]
        self.assertEqual(seen, [0, 1, 0, 2, 1])

    def test_refusals(self):
        bad = HostTensor(5, 8, 9, lambda i: i)
        params = self.kernel.params(X=bad, Y=self.y, Z=self.z)
        code, message = self.kernel.check(params)
        self.assertEqual(code, 4)
        self.assertIn("X: expected a multiple of 16 bytes", message)
        with self.assertRaisesRegex(spak_rt.LaunchError, r"\(code 4\)"):
            self.kernel.launch(params)
        with self.assertRaisesRegex(TypeError, "toy has no argument W"):
            self.kernel.params(W=bad)

    def test_what_is_no_cubin(self):
        with self.assertRaisesRegex(spak_rt.LaunchError, "is not a cubin"):
            CubinLibrary(__file__, os.path.join(HERE, "Inputs", "toy.json"), RUNTIME)


if __name__ == "__main__":
    RUNTIME, WORKSPACE, CUBIN = sys.argv.pop(), sys.argv.pop(), sys.argv.pop()
    unittest.main()
