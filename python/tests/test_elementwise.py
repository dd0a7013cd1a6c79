# test_elementwise.py -- elementwise functions give NumPy's bits, dtypes, layouts and warnings.
# SPDX-License-Identifier: MIT
import numpy as np
import pytest
from arrays import arrays, assert_same, assert_same_outcome, bits, outcome
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, mutually_broadcastable_shapes
from lists import DTYPES, FLOATS, FLOATS_ONLY, INTEGERS, MAP1, MAP2, MAPS, inputs_of, numpy_function

import raptors

dtypes = st.sampled_from(DTYPES)


@pytest.mark.parametrize("name", MAP2)
@given(data=st.data())
def test_two_inputs_in_any_layout(name, data):
    dtype = data.draw(dtypes)
    shapes = data.draw(mutually_broadcastable_shapes(num_shapes=2, min_dims=0, max_dims=5, max_side=5)).input_shapes
    a, b = (data.draw(arrays(dtype, shape)) for shape in shapes)
    assert_same_outcome(outcome(getattr(raptors, name), a, b), outcome(numpy_function(name), a, b))


@pytest.mark.parametrize("name", MAP1)
@given(data=st.data())
def test_one_input_in_any_layout(name, data):
    x = data.draw(arrays(data.draw(dtypes), data.draw(array_shapes(min_dims=0, max_dims=5, max_side=5))))
    assert_same_outcome(outcome(getattr(raptors, name), x), outcome(numpy_function(name), x))


@pytest.mark.parametrize("name", MAPS)
@given(data=st.data())
def test_out_in_any_layout(name, data):
    dtype = data.draw(dtypes)
    count = inputs_of(name)
    shapes = data.draw(mutually_broadcastable_shapes(num_shapes=count, min_dims=0, max_dims=4, max_side=4))
    inputs = [data.draw(arrays(dtype, shape)) for shape in shapes.input_shapes]
    out = data.draw(arrays(dtype, shapes.result_shape).map(np.array))
    step = data.draw(st.sampled_from([1, -1])) if out.ndim else None
    ours, theirs = out.copy(order="K"), out.copy(order="K")
    index = (slice(None, None, step),) if step else ()
    as_tuple = data.draw(st.booleans())
    passed = [(view[index],) if as_tuple else view[index] for view in (ours, theirs)]
    our_outcome = outcome(getattr(raptors, name), *inputs, out=passed[0])
    their_outcome = outcome(numpy_function(name), *inputs, out=passed[1])
    if isinstance(their_outcome[0], np.ndarray):
        assert our_outcome[0] is (passed[0][0] if as_tuple else passed[0])
        assert our_outcome[1] == their_outcome[1]
    else:
        assert_same_outcome(our_outcome, their_outcome)
    assert bits(ours) == bits(theirs)


@pytest.mark.parametrize("name", MAPS)
@given(data=st.data())
def test_out_that_overlaps_the_inputs(name, data):
    """Every window of one small buffer as input and output, as if the input had been copied first."""
    dtype = data.draw(st.sampled_from(FLOATS if name in FLOATS_ONLY else DTYPES))
    buffer = data.draw(arrays(dtype, (24,), special=None).map(np.array))
    length = data.draw(st.integers(1, 6))

    def window(memory, start, step):
        return memory[start : start + step * length : step] if step > 0 else window(memory, start, -step)[::-1]

    places = [(data.draw(st.integers(0, 6)), data.draw(st.sampled_from([1, 2, 3, -1, -2]))) for _ in range(3)]
    ours, theirs = buffer.copy(), buffer.copy()
    for memory, function in ((ours, getattr(raptors, name)), (theirs, numpy_function(name))):
        views = [window(memory, *place) for place in places]
        with np.errstate(all="ignore"):
            function(*views[: inputs_of(name)], out=views[2])
    assert bits(ours) == bits(theirs)


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_library_answers(name, dtype, by_raptors):
    if name in FLOATS_ONLY and dtype in INTEGERS:
        pytest.skip("NumPy answers in float64")
    x = np.arange(1, 13, dtype=dtype).reshape(3, 4)
    inputs = [x, x.T.copy().T][: inputs_of(name)]
    assert_same(by_raptors(name, *inputs), numpy_function(name)(*inputs))
    out = np.empty_like(x)
    assert by_raptors(name, *inputs, out=out) is out
    if name not in ("minimum", "maximum"):  # NumPy has a warning for those
        assert by_raptors(name, *inputs, out) is out
    assert by_raptors(name, *inputs, out=(out,)) is out
    overlapping = np.arange(1, 20, dtype=dtype)
    expected = numpy_function(name)(*[overlapping[:-1]] * inputs_of(name))
    by_raptors(name, *[overlapping[:-1]] * inputs_of(name), out=overlapping[1:])
    assert bits(overlapping[1:]) == bits(expected)


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_an_output_by_position(name, dtype):
    x = np.arange(1, 5, dtype=dtype)
    outs = [np.zeros_like(x), np.zeros_like(x)]
    ours, theirs = (
        outcome(function, *[x] * inputs_of(name), *([out] if name != "copy" else []), **({"out": out} if name == "copy" else {}))
        for function, out in zip((getattr(raptors, name), numpy_function(name)), outs)
    )
    assert_same_outcome(ours, theirs)
    assert bits(outs[0]) == bits(outs[1])


SCALARS = [2, -3, 0, 2.5, 1e300, 1e-300, float("nan"), float("inf"), 2**31, 2**40, 2**63 - 1, 2**63, 2**80, 10**400,
           True, None, "x", 1j, np.float32(1.5), np.float64(1.5), np.int32(7), np.int64(7), np.int16(7), np.bool_(1),
           np.array(3.5), np.array(3), np.longdouble(1.5), np.datetime64("2020-01-01"), np.uint64(2**63)]


@pytest.mark.parametrize("name", MAP2)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("scalar", SCALARS, ids=repr)
def test_promotion_with_scalars(name, dtype, scalar):
    x = np.array([1, 2, 3, 1000], dtype)
    for arguments in ((x, scalar), (scalar, x)):
        assert_same_outcome(outcome(getattr(raptors, name), *arguments), outcome(numpy_function(name), *arguments))


@pytest.mark.parametrize("name", ["add", "divide", "maximum"])
def test_a_python_number_does_not_widen_float32(name, by_raptors):
    x = np.array([1, 2, 3], "float32")
    assert by_raptors(name, x, 2.5).dtype == np.float32
    assert by_raptors(name, 2, x).dtype == np.float32


@pytest.mark.parametrize("name", MAP2)
@pytest.mark.parametrize("first", "?bhilqBHILQefdgFDO")
@pytest.mark.parametrize("second", "?bilqQefdD")
def test_promotion_of_dtypes(name, first, second):
    a, b = np.array([1, 0, 3], first), np.array([[2], [1]], second)
    assert_same_outcome(outcome(getattr(raptors, name), a, b), outcome(numpy_function(name), a, b))


@pytest.mark.parametrize("name", MAPS)
def test_flags_make_errors_where_errstate_says_so(name):
    count = inputs_of(name)
    for values in ([[0.0, np.inf, 3e38, 1e-38, -1.0, np.nan]] * 2, [[1.0, 2.0]] * 2, [[1.0, np.inf], [0.0, np.inf]]):
        inputs = [np.array(value, "float32") for value in values][:count]
        for kind in ("divide", "over", "under", "invalid"):
            with np.errstate(**{"all": "ignore", kind: "raise"}):
                assert_same_outcome(
                    outcome(getattr(raptors, name), *inputs), outcome(numpy_function(name), *inputs)
                )


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_scale(dtype, by_raptors):
    x = np.arange(12, dtype=dtype).reshape(3, 4)
    assert_same(by_raptors("scale", x, 3), np.multiply(x, dtype.type(3)))
    assert_same(by_raptors("scale", x.T, -2.0), np.multiply(x.T, dtype.type(-2)))
    assert by_raptors("scale", x, 2, x) is x
    if dtype in FLOATS:
        assert_same(by_raptors("scale", x, 0.1), np.multiply(x, dtype.type(0.1)))
        assert_same(raptors.scale(x, np.float64(0.1)), np.multiply(x, dtype.type(0.1)))
    else:
        for wrong in (0.5, 1e300, float("nan"), 2**70):
            with pytest.raises(ValueError):
                raptors.scale(x, wrong)
    assert_same(raptors.scale([1.5, 2.5], 2), np.array([3.0, 5.0]))
    assert_same(raptors.scale(dtype.type(3), 2), dtype.type(6))
    with pytest.raises(TypeError):
        raptors.scale(x, "2")
