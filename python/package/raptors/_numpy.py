# _numpy.py -- what stands behind the functions that NumPy does not have under that name.
# SPDX-License-Identifier: MIT
import numpy as np


def copy(x, /, out=None, **arguments):
    """numpy.copy, and with the arguments of a ufunc too."""
    if out is None and arguments.keys() <= {"order", "subok"}:
        return np.copy(x, **arguments)
    target = out[0] if isinstance(out, tuple) and len(out) == 1 else out
    if arguments or not isinstance(target, np.ndarray):
        return np.positive(x, out=out, **arguments)
    np.copyto(target, x, casting="same_kind")
    return target


def scale(x, factor, /, out=None):
    """x * factor in x's dtype, for any dtype."""
    x, factor = np.asanyarray(x), np.asarray(factor)
    if factor.ndim or factor.dtype.kind not in "biuf":
        raise TypeError("scale: the factor must be a number")
    with np.errstate(invalid="ignore"):
        rounded = factor.astype(x.dtype)
    if x.dtype.kind in "iub" and rounded != factor:
        raise ValueError(f"scale: {factor} is not a factor for {x.dtype}")
    return np.multiply(x, rounded, out=out)
