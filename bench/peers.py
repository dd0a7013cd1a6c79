# peers.py -- other libraries, timed beside the two where they are installed and have the operation.
# SPDX-License-Identifier: MIT

import importlib
import timeit

_NUMEXPR = {"add": "a + b", "subtract": "a - b", "multiply": "a * b", "divide": "a / b", "scale": "a * b",
            "negative": "-a", "square": "a * a", "sqrt": "sqrt(a)", "absolute": "abs(a)",
            "sum": "sum(a{axis})", "prod": "prod(a{axis})", "min": "min(a{axis})", "max": "max(a{axis})"}  # fmt: skip
_BOTTLENECK = {"sum": "nansum", "mean": "nanmean", "min": "nanmin", "max": "nanmax", "var": "nanvar", "std": "nanstd",
               "argmin": "nanargmin", "argmax": "nanargmax"}  # fmt: skip
_NUMKONG = ("add", "multiply", "sum", "min", "max", "argmin", "argmax")


def _optional(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _runs(timer):
    """Peers refuse some shapes, layouts and dtypes."""
    try:
        timer.timeit(1)
    except Exception:  # noqa: BLE001 - each has errors of its own
        return False
    return True


def timers(case, setting, threads):
    """(name, timeit.Timer) of each peer that can run the case."""
    return [(name, timer) for name, timer in _statements(case, setting, threads) if _runs(timer)]


def _statements(case, setting, threads):
    op, axis = case.problem.op, case.problem.axis
    names = setting.names(None)
    numexpr, bottleneck, numkong = map(_optional, ("numexpr", "bottleneck", "numkong"))
    out = ", out=out" if case.out else ""
    if numexpr and op.name in _NUMEXPR and not isinstance(axis, tuple):
        numexpr.set_num_threads(threads)
        text = _NUMEXPR[op.name].format(axis="" if axis is None else f", axis={axis}")
        names["evaluate"] = numexpr.evaluate
        yield "numexpr", timeit.Timer(f"evaluate({text!r}, {{'a': a, 'b': b}}{out})", globals=names)
    if bottleneck and op.name in _BOTTLENECK and not isinstance(axis, tuple):
        names["fold"] = getattr(bottleneck, _BOTTLENECK[op.name])
        yield "bottleneck", timeit.Timer(f"fold(a, axis={axis})", globals=names)
    if numkong and op.name in _NUMKONG:
        names["run"] = getattr(numkong, op.name)
        yield "numkong", timeit.Timer(f"run(a, axis={axis})" if op.reduces else f"run(a, b{out})", globals=names)
