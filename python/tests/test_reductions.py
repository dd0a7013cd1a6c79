# test_reductions.py -- reductions have NumPy's shapes, dtypes and errors, and are never farther from the truth.
# SPDX-License-Identifier: MIT
import math
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from arrays import FINITE_SUMS, SPECIAL, arrays, assert_same, assert_same_outcome, bits, layout, outcome
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes
from lists import DTYPES, FLOATS, REDUCTIONS, SPREADS

import raptors

EXACT = [name for name, result in REDUCTIONS.items() if result in ("SAME", "INDEX")]
ROUNDED = [name for name in REDUCTIONS if name not in EXACT]


@st.composite
def calls(draw, name, dtypes=DTYPES, special=SPECIAL):
    """An array, and keywords that the function takes."""
    shape = draw(array_shapes(min_dims=0, max_dims=5, max_side=5))
    x = draw(arrays(draw(st.sampled_from(dtypes)), shape, special))
    axis = st.none() | st.integers(-x.ndim, max(x.ndim - 1, 0))
    if REDUCTIONS[name] != "INDEX" and x.ndim:
        axis |= st.lists(st.integers(0, x.ndim - 1), unique=True, max_size=x.ndim).map(tuple)
    keywords = {"axis": draw(axis)}
    if draw(st.booleans()):
        keywords["keepdims"] = draw(st.booleans())
    if name in SPREADS and draw(st.booleans()):
        keywords["ddof"] = draw(st.sampled_from([0, 1, 0.5, 2]))
    if REDUCTIONS[name] in ("WIDE", "REAL") and x.dtype in FLOATS and draw(st.booleans()):
        keywords["dtype"] = draw(st.sampled_from([None, "float64", np.float64, float, x.dtype]))
    return x, keywords


def one_zero(result):
    """A result with -0.0 as 0.0: which of the two NumPy finds least or greatest depends on the length and on the CPU."""
    return result if isinstance(result, type) else result + np.zeros_like(result)


@pytest.mark.parametrize("name", EXACT)
@given(data=st.data())
def test_exact_ones_are_equal(name, data):
    x, keywords = data.draw(calls(name))
    outcomes = [outcome(getattr(module, name), x, **keywords) for module in (raptors, np)]
    if REDUCTIONS[name] == "SAME":
        outcomes = [(one_zero(result), warned) for result, warned in outcomes]
    assert_same_outcome(*outcomes)


@pytest.mark.parametrize("name", ["sum", "prod"])
@given(data=st.data())
def test_integer_sums_and_products_are_equal(name, data):
    x, keywords = data.draw(calls(name, [dtype for dtype in DTYPES if dtype not in FLOATS]))
    assert_same_outcome(
        outcome(getattr(raptors, name), x, **keywords), outcome(getattr(np, name), x, **keywords)
    )


def assert_same_form(ours, theirs):
    assert type(ours) is type(theirs)
    assert (ours.dtype, ours.shape, layout(np.asarray(ours))) == (theirs.dtype, theirs.shape, layout(np.asarray(theirs)))


@pytest.mark.parametrize("name", [name for name in ROUNDED if name != "prod"])
@given(data=st.data())
def test_rounded_ones_have_numpys_form(name, data):
    """Type, dtype, shape and memory order; the same values where the truth has no digits: NaN and infinities."""
    x, keywords = data.draw(calls(name, FLOATS, FINITE_SUMS))
    ours, _ = outcome(getattr(raptors, name), x, **keywords)
    theirs, _ = outcome(getattr(np, name), x, **keywords)
    if isinstance(theirs, type):
        assert ours is theirs
        return
    assert_same_form(ours, theirs)
    np.testing.assert_array_equal(np.isfinite(ours), np.isfinite(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)


def exact_product(row):
    """The product of floats; None if in some order of them a partial product leaves float64's normal range."""
    if any(map(math.isnan, row)) or (0 in row and any(map(math.isinf, row))):
        return math.nan
    sizes = [math.log2(abs(value)) for value in row if value and math.isfinite(value)]
    if sum(size for size in sizes if size < 0) < -1020 or sum(size for size in sizes if size > 0) > 1020:
        return None
    infinite = math.prod(math.copysign(1, value) for value in row) * math.inf
    return infinite if any(map(math.isinf, row)) else float(math.prod(map(Fraction, row)))


@given(data=st.data())
def test_products_have_numpys_form_and_the_true_value(data):
    """NumPy's float32 products overflow and underflow on their way, and make zeros, infinities and NaN of it: where
    float64 has room for them, the value is the exact one."""
    x, keywords = data.draw(calls("prod", FLOATS, FINITE_SUMS))
    ours, _ = outcome(raptors.prod, x, **keywords)
    theirs, _ = outcome(np.prod, x, **keywords)
    if isinstance(theirs, type):
        assert ours is theirs
        return
    assert_same_form(ours, theirs)
    axis = keywords["axis"]
    axes = tuple(range(x.ndim)) if axis is None else np.atleast_1d(axis).tolist() if x.ndim else ()
    rows = np.moveaxis(x, axes, range(x.ndim - len(axes), x.ndim)).reshape(ours.size, -1).tolist()
    known = [(value, exact) for value, exact in zip(np.ravel(ours), map(exact_product, rows)) if exact is not None]
    with np.errstate(over="ignore", under="ignore"):
        truth = np.array([exact for _, exact in known]).astype(ours.dtype)
    tiny = float(np.finfo(ours.dtype).smallest_subnormal)
    np.testing.assert_allclose([value for value, _ in known], truth, rtol=1e-6, atol=tiny)


def scaled(value):
    """A float as an integer, in units of 2^-1100."""
    numerator, denominator = float(value).as_integer_ratio()
    return numerator * (2**1100 // denominator)


def truth(kind, row):
    """What is exactly known of a row: its product; its sum and what that weighs; its variance * count^3 * 2^2200."""
    if kind == "prod":
        return math.prod(Fraction(float(number)) for number in row)
    numbers = [scaled(number) for number in row]
    total = sum(numbers)
    if kind == "sum":
        return total, sum(map(abs, numbers))
    return sum((number * len(row) - total) ** 2 for number in numbers)


def relative_error(name, value, count, exact):
    """The distance from the exact value (of std: of its square), relative to what the terms weigh."""
    value = Fraction(float(value))
    if name == "prod":
        return float(abs(value / exact - 1))
    if name in ("sum", "mean"):
        total, weight = exact
        return float(abs(value * 2**1100 * (count if name == "mean" else 1) - total) / weight)
    return float(abs((value**2 if name == "std" else value) * count**3 * 2**2200 / exact - 1))


FAMILIES = {
    "uniform": lambda rng, n: rng.random(n),
    "normal": lambda rng, n: rng.normal(size=n),
    "cancelling": lambda rng, n: (lambda half: rng.permutation(np.r_[half, -half]))(rng.normal(size=n // 2) * 1e4),
    "log-normal": lambda rng, n: rng.lognormal(0, 3, n),
    "near 2^24": lambda rng, n: 2.0**24 + rng.integers(-8, 8, n),
    "alternating": lambda rng, n: np.where(np.arange(n) % 2, -1.0, 1.0) * (1 + rng.random(n)),
}


LENGTHS = {2: 300, 8: 300, 30: 300, 200: 100, 1000: 60}  # and how many of each


KINDS = {"sum": "sum", "mean": "sum", "var": "var", "std": "var", "prod": "prod"}  # by what must be known of a row


@cache
def rows_of(kind, dtype, family):
    """Pairs of the rows of one length, and the truth of each; None of rows that are constant."""
    rng = np.random.default_rng(7)
    pairs = []
    for length, count in LENGTHS.items():
        if kind == "prod" and length > 30:
            continue
        rows = np.array([FAMILIES[family](rng, length) for _ in range(count)])
        if kind == "prod":
            rows = np.where(np.abs(rows) < 1e-3, 1, rows / np.abs(rows).mean())
        rows = rows.astype(dtype)
        pairs.append((rows, [truth(kind, row) if np.ptp(row) else None for row in rows]))
    return pairs


def errors_of(function, name, dtype, family, axis):
    """The errors over a family of inputs, all lengths together."""
    errors = []
    for rows, truths in rows_of(KINDS[name], dtype, family):
        results = function(rows if axis else np.ascontiguousarray(rows.T), axis=axis)
        known = [(value, exact) for value, exact in zip(results, truths) if exact is not None]
        errors += [relative_error(name, value, rows.shape[1], exact) for value, exact in known]
    return np.array(errors)


@pytest.mark.parametrize("name", ROUNDED)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("axis", [0, 1])
def test_never_farther_from_the_truth(name, dtype, family, axis, by_raptors):
    """For every family of inputs neither the mean error nor the greatest is above NumPy's.

    Where both round equally often, as in short sums and all products of float64, who is nearer is chance: there the error
    is held below the roundings that the order has.
    """
    ours = errors_of(lambda x, axis: by_raptors(name, x, axis=axis), name, dtype, family, axis)
    theirs = errors_of(getattr(np, name), name, dtype, family, axis)
    rounding = float(np.finfo(dtype).eps) / 2
    if dtype == np.float64 and name in ("prod", "var", "std"):
        assert ours.max() <= 16 * rounding
        return
    assert ours.mean() <= theirs.mean()
    assert ours.max() <= theirs.max() or (dtype == np.float64 and ours.max() < rounding)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@given(data=st.data())
def test_sums_are_within_the_roundings_of_the_order(dtype, data):
    """A few roundings of the dtype at most, whatever the length, layout and axis; NumPy has log2(n) of them and more."""
    x = data.draw(arrays(dtype, data.draw(array_shapes(min_dims=1, max_dims=3, max_side=40)), special=None))
    result = float(raptors.sum(x))
    numbers = [float(value) for value in x.flat]
    epsilon = float(np.finfo(dtype).eps) if dtype in FLOATS else 0.0
    bound = 4 * epsilon * math.fsum(map(abs, numbers))
    assert abs(result - math.fsum(numbers)) <= bound


def test_sums_that_stop_growing_in_numpy(by_raptors):
    assert (by_raptors("mean", np.ones((20_000_000, 2), "float32"), axis=0) == 1).all()


@pytest.mark.parametrize("name", REDUCTIONS)
@given(data=st.data())
def test_out_in_any_layout(name, data):
    x, keywords = data.draw(calls(name, special=None))
    keywords.pop("dtype", None)
    expected, _ = outcome(getattr(raptors, name), x, **keywords)
    wanted, _ = outcome(getattr(np, name), x, **keywords)
    assume(not isinstance(wanted, type))
    memory = np.empty((*wanted.shape, 2), wanted.dtype)
    out = memory[..., 1]
    with np.errstate(all="ignore"):
        assert getattr(raptors, name)(x, out=out, **keywords) is out
    assert bits(out) == bits(expected)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_out_of_another_shape_or_dtype(name):
    x = np.arange(12.0, dtype="float32").reshape(3, 4)
    for out in (np.empty(3, "f4"), np.empty((1, 4), "f4"), np.empty(4, "f8"), np.empty(4, "i4"), np.empty(4, "i8"),
                np.empty(4, "c16"), np.empty((), "f4"), [0.0] * 4, np.empty(4, ">f4"), "out"):
        for keywords in ({"axis": 0}, {"axis": 0, "keepdims": True}):
            ours, theirs = (getattr(module, name) for module in (raptors, np))
            our_outcome = outcome(ours, x, out=out, **keywords)
            their_outcome = outcome(theirs, x, out=out, **keywords)
            if isinstance(their_outcome[0], type):
                assert our_outcome[0] is their_outcome[0]
            else:
                assert our_outcome[0] is out


@pytest.mark.parametrize("name", ["sum", "max", "mean"])
def test_out_that_overlaps_the_input(name, by_raptors):
    x = np.arange(12.0).reshape(3, 4)
    expected = getattr(np, name)(x, axis=0)
    assert by_raptors(name, x, axis=0, out=x[1]) is not None
    assert bits(x[1]) == bits(expected)


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_library_answers(name, dtype, by_raptors):
    x = np.arange(1, 25, dtype=dtype).reshape(2, 3, 4)
    axes = [None, 0, -1, np.int64(1)] + ([(0, 2), (-1,)] if REDUCTIONS[name] != "INDEX" else [])
    for axis in axes:
        for keepdims in (False, True):
            ours = by_raptors(name, x, axis=axis, keepdims=keepdims)
            theirs = getattr(np, name)(x, axis=axis, keepdims=keepdims)
            assert (type(ours), ours.dtype, ours.shape) == (type(theirs), theirs.dtype, theirs.shape)
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert_same(by_raptors(name, x.tolist()), by_raptors(name, np.array(x.tolist())))


def test_positional_arguments(by_raptors):
    x = np.arange(12.0, dtype="float32").reshape(3, 4)
    out = np.empty((1, 4))
    assert by_raptors("sum", x, 0, np.float64, out, True) is out
    assert by_raptors("var", x, 0, "float64", out, 1, True) is out
    np.testing.assert_allclose(out, np.var(x, 0, "float64", None, 1, True))
    least = np.empty((1, 4), "float32")
    assert by_raptors("min", x, 0, least, True) is least
    assert_same(by_raptors("argmin", x, 0, None), np.argmin(x, 0, None))


WRONG = [
    ((), {}), (([1.0],), {"axis": 1}), (([1.0],), {"axis": (0, 0)}), (([[1.0]],), {"axis": (0, 2)}),
    (([1.0],), {"axis": 0.5}), (([1.0],), {"axis": "x"}), (([1.0],), {"axis": 2**70}), (([1.0],), {"axis": [0]}),
    (([1.0],), {"nonsense": 1}), (([1.0], 0), {"axis": 0}), (([],), {}), ((np.empty((0, 3)),), {"axis": 0}),
    ((np.empty((0, 3)),), {"axis": 1}), (([1.0],), {"dtype": "nonsense"}), (([[1.0], [1.0, 2.0]],), {}),
    ((np.ones(3),), {"keepdims": "yes"}), ((np.ones(3),), {"keepdims": 1}), ((np.ones(3),), {"ddof": 3}),
    ((np.ones(3),), {"ddof": 5}), ((np.ones(3),), {"ddof": None}), ((np.ones(3),), {"ddof": 10**400}), ((np.ones(3),), {"ddof": -(2**70)}),
    ((np.ones(3), None, None, None, None, None, None, None), {}), ((np.float64(3.0),), {}), ((3,), {"axis": 0}),
    ((np.ones(3),), {"where": np.array([True, False, True])}), ((np.ones(3),), {"initial": 5.0}), (("text",), {}),
    ((None,), {}), ((np.array(3.5),), {"axis": -1}), ((np.array(3.5),), {"axis": 1}), ((np.ones(3),), {"axis": ()}),
    ((np.ones((2, 2)),), {"axis": True}), ((np.ones(3),), {"out": (np.empty(()),)}), ((),  {"a": [1.0, 2.0]}),
]


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("arguments, keywords", WRONG)
def test_wrong_and_rare_arguments(name, arguments, keywords):
    assert_same_outcome(
        outcome(getattr(raptors, name), *arguments, **keywords), outcome(getattr(np, name), *arguments, **keywords)
    )


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("dtype", "?bhilqBHILQefdgFDOmMU")
@pytest.mark.parametrize("keywords", [{}, {"dtype": "float32"}, {"dtype": "int64"}, {"axis": 0}], ids=str)
def test_every_dtype(name, dtype, keywords):
    x = np.array([[1, 0], [1, 1]]).astype(dtype)
    assert_same_outcome(
        outcome(getattr(raptors, name), x, **keywords), outcome(getattr(np, name), x, **keywords)
    )


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_warnings(dtype):
    """As NumPy: overflow to infinity and infinities that cancel warn, NaN and infinity that pass through do not."""
    top = np.finfo(dtype).max
    rows = {"overflow": [top, top, 1], "opposite": [np.inf, -np.inf, 1], "nan": [np.nan, 1, 2], "inf": [np.inf, 1, 2]}
    for name in ("sum", "mean", "prod", "min", "argmax"):
        for case, row in rows.items():
            if case == "overflow" and (name, dtype) == ("mean", np.float32):
                continue  # finite here, and infinite in NumPy
            x = np.array([row, row], dtype)
            for axis in (None, 0, 1):
                ours, theirs = (outcome(getattr(module, name), x, axis=axis) for module in (raptors, np))
                assert ours[1] == theirs[1], (name, case, axis)
