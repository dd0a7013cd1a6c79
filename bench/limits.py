# limits.py -- builds limits.c for this machine and times its loops on a case's own memory.
# SPDX-License-Identifier: MIT

import ctypes
import hashlib
import os
import shlex
import subprocess
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "bench"
_FLAGS = ["-std=gnu11", "-O3", "-march=native", "-fPIC", "-shared"]


class Loop(ctypes.Structure):
    _fields_ = [
        ("out", ctypes.c_void_p),
        ("inputs", ctypes.c_void_p * 4),
        ("streams", ctypes.c_int),
        ("bytes", ctypes.c_size_t),
        ("past_cache", ctypes.c_int),
    ]


def build(folder=BUILD):
    """The shared object's path; made anew only when its source or the compiler's name changes."""
    source = HERE / "limits.c"
    compiler = shlex.split(os.environ.get("CC", "cc"))
    stamp = hashlib.sha256(source.read_bytes() + repr(compiler).encode()).hexdigest()[:12]
    target = folder / f"limits-{stamp}.so"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(f".{os.getpid()}")
        subprocess.run([*compiler, *_FLAGS, "-fopenmp", str(source), "-o", str(fresh)], check=True)
        fresh.replace(target)
    return target


def load():
    library = ctypes.CDLL(str(build()))
    library.limits_seconds.restype = ctypes.c_double
    library.limits_seconds.argtypes = [ctypes.POINTER(Loop), ctypes.c_int, ctypes.c_long]
    return library


class Limit:
    """One candidate: a loop, its name, the threads that share it, and what it writes. Keeps its memory alive."""

    def __init__(self, library, name, loop, threads, inputs, out):
        self.name = name
        self.threads = threads
        self.out = out
        self._seconds = library.limits_seconds
        self._loop = loop
        self._inputs = inputs

    def seconds(self, repeats):
        return self._seconds(ctypes.byref(self._loop), self.threads, repeats)


def streams(inputs, out):
    """The addresses of equal pieces of length `out.nbytes` that the inputs' memory is made of. An input smaller
    than that is repeated by broadcasting and stays in the cache: it is no stream."""
    size = out.nbytes
    return [base.ctypes.data + k * size for base in inputs for k in range(base.nbytes // size)][:4]


def candidates(library, inputs, out, threads):
    """The loops that move what a case moves: `inputs` and `out` (None for a reduction) are contiguous arrays.
    A team may always leave its members idle, so one thread competes at every setting. What is written past the cache is
    memory beside: `out` itself would have left the cache, for the first calls of whoever is timed next."""
    found = []
    beside = None if out is None else np.empty(out.nbytes, np.uint8)
    for team in sorted({1, threads}):
        if out is None:
            loop = Loop(None, (ctypes.c_void_p * 4)(inputs[0].ctypes.data), 1, inputs[0].nbytes, 0)
            found.append(Limit(library, "read", loop, team, inputs, None))
            continue
        parts = streams(inputs, out)
        for past_cache in range(1 + library.limits_can_stream()):
            name = ("copy" if len(parts) == 1 else f"read {len(parts)}, write 1") + past_cache * ", past the cache"
            target = beside if past_cache else out
            loop = Loop(target.ctypes.data, (ctypes.c_void_p * 4)(*parts), len(parts), out.nbytes, past_cache)
            found.append(Limit(library, name, loop, team, inputs, target))
    return found
