# cases.py -- which operations run on which shapes, dtypes and layouts: the suites.
# SPDX-License-Identifier: MIT
"""A problem is a computation (op, axis, dtype, shape, layout, data); a case is a problem at a number of threads,
with or without `out`. Suites are lists of problems, made from the operation list."""

from dataclasses import dataclass, field, replace

import machine
import oplist

SQUARES = [(512, 512), (768, 768), (1024, 1024), (2048, 2048)]
TYPES = oplist.types()
FLOATS = TYPES["FLOAT"]
INTEGERS = TYPES["INTEGER"]
# What a report on integers is about: the folds that NumPy runs at a fraction of the machine's speed.
INTEGER_FOLDS = ("sum", "mean", "min", "max")
FACTOR = {"float": 1.0009765625, "int": 3}

# What a kernel that branches on its data, overflows or cancels should meet. All else takes "normal".
DATA = {"prod": "near one", "sqrt": "positive", "divide": "positive", "sum": "uniform", "mean": "uniform"}


@dataclass(frozen=True)
class Problem:
    suite: str
    op: oplist.Op
    axis: object  # None, an int or a tuple; of maps None
    dtype: str
    shape: tuple
    layout: str  # of x, or of a and b: "C", "F", "C+F", "C+row", "C+k", "C@40" ... (docs/perf_report.md)
    data: str
    outs: tuple = (False,)
    source: str = field(default="", compare=False)  # of the suite `real`: which data

    @property
    def key(self):
        op = self.op.name + ("" if self.axis is None else f"[{axis_text(self.axis)}]")
        shape = "x".join(map(str, self.shape))
        return "/".join([self.suite, op, self.dtype, shape, self.layout, self.source or self.data])


@dataclass(frozen=True)
class Case:
    problem: Problem
    threads: object  # a number, or "all"
    out: bool

    @property
    def key(self):
        return f"{self.problem.key}/{'out' if self.out else 'new'}/threads={self.threads}"


def axis_text(axis):
    return ",".join(map(str, axis)) if isinstance(axis, tuple) else str(axis)


def _fold(suite, op, dtype, shape, layout, axis, data=None):
    return Problem(suite, op, axis, dtype, shape, layout, data or DATA.get(op.name, "normal"))


def _map(suite, op, dtype, shape, layout, outs):
    return Problem(suite, op, None, dtype, shape, layout, DATA.get(op.name, "normal"), outs)


def _axes(shape):
    return [None] + list(range(len(shape))) if len(shape) > 1 else [None]


def _takes(op, dtype):
    return dtype in FLOATS or (op.reduces and op.name in INTEGER_FOLDS)


def _each(suite, ops, shape, layout, outs, dtypes=None):
    """Every op that the dtype is tracked for, over every axis, in one shape and layout."""
    for op in ops:
        for dtype in dtypes or FLOATS + INTEGERS:
            if not _takes(op, dtype):
                continue
            if op.reduces:
                yield from (_fold(suite, op, dtype, shape, layout, axis) for axis in _axes(shape))
            elif op.kind == "map2":
                yield _map(suite, op, dtype, shape, layout, outs)
            elif "+" not in layout:
                yield _map(suite, op, dtype, shape, layout, outs)


def squares(ops):
    for shape in SQUARES:
        yield from _each("2d", ops, shape, "C", (True, False))
        for op in (op for op in ops if op.kind == "map2"):
            for dtype in FLOATS:
                yield _map("2d", op, dtype, shape, "C+row", (True, False))
        for op in (op for op in ops if op.name in ("min", "max", "argmin", "argmax")):
            for dtype in FLOATS:
                yield _fold("2d", op, dtype, shape, "C", None, "rising")


def main_memory(itemsize):
    """A table that no cache holds: four times the greatest, at most 256 MiB."""
    return min(4 * machine.last_cache(), 256 << 20) // (4096 * itemsize), 4096


def shapes(ops):
    million = 1_000_000
    odd = [(1009, 1013), (127, 131), (1, million), (million, 1), (million, 2), (million, 3), (3, million), (16,)]
    for shape in odd:
        yield from _each("shapes", ops, shape, "C", (True, False))
    for shape in [(million, 3), (1009, 1013)]:
        for op in (op for op in ops if op.kind == "map2"):
            for layout in ("C+row", "C+col"):
                yield from (_map("shapes", op, dtype, shape, layout, (True,)) for dtype in FLOATS)
    for shape in [(16,), (1009, 1013)]:
        for op in (op for op in ops if op.kind == "map2"):
            yield from (_map("shapes", op, dtype, shape, "C+k", (True, False)) for dtype in FLOATS)
    for dtype, itemsize in (("float32", 4), ("float64", 8)):
        yield from _each("shapes", ops, main_memory(itemsize), "C", (True, False), [dtype])


def layouts(ops):
    for shape in [(500, 700), (2048, 2048)]:
        for layout in ("T", "F", "cols::2", "neg"):
            yield from _each("layouts", ops, shape, layout, (True,))
        yield from _each("layouts", [op for op in ops if op.kind == "map2"], shape, "C+F", (True, False))
    for layout in ("C", "rot", "cols::2"):
        yield from _each("layouts", ops, (64, 96, 80), layout, (True,))
    for op in (op for op in ops if op.reduces and op.result != "INDEX"):  # a position is along one axis
        for dtype in FLOATS:
            for axis in ((0, 1), (0, 2), (1, 2)):
                yield _fold("layouts", op, dtype, (64, 96, 80), "C", axis)


def rows(ops):
    """The microbenchmarks: single rows of 4**2 .. 4**11 elements, and square tiles."""
    for power in range(2, 12):
        yield from _each("rows", ops, (4**power,), "C", (True,), FLOATS)
    for side in (8, 32, 128):
        yield from _each("rows", ops, (side, side), "C", (True,), FLOATS)


def places(ops):
    """Outputs a few bytes beyond the first operand but for the page, where a processor may take what was stored for what
    is loaded next; half a page beyond it, where it does not."""
    for shape in [(64, 64), (200, 300), (600, 700), (1500, 1600)]:
        for distance in (0, 16, 40, 64, 104, 2048):
            for op in (op for op in ops if not op.reduces):
                yield from (_map("places", op, dtype, shape, f"C@{distance}", (True,)) for dtype in FLOATS)


STANDARDISE = oplist.Op("standardise", "script")


def real(ops):
    """scikit-learn's digits and photographs: what standardising them by column and by channel takes."""
    by_name = {op.name: op for op in ops}
    for source, shape, axis in (
        ("digits", (1797, 64), 0),
        ("china", (427, 640, 3), (0, 1)),
        ("flower", (427, 640, 3), (0, 1)),
    ):
        for dtype in FLOATS:
            for name in ("sum", "mean", "min", "max", "var", "std"):
                yield Problem("real", by_name[name], axis, dtype, shape, "C", source, source=source)
            for name in ("subtract", "divide"):
                yield Problem("real", by_name[name], None, dtype, shape, "C+row", source, (True, False), source)
            yield Problem("real", STANDARDISE, axis, dtype, shape, "C", source, source=source)


def quick(ops):
    """What a machine of the continuous integration can afford: each op once or twice, where it has lost before."""
    core = [op for op in ops if op.name in ("sum", "mean", "add", "scale")]
    rest = [op for op in ops if op not in core]
    for shape in ((512, 512), (1024, 1024)):
        yield from (replace(p, suite="2d") for p in _each("2d", core, shape, "C", (True,), FLOATS))
        yield from (_map("2d", op, d, shape, "C+row", (True,)) for op in core if op.name == "add" for d in FLOATS)
    yield from _each("2d", rest, (768, 768), "C", (True,), ["float32"])
    for shape in ((1_000_000, 3), (16,)):
        yield from _each("shapes", core, shape, "C", (True,), ["float32"])
    for layout in ("T", "cols::2", "neg"):
        yield from _each("layouts", core, (500, 700), layout, (True,), ["float64"])
    yield from (_map("layouts", op, "float32", (2048, 2048), "C+F", (True,)) for op in core if op.kind == "map2")


SUITES = {"2d": squares, "shapes": shapes, "layouts": layouts, "rows": rows, "places": places, "real": real}


def problems(suite, ops=None):
    ops = oplist.ops() if ops is None else ops
    if suite == "quick":
        made = list(quick(ops))
    else:
        made = [p for name in (SUITES if suite == "all" else [suite]) for p in SUITES[name](ops)]
    return list(dict.fromkeys(made))


def cases_of(problem, threads):
    return [Case(problem, t, out) for out in problem.outs for t in threads]
