# peers.py -- other libraries, timed beside the two where they are installed and have the operation.
# SPDX-License-Identifier: MIT

import importlib
import timeit

_NUMEXPR = {"add": "a + b", "subtract": "a - b", "multiply": "a * b", "divide": "a / b", "scale": "a * b",
            "negative": "-a", "square": "a * a", "sqrt": "sqrt(a)", "absolute": "abs(a)",
            "sum": "sum(a{axis})", "prod": "prod(a{axis})", "min": "min(a{axis})", "max": "max(a{axis})"}  # fmt: skip
_BOTTLENECK = {"sum": "nansum", "mean": "nanmean", "min": "nanmin", "max": "nanmax", "var": "nanvar", "std": "nanstd",
               "argmin": "nanargmin", "argmax": "nanargmax"}  # fmt: skip


def _optional(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def timers(case, setting, threads):
    """(name, timeit.Timer) of each peer that can run the case."""
    op, axis = case.problem.op, case.problem.axis
    names = setting.names(None)
    numexpr, bottleneck = _optional("numexpr"), _optional("bottleneck")
    if numexpr and op.name in _NUMEXPR and not isinstance(axis, tuple):
        numexpr.set_num_threads(threads)
        text = _NUMEXPR[op.name].format(axis="" if axis is None else f", axis={axis}")
        names["evaluate"] = numexpr.evaluate
        out = ", out=out" if case.out else ""
        yield "numexpr", timeit.Timer(f"evaluate({text!r}, {{'a': a, 'b': b}}{out})", globals=names)
    if bottleneck and op.name in _BOTTLENECK and not isinstance(axis, tuple):
        names["fold"] = getattr(bottleneck, _BOTTLENECK[op.name])
        yield "bottleneck", timeit.Timer(f"fold(a, axis={axis})", globals=names)
