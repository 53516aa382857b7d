#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole MGDA and UPGrad steps: codescent against TorchJD's aggregators, on the same rows.

usage: aggregators_torchjd.py [LIBRARY] [--threads T,...] [--m M,...] [--n N,...]

LIBRARY is libcodescent.so, by default the one in build/. Needs torch and TorchJD
0.18 (in an environment of its own: python3 -m venv venv && venv/bin/pip install
'torchjd[quadprog_projector]==0.18.*'). J has m rows of n normal float32 elements, and is the same
for both. A step of ours is cod_solver_step(): Gramian, weights and direction; of theirs
aggregator(J). `gramian` is cod_gramian() against J @ J.T. First the results have to
agree; then all take turns, so that whatever slows the machine slows both.

Times are in us: the best of at least 9 turns, and in parentheses the median and how wide
the middle half of the turns is, relative to it. `faster` is theirs in units of ours, the
turns' own ratios in parentheses.
"""
import argparse
import ctypes
import os
import statistics
import sys
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

import torch
from torchjd.aggregation import MGDA, UPGrad
from torchjd.linalg import QuadprogProjector

TURNS, SECONDS, PAUSE = 9, 2.0, 0.005
FLOAT32 = 0
POINTER, SIZE = ctypes.c_void_p, ctypes.c_size_t


class Setup(ctypes.Structure):
    """cod_setup."""
    _fields_ = [("m", SIZE), ("n", SIZE), ("points", SIZE), ("shards", SIZE),
                ("lengths", POINTER), ("groups", POINTER), ("steps", ctypes.c_int64),
                ("epochs", ctypes.c_int64), ("seed", ctypes.c_uint64),
                ("threads", ctypes.c_uint), ("certify", ctypes.c_int),
                ("methods", POINTER), ("method_count", SIZE), ("kernels", POINTER)]


def check(status, what):
    if status != 0:
        sys.exit(f"{what} failed with status {status}")


def load(path):
    library = ctypes.CDLL(path)
    library.cod_solver_alloc.argtypes = [ctypes.c_char_p, POINTER, POINTER, POINTER]
    library.cod_solver_step.argtypes = [POINTER, POINTER, POINTER, ctypes.c_int, POINTER,
                                        POINTER, ctypes.c_int, POINTER]
    library.cod_solver_free.argtypes = [POINTER]
    library.cod_solver_free.restype = None
    library.cod_pool_alloc.argtypes = [ctypes.c_uint, SIZE, POINTER]
    library.cod_gramian.argtypes = [POINTER, SIZE, SIZE, POINTER, ctypes.c_int, POINTER]
    library.cod_pool_free.argtypes = [POINTER]
    library.cod_pool_free.restype = None
    return library


class Ours:
    """Solvers and a pool for one J."""

    def __init__(self, library, J, threads):
        m, n = J.shape
        self.library, self.m, self.n = library, m, n
        self.rows = (POINTER * m)(*(J[i].data_ptr() for i in range(m)))
        self.direction = torch.empty(n)
        self.weights = torch.empty(m, dtype=torch.float64)
        self.product = torch.empty(m, m, dtype=torch.float64)
        self.solvers, self.pool = {}, POINTER()
        setup = Setup(m=m, n=n, threads=threads)
        for name in ("mgda", "upgrad"):
            self.solvers[name] = POINTER()
            check(library.cod_solver_alloc(name.encode(), ctypes.byref(setup),
                                           ctypes.byref(self.solvers[name]), None), name)
        check(library.cod_pool_alloc(threads, m, ctypes.byref(self.pool)), "cod_pool_alloc")

    def step(self, name):
        solver, rows = self.solvers[name], self.rows
        weights, direction = self.weights.data_ptr(), self.direction.data_ptr()
        call = self.library.cod_solver_step

        def run():
            check(call(solver, None, rows, FLOAT32, weights, direction, FLOAT32, None), name)
        return run

    def gramian(self):
        check(self.library.cod_gramian(self.pool, self.m, self.n, self.rows, FLOAT32,
                                       self.product.data_ptr()), "cod_gramian")

    def free(self):
        for solver in self.solvers.values():
            self.library.cod_solver_free(solver)
        self.library.cod_pool_free(self.pool)


def agree(ours, J):
    """Theirs is approximate: MGDA stops early, UPGrad adds a ridge. With their own limits
    set tight it has to come to the same direction, but for the rounding of float32."""
    tight = {"mgda": MGDA(epsilon=1e-7, max_iters=20000),
             "upgrad": UPGrad(projector=QuadprogProjector(norm_eps=0, reg_eps=1e-9))}
    for name, aggregator in tight.items():
        ours.step(name)()
        theirs = aggregator(J)
        difference = float((ours.direction - theirs).norm() / theirs.norm())
        assert difference <= 1e-2, f"{name}: the directions differ by {difference:.1e}"
    ours.gramian()
    exact = sum(part @ part.T for part in (piece.double() for piece in J.split(10**5, 1)))
    difference = float((ours.product - exact).abs().max() / exact.abs().max())
    assert difference <= 1e-10, f"the Gramians differ by {difference:.1e}"


def seconds(run, calls, clock):
    start = clock()
    for _ in range(calls):
        run()
    return (clock() - start) / calls


def measure(works, threads):
    """Seconds of a call of each, turn by turn: of one thread its processor time, in which
    a busy machine shows less. Between two turns threads that wait come to rest."""
    clock = time.thread_time if threads == 1 else time.perf_counter
    for run in works:
        run()
    once = [seconds(run, 1, clock) for run in works]
    share = SECONDS / (2 * TURNS * len(works))
    calls = [max(1, int(share / t)) for t in once]
    times = [[] for _ in works]
    began = time.perf_counter()
    while len(times[0]) < TURNS or (time.perf_counter() < began + SECONDS and
                                    len(times[0]) < 25):
        for run, count, found in zip(works, calls, times):
            time.sleep(PAUSE)
            found.append(seconds(run, count, clock))
    return times


def spread(values):
    values = sorted(values)
    quarter = len(values) // 4
    return (values[-1 - quarter] - values[quarter]) / statistics.median(values)


def figure(best, values, scale, digits):
    return (f"{best * scale:.{digits}f} ({statistics.median(values) * scale:.{digits}f}, "
            f"{100 * spread(values):.0f}%)")


def compare(library, m, n, threads):
    torch.manual_seed(m * n)
    torch.set_num_threads(threads)
    J = torch.randn(m, n)
    ours = Ours(library, J, threads)
    agree(ours, J)
    mgda, cone = MGDA(), UPGrad()
    works = [ours.step("mgda"), lambda: mgda(J), ours.step("upgrad"), lambda: cone(J),
             ours.gramian, lambda: J @ J.T]
    times = measure(works, threads)
    for k, name in enumerate(("mgda", "upgrad", "gramian")):
        mine, theirs = times[2 * k], times[2 * k + 1]
        ratios = [b / a for a, b in zip(mine, theirs)]
        print(f"{threads:7} {m:3} {n:9} {name:8} {figure(min(mine), mine, 1e6, 1):>28} "
              f"{figure(min(theirs), theirs, 1e6, 1):>28} "
              f"{figure(min(theirs) / min(mine), ratios, 1, 2):>24}", flush=True)
    ours.free()


def counts(text):
    return [int(float(word)) for word in text.split(",")]


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    library = Path(__file__).resolve().parent.parent / "build" / "libcodescent.so"
    parser.add_argument("library", nargs="?", default=str(library))
    parser.add_argument("--threads", type=counts, default=[1, 2])
    parser.add_argument("--m", type=counts, default=[2, 3, 4, 8, 16, 32])
    parser.add_argument("--n", type=counts, default=[10**3, 10**5, 10**6, 10**7])
    given = parser.parse_args()
    library = load(str(Path(given.library).resolve()))
    print(f"torch {torch.__version__}, torchjd 0.18, float32, "
          f"{torch.backends.cpu.get_cpu_capability()}")
    print("threads   m         n what                     codescent us"
          "                      theirs us                   faster")
    for threads in given.threads:
        for n in given.n:
            for m in given.m:
                compare(library, m, n, threads)


if __name__ == "__main__":
    main()
