# The references against math.fsum and fractions.
import math
from fractions import Fraction

import numpy as np
import pytest

import arrays
import exact


def as_fraction(pair):
    return Fraction(float(pair[0])) + Fraction(float(pair[1]))


@pytest.mark.parametrize("family", ["uniform", "normal", "lognormal", "rising"])
@pytest.mark.parametrize("count", [1, 2, 3, 1000, 4097])
def test_sum_is_fsum(family, count):
    x = arrays.numbers(family, np.float64, count)
    assert float(exact.reduction("sum", x, None)[0]) == math.fsum(x)


@pytest.mark.parametrize("family", ["normal", "lognormal"])
def test_mean_variance_deviation(family):
    x = arrays.numbers(family, np.float64, 301)
    values = [Fraction(float(v)) for v in x]
    mean = sum(values) / len(values)
    variance = sum((v - mean) ** 2 for v in values) / len(values)
    scale = max(abs(v) for v in values)
    assert abs(as_fraction(exact.reduction("mean", x, None)) - mean) < scale * Fraction(2) ** -95
    assert abs(as_fraction(exact.reduction("var", x, None)) - variance) < variance * Fraction(2) ** -90
    deviation = as_fraction(exact.reduction("std", x, None))
    assert abs(deviation**2 - variance) < variance * Fraction(2) ** -90


def test_product():
    x = arrays.numbers("near one", np.float64, 777)
    product = math.prod(Fraction(float(v)) for v in x)
    assert abs(as_fraction(exact.reduction("prod", x, None)) - product) < product * Fraction(2) ** -90


@pytest.mark.parametrize("axis", [0, 1, 2, (0, 2), -1, None])
def test_axes(axis):
    x = np.arange(2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5)
    assert np.array_equal(exact.reduction("sum", x, axis)[0], x.sum(axis=axis, dtype=np.float64))


def test_ulps_see_one_bit():
    x = np.full(8, 0.1, np.float32)
    reference = exact.reduction("sum", x, None)
    nearest = np.float32(reference[0])
    assert exact.ulps(nearest, reference, np.float32) <= 0.5
    assert 0.5 <= exact.ulps(np.nextafter(nearest, np.float32(9)), reference, np.float32) <= 1.5
