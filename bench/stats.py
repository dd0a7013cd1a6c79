# stats.py -- medians, the ratio of two interleaved series, and its bootstrap interval.
# SPDX-License-Identifier: MIT

import numpy as np

LEVEL = 0.99
_RESAMPLES = 2000


def median(values):
    return float(np.median(values))


def spread(values):
    """The median distance from the median, as a share of it."""
    middle = np.median(values)
    return float(np.median(np.abs(np.asarray(values) - middle)) / middle)


def ratio(theirs, ours):
    """How many times faster ours is: median over median."""
    return median(theirs) / median(ours)


def interval(theirs, ours, level=LEVEL):
    """The bootstrap interval of ratio(). Rounds are drawn whole: what disturbed one round disturbed both of its
    batches, and pairing keeps that out of the interval. The draw is seeded: the same times, the same interval."""
    return _interval(np.median, theirs, ours, level)


def interval_of_sums(theirs, ours, level=LEVEL):
    """The same for sum over sum, where what is rare is to count for all that it takes."""
    return _interval(np.sum, theirs, ours, level)


def _interval(middle, theirs, ours, level):
    theirs, ours = np.asarray(theirs), np.asarray(ours)
    draw = np.random.default_rng(0).integers(0, len(theirs), (_RESAMPLES, len(theirs)))
    ratios = middle(theirs[draw], axis=1) / middle(ours[draw], axis=1)
    low, high = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return [float(low), float(high)]


def geometric_mean(values):
    return float(np.exp(np.mean(np.log(values)))) if len(values) else None
