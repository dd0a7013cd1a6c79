# digits.py -- the handwritten digits that scikit-learn ships, standardised and clustered: plain NumPy, as one finds it.
# SPDX-License-Identifier: MIT
import numpy as np


def standardise(X):
    mean = np.mean(X, axis=0)
    scale = np.std(X, axis=0)
    scale[scale == 0] = 1
    return np.divide(np.subtract(X, mean), scale)


def distances(X, centers):
    difference = np.subtract(X[:, np.newaxis, :], centers[np.newaxis, :, :])
    return np.sqrt(np.sum(np.square(difference), axis=2))


def assign(X, centers):
    apart = distances(X, centers)
    labels = np.argmin(apart, axis=1)
    inertia = np.sum(np.square(np.min(apart, axis=1)))
    return labels, inertia


def move(X, labels, centers):
    moved = np.copy(centers)
    for k in range(len(centers)):
        members = X[labels == k]
        if len(members):
            moved[k] = np.mean(members, axis=0)
    return moved


def kmeans(X, count=10, rounds=30, seed=0):
    centers = X[np.random.default_rng(seed).choice(len(X), count, replace=False)]
    for _ in range(rounds):
        labels, inertia = assign(X, centers)
        moved = move(X, labels, centers)
        shift = np.max(np.absolute(np.subtract(moved, centers)))
        centers = moved
        if shift == 0:
            break
    return labels, centers, inertia


def main(X):
    labels, centers, inertia = kmeans(standardise(X))
    return labels, centers, float(inertia)
