# test_examples.py -- the examples give with raptors what they give with NumPy.
# SPDX-License-Identifier: MIT
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import raptors

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import colours


class Counting:
    """raptors, with the calls counted that the library took."""

    def __init__(self, calls):
        self._calls = calls

    def __getattr__(self, name):
        def call(*arguments, **keywords):
            result = getattr(raptors, name)(*arguments, **keywords)
            self._calls[name] += raptors.explain()["by"] == "raptors"
            return result

        return call


def pixels(name):
    if name == "noise":
        rng = np.random.default_rng(3)
        return rng.integers(0, 256, (4, 3))[rng.integers(0, 4, 5000)] + rng.normal(0, 12, (5000, 3))
    datasets = pytest.importorskip("sklearn.datasets")
    if name == "digits":
        return datasets.load_digits().data
    pytest.importorskip("PIL")
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


PROGRAMS = ["digits", "scipy.stats._sensitivity_analysis", "sklearn.cluster._affinity_propagation",
            "sklearn.decomposition._nmf"]  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_that_know_nothing_of_raptors(name):
    """The same results where only the names of functions were replaced; and they were, and the library answered."""
    datasets = pytest.importorskip("sklearn.datasets")
    import unprepared

    assert list(unprepared.PROGRAMS) == PROGRAMS
    table = datasets.load_digits().data[:600]
    calls = Counter()
    ours, theirs = (unprepared.load(name, with_raptors) for with_raptors in (True, False))
    ours.rp = Counting(calls)
    run = unprepared.PROGRAMS[name]
    assert unprepared.agree(run(ours, table), run(theirs, table))
    assert sum(calls.values()) > 100 and len(calls) >= 2, calls


def test_programs_that_disagree_are_told_apart():
    unprepared = pytest.importorskip("sklearn") and __import__("unprepared")
    labels, numbers = np.arange(5), np.linspace(0, 1, 5)
    assert unprepared.agree((labels, numbers), (labels, numbers * (1 + 1e-12)))
    assert not unprepared.agree((labels, numbers), (labels[::-1], numbers))
    assert not unprepared.agree((labels, numbers), (labels, numbers + 1e-6))
    assert unprepared.rewritten("np.sum(np.exp(x)); np.add.reduce(x); np.summary(x)") == (
        "rp.sum(np.exp(x)); np.add.reduce(x); np.summary(x)", 1)
