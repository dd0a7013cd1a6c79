# unprepared.py -- programs that were written for NumPy, run as they are and with `np.` replaced by `rp.`: what one gains.
# SPDX-License-Identifier: MIT
"""python unprepared.py [how often]: each program with NumPy and with Raptors, in turn, and whether the results agree.

Nothing of a program is changed but the names of the functions that Raptors has. All but one are modules of SciPy and
scikit-learn, as they are installed.
"""

import functools
import importlib.util
import re
import statistics
import sys
import time
import types
import warnings

import numpy as np
from scipy import stats
from sklearn import datasets

import raptors as rp

COVERED = "|".join(sorted(name for name in rp.__all__ if hasattr(np, name)))


def rewritten(text):
    """(the text with Raptors' functions for NumPy's, how many were replaced)"""
    return re.subn(rf"\bnp\.({COVERED})(?=\()", r"rp.\1", text)


def load(name, with_raptors):
    """A module made from the source that `import name` would take, rewritten or as it is."""
    spec = importlib.util.find_spec(name)
    text = spec.loader.get_source(name)
    if with_raptors:
        text, _ = rewritten(text)
    module = types.ModuleType(name)
    module.__dict__.update(__file__=spec.origin, __package__=spec.parent, rp=rp)
    exec(compile(text, spec.origin, "exec"), module.__dict__)  # noqa: S102
    return module


def digits(module, table):
    return module.main(table)


def sensitivity(module, table):
    """How much of a function's variance is due to which of its variables: means and variances of as many samples as the table
    has rows, twice, over and over for the intervals. The one thing set from outside is the seed of these."""
    module.bootstrap = functools.partial(stats.bootstrap, rng=0)
    angle, count = stats.uniform(-np.pi, 2 * np.pi), 1 << len(table).bit_length()
    found = module.sobol_indices(func=module.f_ishigami, n=count, dists=[angle] * 3, rng=0)
    intervals = found.bootstrap(n_resamples=20)
    ends = (end for index in (intervals.first_order, intervals.total_order) for end in index.confidence_interval)
    return found.first_order, found.total_order, *ends


def affinity(module, table):
    """Messages between all pairs of digits, as matrices."""
    found = module.AffinityPropagation(random_state=0, max_iter=40, convergence_iter=40).fit(table)
    return found.labels_, found.cluster_centers_


def factors(module, table):
    """Parts that the digits are made of, by multiplicative updates: nearly all is matrix products, which stay NumPy's."""
    model = module.NMF(16, solver="mu", beta_loss="kullback-leibler", init="nndsvda", max_iter=40, tol=0, random_state=0)
    return model.fit_transform(table), model.components_


PROGRAMS = {
    "digits": digits,  # beside this file
    "scipy.stats._sensitivity_analysis": sensitivity,
    "sklearn.cluster._affinity_propagation": affinity,
    "sklearn.decomposition._nmf": factors,
}


def agree(ours, theirs):
    """Labels equal, numbers as near as two orders of additions let them be."""
    return all(
        np.array_equal(a, b) if np.asarray(a).dtype.kind in "iu" else np.allclose(a, b, rtol=1e-7, atol=1e-9)
        for a, b in zip(ours, theirs)
    )


def race(name, table, rounds):
    """(seconds with NumPy, with Raptors, whether the results agree)"""
    run = PROGRAMS[name]
    sides = [load(name, with_raptors) for with_raptors in (False, True)]
    results = [run(side, table) for side in sides]
    times = [[], []]
    for turn in range(rounds):
        for k in (0, 1) if turn % 2 else (1, 0):
            start = time.perf_counter()
            run(sides[k], table)
            times[k].append(time.perf_counter() - start)
    return *map(statistics.median, times), agree(*results)


def main(rounds=9):
    warnings.simplefilter("ignore")  # of scikit-learn, on rounds that do not suffice
    table = datasets.load_digits().data
    same = True
    for name in PROGRAMS:
        numpy, raptors, agrees = race(name, table, int(rounds))
        same &= agrees
        print(f"{name:40} numpy {numpy * 1e3:7.1f} ms, raptors {raptors * 1e3:7.1f} ms: {numpy / raptors:.2f} times as fast; "
              f"{'the same results' if agrees else 'RESULTS DIFFER'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
