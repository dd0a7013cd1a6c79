# colours.py -- the colours that make up a photograph: standardised pixels, k-means; the same code with either library.
# SPDX-License-Identifier: MIT
"""python colours.py [china|flower|FILE] [how many]: the palette, and how long NumPy and Raptors take to find it."""

import statistics
import sys
import time
from pathlib import Path

import numpy as np

import raptors as rp


def standardise(xp, x):
    """Every column with mean 0 and deviation 1, a constant one left at 0; and the two, to go back."""
    mean, deviation = xp.mean(x, axis=0), xp.std(x, axis=0)
    deviation[deviation == 0] = 1
    return xp.divide(xp.subtract(x, mean), deviation), mean, deviation


def nearest(xp, points, centres, distances, scratch):
    """The number of the centre that each point is nearest to."""
    for centre, distance in zip(centres, distances):
        xp.subtract(points, centre, out=scratch)
        xp.square(scratch, out=scratch)
        xp.sum(scratch, axis=1, out=distance)
    return xp.argmin(distances, axis=0)


def kmeans(xp, points, count, rounds=20, seed=0):
    """Lloyd's algorithm: (centres, labels)."""
    centres = points[np.random.default_rng(seed).choice(len(points), count, replace=False)]
    distances, scratch = np.empty((count, len(points)), points.dtype), np.empty_like(points)
    for _ in range(rounds):
        labels = nearest(xp, points, centres, distances, scratch)
        moved = np.array([xp.mean(points[labels == k], axis=0) if (labels == k).any() else centres[k] for k in range(count)])
        if np.allclose(moved, centres):
            break
        centres = moved
    return centres, labels


def palette(xp, pixels, count):
    """The colours, the commonest first, and each pixel's colour among them."""
    points, mean, deviation = standardise(xp, pixels)
    centres, labels = kmeans(xp, points, count)
    order = np.argsort(-np.bincount(labels, minlength=count), kind="stable")
    return xp.add(xp.multiply(centres, deviation), mean)[order], np.argsort(order)[labels]


def load(name):
    if Path(name).exists():
        from matplotlib.image import imread

        image = imread(name)[..., :3]
        return image * 255 if image.dtype.kind == "f" else image
    from sklearn.datasets import load_sample_image

    return load_sample_image(f"{name}.jpg")


def main(name="china", count="8"):
    pixels = load(name).reshape(-1, 3).astype("float64")
    times, found = {np: [], rp: []}, {}
    for _ in range(5):
        for xp in times:
            start = time.perf_counter()
            found[xp] = palette(xp, pixels, int(count))
            times[xp].append(time.perf_counter() - start)
    colours, labels = found[rp]
    for colour, share in zip(colours, np.bincount(labels) / len(labels)):
        red, green, blue = (round(min(max(level, 0), 255)) for level in colour)
        print(f"\x1b[48;2;{red};{green};{blue}m      \x1b[0m #{red:02x}{green:02x}{blue:02x} {share:6.1%}")
    numpy, raptors = (statistics.median(taken) * 1e3 for taken in times.values())
    print(f"numpy {numpy:.0f} ms, raptors {raptors:.0f} ms: {numpy / raptors:.1f} times as fast; "
          f"{np.count_nonzero(found[np][1] != labels)} of {len(labels)} pixels differ")


if __name__ == "__main__":
    main(*sys.argv[1:])
