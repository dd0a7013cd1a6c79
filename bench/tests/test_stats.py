import numpy as np

import measure
import stats


def series(speed, noise, seed, count=41):
    return np.exp(noise * np.random.default_rng(seed).standard_normal(count)) / speed


def test_ratio_is_of_medians():
    assert stats.ratio([2.0, 4.0, 400.0], [1.0, 2.0, 3.0]) == 2.0


def test_interval_covers_the_true_ratio_about_as_often_as_it_says():
    inside = 0
    for seed in range(300):
        low, high = stats.interval(series(1, 0.1, seed), series(1.5, 0.1, 1000 + seed))
        inside += low <= 1.5 <= high
    assert 0.96 <= inside / 300


def test_interval_pairs_what_disturbed_a_round():
    disturbed = np.repeat([1.0, 3.0], 20)
    low, high = stats.interval(2 * disturbed, disturbed)
    assert (low, high) == (2.0, 2.0)


def test_interval_of_sums_counts_what_is_rare():
    rare = np.array([1.0] * 39 + [41.0])
    assert stats.interval(rare, np.ones(40)) == [1.0, 1.0]
    low, high = stats.interval_of_sums(rare, np.ones(40))
    assert low == 1.0 and 3.0 < high < 6.5


def test_same_times_same_interval():
    a, b = series(1, 0.2, 1), series(1, 0.2, 2)
    assert stats.interval(a, b) == stats.interval(a, b)


def test_spread_and_geometric_mean():
    assert stats.spread([1.0, 1.0, 1.0, 9.0]) == 0
    assert stats.spread([9.0, 10.0, 11.0]) == 0.1
    assert np.isclose(stats.geometric_mean([0.5, 2.0, 8.0]), 2.0)
    assert stats.geometric_mean([]) is None


def test_a_disturbed_batch_is_run_anew(monkeypatch):
    switches = iter([0, 1, 1, 1] + list(range(100)))
    monkeypatch.setattr(measure, "_switched_out", lambda: next(switches))
    times = iter([0.0, 9.0, 0.0, 1.0] + [0.0, 5.0] * 4)
    side = measure.Side("a", lambda calls: next(times))
    side.run()
    assert (side.times, side.disturbed) == ([1.0], 0)
    side.run()
    assert (side.times, side.disturbed) == ([1.0, 5.0], 1)


def test_sides_take_turns(monkeypatch):
    monkeypatch.setattr(measure, "_switched_out", lambda: 0)  # a batch that lost the CPU would be run anew
    order = []
    sides = [measure.Side(name, lambda calls, name=name: order.append(name) or 0.01) for name in "ab"]
    measure.interleave(sides, 0)
    assert len(sides[0].times) == len(sides[1].times) == measure.LEAST_ROUNDS
    assert order.count("a") == order.count("b")
