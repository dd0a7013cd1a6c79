# _numpy.py -- what stands behind the functions that NumPy does not have under that name.
# SPDX-License-Identifier: MIT
import numpy as np


def copy(x, /, out=None, **arguments):
    if arguments:
        return np.positive(x, out=out, **arguments)
    if out is None:
        fresh = np.copy(x, subok=True)
        return fresh if fresh.ndim else fresh[()]
    target, = out if isinstance(out, tuple) else (out,)
    if not isinstance(target, np.ndarray):
        raise TypeError("return arrays must be of ArrayType")
    np.copyto(target, x)
    return target


def scale(x, factor, /, out=None):
    x = np.asanyarray(x)
    try:
        factor_of_dtype = x.dtype.type(factor)
    except OverflowError:
        raise ValueError(f"factor {factor} is out of range for {x.dtype}") from None
    if x.dtype.kind in "iub" and factor_of_dtype != factor:
        raise ValueError(f"factor {factor} is no {x.dtype}")
    return np.multiply(x, factor_of_dtype, out=out)
