# _numpy.py -- what stands behind the functions that NumPy does not have under that name.
# SPDX-License-Identifier: MIT
import numpy as np


def copy(x, /, out=None, **arguments):
    """numpy.copy, and with the arguments of a ufunc too."""
    if out is None and arguments.keys() <= {"order", "subok"}:
        return np.copy(x, **arguments)
    x = np.asanyarray(x)
    target = out[0] if isinstance(out, tuple) and len(out) == 1 else out
    if arguments or x.dtype.kind in "iufc" or not isinstance(target, np.ndarray):
        return np.positive(x, out=out, **arguments)
    np.copyto(target, x, casting="same_kind")
    return target


def scale(x, factor, /, out=None):
    """x * factor in x's dtype, for any dtype."""
    x = np.asanyarray(x)
    if np.ndim(factor) or not isinstance(factor, (int, float, np.number, np.ndarray)):
        raise TypeError("scale: the factor must be a number")
    with np.errstate(invalid="ignore"):
        rounded = np.asarray(factor).astype(x.dtype) if abs(factor) < 2**64 or x.dtype.kind == "f" else None
    if x.dtype.kind in "iub" and rounded != factor:
        raise ValueError(f"scale: {factor} is not a factor for {x.dtype}")
    return np.multiply(x, rounded, out=out)
