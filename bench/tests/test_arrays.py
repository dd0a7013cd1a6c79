import numpy as np
import pytest

import arrays

FACTS = {"C": (80, 8), "F": (8, 48), "T": (8, 48), "cols::2": (160, 16), "neg": (-80, -8), "rot": (8, 48)}


@pytest.mark.parametrize("layout", FACTS)
def test_layouts_are_what_they_are_called(layout):
    x = arrays.operand(layout, "normal", np.dtype("float64"), (6, 10))
    assert x.view.shape == (6, 10)
    assert x.view.strides == FACTS[layout]
    assert x.base.flags.c_contiguous and np.shares_memory(x.view, x.base)
    assert x.base.nbytes == x.view.nbytes * (2 if layout == "cols::2" else 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("distance", [0, 40, 2048])
def test_outputs_lie_where_they_are_said_to(dtype, distance):
    x = arrays.operand("C", "normal", np.dtype(dtype), (30, 41))
    out = arrays.output(f"C@{distance}", np.dtype(dtype), (30, 41), x)
    assert (out.view.ctypes.data - x.view.ctypes.data) % 4096 == distance
    assert out.view.shape == (30, 41) and out.view.flags.c_contiguous and out.view.flags.aligned


def test_three_axes():
    assert arrays.operand("rot", "normal", np.dtype("float32"), (2, 3, 5)).view.strides == (12, 4, 24)
    assert arrays.operand("F", "normal", np.dtype("float32"), (2, 3, 5)).view.strides == (4, 8, 24)


@pytest.mark.parametrize("family", arrays._FAMILIES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_families_are_finite_and_repeat(family, dtype):
    x = arrays.numbers(family, np.dtype(dtype), 1 << 16)
    assert np.all(np.isfinite(x)) and x.dtype == dtype
    assert np.array_equal(x, arrays.numbers.__wrapped__(family, np.dtype(dtype), 1 << 16))
    assert not np.array_equal(x, np.zeros_like(x))


def test_products_stay_in_range():
    x = arrays.numbers("near one", np.dtype("float32"), 1 << 22).astype(np.float64)
    assert abs(np.log(x).sum()) < 60
