# test_examples.py -- the examples give with raptors what they give with NumPy.
# SPDX-License-Identifier: MIT
import sys
from pathlib import Path

import numpy as np
import pytest

import raptors

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import colours


def pixels(name):
    if name == "noise":
        rng = np.random.default_rng(3)
        return rng.integers(0, 256, (4, 3))[rng.integers(0, 4, 5000)] + rng.normal(0, 12, (5000, 3))
    datasets = pytest.importorskip("sklearn.datasets")
    if name == "digits":
        return datasets.load_digits().data
    return datasets.load_sample_image(f"{name}.jpg").reshape(-1, 3).astype("float64")


@pytest.mark.parametrize("name, count", [("noise", 4), ("digits", 10), ("china", 8), ("flower", 8)])
def test_the_same_clusters(name, count):
    x = pixels(name)
    (ours, our_labels), (theirs, their_labels) = (colours.palette(library, x, count) for library in (raptors, np))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(our_labels, their_labels)
    assert len(np.unique(our_labels)) == count


def test_standardised_columns():
    x = pixels("noise")
    x[:, 1] = 7
    standard, mean, deviation = colours.standardise(raptors, x)
    assert (standard[:, 1] == 0).all() and (mean[1], deviation[1]) == (7, 1)
    np.testing.assert_allclose(standard[:, [0, 2]].std(axis=0), 1)
