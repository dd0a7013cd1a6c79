# sides.py -- one problem made ready to run: its operands, and the statement that each library is timed on.
# SPDX-License-Identifier: MIT

import timeit
from functools import lru_cache

import numpy as np

import arrays
import cases
import exact

# Where NumPy has another name for the operation, or none that takes `out`.
_NUMPY = {("scale", False): "multiply(a, b)", ("scale", True): "multiply(a, b, out=out)", ("copy", True): "copyto(out, a)"}


def standardise(library, x, axis):
    """(x - mean) / std, a constant column left at zero: the same text for either library."""
    deviation = library.std(x, axis=axis)
    deviation[deviation == 0] = 1
    return library.divide(library.subtract(x, library.mean(x, axis=axis)), deviation)


@lru_cache(maxsize=4)
def _real(source, dtype):
    from sklearn import datasets

    if source == "digits":
        return datasets.load_digits().data.astype(dtype)
    return datasets.load_sample_image(source + ".jpg").astype(dtype)


class Setting:
    """The operands of a problem, and what it writes into."""

    def __init__(self, problem):
        self.problem = problem
        self.dtype = np.dtype(problem.dtype)
        self.a, self.b = self._operands()
        self.out = None
        if not problem.op.reduces and problem.op.kind != "script":
            self.out = arrays.output(problem.layout, self.dtype, problem.shape, self.a)

    def _operands(self):
        p = self.problem
        first, _, second = p.layout.partition("@")[0].partition("+")
        if p.source:
            values = _real(p.source, p.dtype)
            a = arrays.Operand(values, values.reshape(-1))
        else:
            a = arrays.operand(first, p.data, self.dtype, p.shape)
        if p.op.kind == "scale" or second == "k":
            return a, arrays.Operand(cases.FACTOR["float" if p.dtype in cases.FLOATS else "int"], None)
        if p.op.kind != "map2":
            return a, None
        if second in ("row", "col"):
            shape = p.shape[-1:] if second == "row" else p.shape[:-1] + (1,)
            return a, arrays.operand("C", "positive", self.dtype, shape, seed=1)
        return a, arrays.operand(second or first, p.data, self.dtype, p.shape, seed=1)

    @property
    def inputs(self):
        return [x.base for x in (self.a, self.b) if x is not None and x.base is not None]

    @property
    def bytes(self):
        """What one call moves: each input's memory once, and the output's."""
        return sum(base.nbytes for base in self.inputs) + (self.out.base.nbytes if self.out else 0)

    def statement(self, out, numpy_side):
        op = self.problem.op
        if op.kind == "script":
            return f"standardise(library, a, {self.problem.axis!r})"
        if numpy_side and (op.name, out) in _NUMPY:
            return "library." + _NUMPY[op.name, out]
        given = ["a"] if self.b is None else ["a", "b"]
        given += [f"axis={self.problem.axis!r}"] if self.problem.axis is not None else []
        given += ["out=out"] if out else []
        return f"library.{op.name}({', '.join(given)})"

    def names(self, library):
        return {
            "library": library,
            "standardise": standardise,
            "a": self.a.view,
            "b": None if self.b is None else self.b.view,
            "out": None if self.out is None else self.out.view,
        }

    def timer(self, library, out):
        statement = self.statement(out, library is np)
        return timeit.Timer(statement, globals=self.names(library)), statement

    def result(self, library, out):
        """What the library gives, in memory of its own."""
        if self.out is not None:
            self.out.base[:] = 0
        with np.errstate(all="ignore"):
            value = eval(self.statement(out, library is np), self.names(library))  # noqa: S307
        return np.array(self.out.view if out else value, copy=True)


def available(problem, library):
    """Whether a library has all that the problem's statement calls."""
    if problem.op.kind == "script":
        return all(hasattr(library, name) for name in ("mean", "std", "subtract", "divide"))
    name = problem.op.name
    if library is np and name == "scale":
        return True
    return hasattr(library, name)


def exact_value(setting):
    """The reference (high, low), or None where any right answer is bit for bit NumPy's."""
    p = setting.problem
    if p.op.reduces:
        return exact.reduction(p.op.name, setting.a.view, p.axis)
    if p.op.kind == "script":
        return _standardised(setting.a.view, p.axis)
    if p.dtype not in cases.FLOATS:
        return None
    wide = np.float64 if p.dtype == "float32" else np.longdouble
    inputs = [np.asarray(x.view, setting.dtype).astype(wide) for x in (setting.a, setting.b) if x is not None]
    with np.errstate(all="ignore"):
        value = getattr(np, "multiply" if p.op.kind == "scale" else p.op.name)(*inputs)
    return _in_two(value)


def _in_two(value):
    high = value.astype(np.float64)
    return high, (value - high).astype(np.float64)


def _standardised(x, axis):
    """From the exact mean and deviation, in the widest type there is."""
    mean, deviation = (sum(map(np.longdouble, exact.reduction(name, x, axis))) for name in ("mean", "std"))
    return _in_two((x.astype(np.longdouble) - mean) / np.where(deviation == 0, 1, deviation))
