# test_inputs.py -- whatever is not a plain array: as NumPy deals with it.
# SPDX-License-Identifier: MIT
import numpy as np
import pytest
from arrays import assert_same, assert_same_outcome, bits, outcome
from lists import FUNCTIONS, MAPS, REDUCTIONS, inputs_of, numpy_function

import raptors


class Tagged(np.ndarray):
    """An ndarray subclass that keeps its type through NumPy's functions."""


class Overriding:
    def __array_ufunc__(self, *arguments, **keywords):
        return "ufunc"

    def __array_function__(self, *arguments, **keywords):
        return "function"


def arguments_of(name, x):
    return [x] * inputs_of(name)


INPUTS = {
    "a list": [1.0, 2.0, 3.0],
    "a nested list": [[1, 2], [3, 4]],
    "a tuple": (1.0, 2.0),
    "a ragged list": [[1.0], [1.0, 2.0]],
    "an int": 3,
    "a float": 2.5,
    "a NumPy scalar": np.float32(2.5),
    "no dimension": np.array(2.5),
    "a subclass": np.arange(1.0, 5.0).view(Tagged),
    "a masked array": np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]),
    "a matrix": np.asmatrix([[1.0, 2.0], [3.0, 4.0]]),
    "big endian": np.arange(1, 5, dtype=">f8"),
    "unaligned": np.frombuffer(b"\0" + np.arange(1.0, 5.0).tobytes(), "f8", offset=1),
    "read-only": np.frombuffer(np.arange(1.0, 5.0).tobytes(), "f8"),
    "long long": np.arange(1, 5, dtype=np.longlong),
    "bool": np.array([True, False, True]),
    "half": np.array([1.5, 2.5], "f2"),
    "objects": np.array([1, 2.5], object),
    "text": np.array(["a", "b"]),
    "a record": np.array([(1.0, 2)], "f8,i4"),
    "one field of a record": np.array([(1.0, 2), (3.0, 4)], "f8,i4")["f0"],
    "a buffer": memoryview(np.arange(3.0)),
    "a range": range(4),
    "nothing": None,
    "many dimensions": np.ones((1,) * 20 + (3,)),
    "empty": np.empty((0, 3)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("kind", INPUTS)
def test_inputs(name, kind):
    x = arguments_of(name, INPUTS[kind])
    assert_same_outcome(outcome(getattr(raptors, name), *x), outcome(numpy_function(name), *x))


@pytest.mark.parametrize("name", REDUCTIONS)
def test_lists_are_reduced_as_arrays_are(name, by_raptors):
    numbers = [[0.1, 0.2, 0.7], [0.3, 1e9, -1e9]]
    for x in (numbers, tuple(numbers)):
        for axis in (None, 0, 1):
            assert_same(by_raptors(name, x, axis), by_raptors(name, np.array(x), axis))


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "copy"])
def test_overriding_types(name):
    x = arguments_of(name, Overriding())
    assert getattr(raptors, name)(*x) == numpy_function(name)(*x)


@pytest.mark.parametrize("name", MAPS)
def test_outputs_that_numpy_refuses(name):
    x = np.arange(1.0, 5.0)
    frozen = np.empty(4)
    frozen.flags.writeable = False
    for out in (frozen, np.empty(3), np.empty((2, 2)), np.empty(4, "i4"), [0.0] * 4, (np.empty(4), np.empty(4)), 3):
        ours = outcome(getattr(raptors, name), *arguments_of(name, x), out=out)
        theirs = outcome(numpy_function(name), *arguments_of(name, x), out=out)
        assert ours[0] is theirs[0]


@pytest.mark.parametrize("name", REDUCTIONS)
def test_read_only_output(name):
    x = np.arange(1.0, 7.0).reshape(2, 3)
    out = np.empty(3, np.asarray(getattr(np, name)(x, axis=0)).dtype)
    out.flags.writeable = False
    assert outcome(getattr(raptors, name), x, axis=0, out=out)[0] is outcome(getattr(np, name), x, axis=0, out=out)[0]


@pytest.mark.parametrize("name", MAPS)
def test_rare_outputs(name):
    x = np.arange(1.0, 5.0)
    for make in (lambda: np.empty(4).view(Tagged), lambda: np.empty(4, ">f8"), lambda: np.empty((2, 4)),
                 lambda: np.empty(4, "c16"), lambda: np.empty(33, "u1")[1:].view("f8")):
        ours, theirs = make(), make()
        assert getattr(raptors, name)(*arguments_of(name, x), out=ours) is ours
        numpy_function(name)(*arguments_of(name, x), out=theirs)
        assert bits(ours) == bits(theirs)


WRONG = [((), {}), ((1, 2, 3, 4), {}), ((np.ones(3),), {"x": 1}), ((np.ones(3), np.ones(2)), {}),
         ((np.ones(3), np.ones(3), np.empty(3)), {"out": np.empty(3)}), ((np.ones(3),), {"out": np.empty(3), "out2": 1})]


@pytest.mark.parametrize("name", [name for name in MAPS if name != "copy"])
@pytest.mark.parametrize("arguments, keywords", WRONG)
def test_wrong_arguments(name, arguments, keywords):
    assert_same_outcome(
        outcome(getattr(raptors, name), *arguments, **keywords), outcome(numpy_function(name), *arguments, **keywords)
    )


@pytest.mark.parametrize("name", MAPS)
def test_the_other_arguments_of_a_ufunc(name):
    x = np.arange(1.0, 5.0)
    theirs = np.positive if name == "copy" else numpy_function(name)
    for keywords in ({"dtype": "float32"}, {"order": "F"}, {"casting": "no"}, {"subok": False},
                     {"where": np.array([True, False, True, True]), "out": np.zeros(4)}):
        ours = getattr(raptors, name)(*arguments_of(name, x), **keywords)
        assert_same(ours, theirs(*arguments_of(name, x), **keywords))
