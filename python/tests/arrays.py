# arrays.py -- arrays of every layout as Hypothesis strategies, and what it means that two results are the same.
# SPDX-License-Identifier: MIT
import warnings

import numpy as np
from hypothesis import strategies as st

SPECIAL = {
    "f": [0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 1e-310, 1e-45, 1e-40, 3e38, 1e300, -1e300, 0.1, 1 / 3],
    "i": [0, 1, -1, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 3, 1000],
}

# Of these no sum overflows, whatever its order.
FINITE_SUMS = {"f": [0.0, -0.0, 1.0, np.nan, np.inf, -np.inf, 1e-310, 1e-45, 0.1], "i": SPECIAL["i"]}


def values(rng, dtype, count, special):
    """Random elements, and among them special ones."""
    if dtype.kind == "f":
        drawn = rng.normal(size=count) * 10.0 ** rng.integers(-3, 4, count)
    else:
        drawn = rng.integers(-1000, 1000, count)
    drawn = drawn.astype(dtype)
    if special and count:
        with np.errstate(all="ignore"):
            kinds = np.array(special[dtype.kind]).astype(dtype)
        places = rng.random(count) < 0.3
        drawn[places] = rng.choice(kinds, places.sum())
    return drawn


@st.composite
def arrays(draw, dtype, shape, special=SPECIAL):
    """An array of a shape in any memory order, with gaps, backwards and repeated axes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ndim = len(shape)
    steps = [draw(st.sampled_from([1, 1, 1, 2, 3, -1, -2])) for _ in shape]
    repeated = [draw(st.integers(0, 9)) == 0 for _ in shape]
    order = draw(st.permutations(range(ndim))) if draw(st.booleans()) else list(range(ndim))
    extents = [1 if again else max(n * abs(step), 1) for n, step, again in zip(shape, steps, repeated)]
    memory = values(rng, dtype, int(np.prod(extents)), special).reshape([extents[k] for k in order])
    array = memory.transpose(np.argsort(order)) if ndim else memory
    for axis, (n, step, again) in enumerate(zip(shape, steps, repeated)):
        index = [slice(None)] * ndim
        index[axis] = slice(None) if again else slice(None, None, step)
        array = array[tuple(index)]
        if not again:
            index[axis] = slice(0, n)
            array = array[tuple(index)]
    return np.broadcast_to(array, shape) if any(repeated) else array


def layout(array):
    """The strides that matter: of axes that one can move along."""
    return [stride for n, stride in zip(array.shape, array.strides) if n > 1] if array.size else []


def bits(array):
    """The bytes of an array, every NaN the same. Objects and padded numbers are compared by their text."""
    array = np.ascontiguousarray(array)
    if array.dtype.char in "OgG":
        return repr(array.tolist())
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
    return array.tobytes()


def assert_same(ours, theirs):
    assert type(ours) is type(theirs)
    if not isinstance(theirs, (np.ndarray, np.generic)):
        assert ours == theirs
        return
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    assert bits(ours) == bits(theirs), (ours, theirs)
    if isinstance(ours, np.ndarray):
        assert layout(ours) == layout(theirs)
        assert ours.flags.owndata == theirs.flags.owndata and ours.flags.writeable == theirs.flags.writeable


def outcome(function, *arguments, **keywords):
    """What a call gives: its result, or the type of its error; and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = function(*arguments, **keywords)
        except Exception as error:
            result = type(error)
    return result, {(str(warning.message), warning.category) for warning in caught}


def assert_same_outcome(ours, theirs):
    (ours, our_warnings), (theirs, their_warnings) = ours, theirs
    if isinstance(theirs, type) or isinstance(ours, type):
        assert ours is theirs
    else:
        assert_same(ours, theirs)
    assert our_warnings == their_warnings
