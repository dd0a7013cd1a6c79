# arrays.py -- the numbers that cases run on, and the layouts they lie in.
# SPDX-License-Identifier: MIT

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=3)  # one problem's operands serve the next: drawing what no cache holds takes seconds
def numbers(family, dtype, count, seed=0):
    """`count` values. No family is plain noise in [0, 1) alone: kernels that branch, and sums that cancel, must
    show themselves."""
    draw = np.random.default_rng(seed + count)
    if np.issubdtype(dtype, np.integer):
        drawn = np.sort(_integers(draw, dtype, count)) if family == "rising" else _integers(draw, dtype, count)
    else:
        drawn = _FAMILIES[family](draw, count).astype(dtype)
    drawn.flags.writeable = False
    return drawn


def _integers(draw, dtype, count):
    return draw.integers(-(2**20), 2**20, count, dtype=dtype)


_FAMILIES = {
    # sums of one sign: the error that grows with the count
    "uniform": lambda draw, count: draw.random(count),
    # sums that cancel
    "normal": lambda draw, count: draw.standard_normal(count),
    # both signs, eight decades
    "lognormal": lambda draw, count: np.exp(4 * draw.standard_normal(count)) * draw.choice([-1.0, 1.0], count),
    # each element a new maximum
    "rising": lambda draw, count: np.arange(count) / count - 0.25,
    # products that neither overflow nor vanish
    "near one": lambda draw, count: np.exp(0.008 * draw.standard_normal(count)),
    # no zero, no negative: what square roots and quotients take
    "positive": lambda draw, count: np.exp(draw.standard_normal(count)),
}


class Operand:
    """A view, and the contiguous memory that a pass over it moves through the caches (`base`)."""

    def __init__(self, view, base):
        self.view = view
        self.base = base


def _plain(values, shape):
    return values.reshape(shape)


def _reversed_axes(values, shape):
    return values.reshape(shape[::-1]).T


def _every_second_column(values, shape):
    return values.reshape(*shape[:-1], 2 * shape[-1])[..., ::2]


def _backwards(values, shape):
    return values.reshape(shape)[(slice(None, None, -1),) * len(shape)]


def _rotated_axes(values, shape):
    """The last axis outermost in memory, the rest in order: (2, 0, 1) of three."""
    return np.moveaxis(values.reshape((shape[-1],) + tuple(shape[:-1])), 0, -1)


_VIEWS = {
    "C": _plain,
    "F": _reversed_axes,
    "T": _reversed_axes,
    "cols::2": _every_second_column,
    "neg": _backwards,
    "rot": _rotated_axes,
}


def operand(layout, family, dtype, shape, seed=0):
    count = int(np.prod(shape)) * (2 if layout == "cols::2" else 1)
    base = numbers(family, dtype, count, seed)
    return Operand(_VIEWS[layout](base, tuple(shape)), base)


PAGE = 4096


def _beyond(operand, distance, dtype, count):
    """Memory whose address is `distance` bytes beyond the operand's, but for the page."""
    room = np.zeros(count * dtype.itemsize + PAGE, np.uint8)
    start = (operand.base.ctypes.data + distance - room.ctypes.data) % PAGE
    return room[start : start + count * dtype.itemsize].view(dtype)


def output(layout, dtype, shape, operand=None):
    """What `out=` gets: of the inputs' order for F and rotated axes, plain C order for all else. Where the layout names a
    distance, that is where it lies as seen from the operand."""
    layout, _, distance = layout.partition("@")
    count = int(np.prod(shape))
    base = _beyond(operand, int(distance), dtype, count) if distance else np.zeros(count, dtype)
    return Operand(_VIEWS[layout if layout in ("F", "rot") else "C"](base, tuple(shape)), base)
