# exact.py -- reference values of some 100 bits, as unevaluated sums of two doubles, on whole arrays at once.
# SPDX-License-Identifier: MIT
"""The error columns of the report compare both libraries with these. bench/tests holds them against math.fsum
and fractions."""

import numpy as np

_SPLIT = 134217729.0  # 2**27 + 1


def two_sum(a, b):
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def two_product(a, b):
    p = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(a):
    t = _SPLIT * a
    high = t - (t - a)
    return high, a - high


def _add(x, y):
    s, e = two_sum(x[0], y[0])
    return two_sum(s, e + (x[1] + y[1]))


def _multiply(x, y):
    p, e = two_product(x[0], y[0])
    return two_sum(p, e + (x[0] * y[1] + x[1] * y[0]))


def _fold(combine, high, low):
    """Fold axis 0 as a tree of halves; an odd row is carried to the next level."""
    while len(high) > 1:
        half = len(high) // 2
        rest = high[2 * half :], low[2 * half :]
        high, low = combine((high[:half], low[:half]), (high[half : 2 * half], low[half : 2 * half]))
        high, low = np.concatenate((high, rest[0])), np.concatenate((low, rest[1]))
    return high[0], low[0]


def _divide(x, n):
    q = x[0] / n
    p, e = two_product(q, np.float64(n))
    return two_sum(q, ((x[0] - p) - e + x[1]) / n)


def _total(rows):
    return _fold(_add, rows, np.zeros_like(rows))


def _mean(rows):
    return _divide(_total(rows), len(rows))


def _product(rows):
    return _fold(_multiply, rows, np.zeros_like(rows))


def _variance(rows):
    mean = _mean(rows)
    high, low = _add((rows, np.zeros_like(rows)), (-mean[0], -mean[1]))
    square, error = two_product(high, high)
    return _divide(_fold(_add, square, error + 2 * high * low), len(rows))


def _deviation(rows):
    high, low = _variance(rows)
    root = np.sqrt(high)
    p, e = two_product(root, root)
    with np.errstate(invalid="ignore", divide="ignore"):
        correction = np.where(root > 0, ((high - p) - e + low) / (2 * root), 0.0)
    return root, correction


_REDUCTIONS = {"sum": _total, "mean": _mean, "prod": _product, "var": _variance, "std": _deviation}


def reduction(name, x, axis):
    """(high, low) of the exact reduction of x, in float64; None for a name whose results are exact anyway."""
    if name not in _REDUCTIONS:
        return None
    axes = tuple(range(x.ndim)) if axis is None else (axis if isinstance(axis, tuple) else (axis,))
    axes = tuple(k % x.ndim for k in axes)
    kept = [k for k in range(x.ndim) if k not in axes]
    rows = np.ascontiguousarray(np.transpose(x, list(axes) + kept), np.float64)
    return _REDUCTIONS[name](rows.reshape((-1,) + tuple(x.shape[k] for k in kept)))


def ulps(got, exact, dtype):
    """The error of each element in units of the last place of its exact value, as a result of `dtype`."""
    high, low = exact
    unit = np.spacing(np.maximum(np.abs(high), np.finfo(dtype).tiny).astype(dtype)).astype(np.float64)
    return np.abs((np.asarray(got, np.float64) - high) - low) / unit
