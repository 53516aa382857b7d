#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""UPGrad's m projections by codescent and by PyPI's quadprog, on the same Gramians.

usage: OPENBLAS_NUM_THREADS=1 python3 benchmarks/upgrad_quadprog.py [LIBRARY] [m ...]

LIBRARY is libcodescent.so, by default the one in build/. Needs numpy and quadprog (in an
environment of its own: python3 -m venv venv && venv/bin/pip install numpy quadprog).
Gaussian gradients, n = 2m. The two take turns, at least 9; times are processor time, the best and
the median. The ratio is that of the best times, then the median and the spread of the turns' own
ratios (how wide their middle half is, relative to the median). Neither is told a start. quadprog
is called as TorchJD calls it, once a gradient, without a ridge.
"""
import ctypes
import statistics
import sys
import time
from pathlib import Path

import numpy
import quadprog

TURNS = 9
DOUBLES = ctypes.POINTER(ctypes.c_double)


class Cone:
    """Projections on the dual cone by the library."""

    def __init__(self, path, m):
        self.library = ctypes.CDLL(path)
        self.library.cod_cone_load.argtypes = [ctypes.c_void_p, DOUBLES]
        self.library.cod_cone_solve.argtypes = [ctypes.c_void_p, DOUBLES, DOUBLES,
                                                ctypes.c_void_p, DOUBLES, ctypes.c_void_p]
        self.library.cod_cone_free.argtypes = [ctypes.c_void_p]
        self.workspace = ctypes.c_void_p()
        if self.library.cod_cone_alloc(ctypes.c_size_t(m), ctypes.byref(self.workspace)) != 0:
            sys.exit("cod_cone_alloc failed")
        self.v = numpy.zeros(m)

    def upgrad(self, gramian):
        m = len(gramian)
        bounds, weights = numpy.zeros(m), numpy.zeros(m)
        u, v = (x.ctypes.data_as(DOUBLES) for x in (bounds, self.v))
        status = self.library.cod_cone_load(self.workspace, gramian.ctypes.data_as(DOUBLES))
        for i in range(m):
            bounds[i] = 1 / m
            status |= self.library.cod_cone_solve(self.workspace, u, None, None, v, None)
            weights += self.v
            bounds[i] = 0
        if status != 0:
            sys.exit("the library's solver failed")
        return weights

    def free(self):
        self.library.cod_cone_free(self.workspace)


def quadprog_upgrad(gramian):
    m = len(gramian)
    identity, zeros, weights = numpy.eye(m), numpy.zeros(m), numpy.zeros(m)
    for i in range(m):
        bounds = numpy.zeros(m)
        bounds[i] = 1 / m
        weights += quadprog.solve_qp(gramian, zeros, identity, bounds)[0]
    return weights


def compare(path, m):
    cone = Cone(path, m)
    random = numpy.random.default_rng(m)
    times = ([], [])
    difference, began = 0, time.perf_counter()
    while len(times[0]) < TURNS or time.perf_counter() < began + 1:
        rows = random.standard_normal((m, 2 * m))
        gramian = rows @ rows.T
        start = time.thread_time()
        ours = cone.upgrad(gramian)
        middle = time.thread_time()
        theirs = quadprog_upgrad(gramian)
        times[0].append(middle - start)
        times[1].append(time.thread_time() - middle)
        difference = max(difference, abs(ours - theirs).max() / abs(theirs).max())
    cone.free()
    ratios = sorted(b / a for a, b in zip(*times))
    ratio, quarter = statistics.median(ratios), len(ratios) // 4
    spread = (ratios[-1 - quarter] - ratios[quarter]) / ratio
    best, medians = [min(t) for t in times], [statistics.median(t) for t in times]
    print(f"{m:4} {best[0] * 1e6:12.1f} {medians[0] * 1e6:12.1f} {best[1] * 1e6:12.1f} "
          f"{medians[1] * 1e6:12.1f} {best[1] / best[0]:8.1f} "
          f"{ratio:8.1f} {100 * spread:5.0f}% {difference:9.1e}", flush=True)


def main():
    arguments = sys.argv[1:]
    path = Path(__file__).resolve().parent.parent / "build" / "libcodescent.so"
    if arguments and not arguments[0].isdigit():
        path = Path(arguments.pop(0)).resolve()
    print("   m codescent us       median  quadprog us       median    ratio   median spread "
          "weights differ by")
    for m in [int(a) for a in arguments] or [2, 8, 32, 128]:
        compare(str(path), m)


if __name__ == "__main__":
    main()
