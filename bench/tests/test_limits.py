# The loops move what they say, on every number of streams and threads.
import ctypes

import numpy as np
import pytest

import cases
import limits
import runner
import sides
from standin import StandIn


@pytest.fixture(scope="module")
def library():
    return limits.load()


@pytest.mark.parametrize("inputs", [1, 2])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("count", [1, 16, 1001, 100003])
def test_each_loop_writes_all_of_its_output(library, inputs, threads, count):
    a = [np.arange(1, count + 1, dtype=np.float32).view(np.uint32) * (k + 1) for k in range(inputs)]
    want = a[0] if inputs == 1 else a[0] ^ a[1]
    out = np.zeros(count, np.uint32)
    for candidate in limits.candidates(library, a, out, threads):
        candidate.out[:] = 0
        assert candidate.seconds(1) > 0
        written = candidate.out.view(np.uint32)
        assert np.all(written[written != want] == a[0][written != want])  # the tail is copied bytewise
        assert np.all(written != 0)


def test_what_is_written_past_the_cache_is_not_the_sides_output(library):
    """It would be out of the cache for the next of them, and its turn would time that."""
    x, out = np.zeros(1000), np.ones(1000)
    for candidate in limits.candidates(library, [x], out, 1):
        out[:] = 1
        candidate.seconds(1)
        assert np.all(out == ("past the cache" in candidate.name))


def test_a_wide_input_is_several_streams():
    wide, out = np.zeros(200), np.zeros(100)
    row = np.zeros(10)
    assert len(limits.streams([wide, row], out)) == 2
    assert len(limits.streams([wide, wide], out)) == 4


def test_reading_takes_longer_for_more(library):
    small, great = np.zeros(1 << 14), np.zeros(1 << 20)
    times = [min(limits.candidates(library, [x], None, 1)[0].seconds(20) for _ in range(5)) for x in (small, great)]
    assert times[1] > 8 * times[0]
    assert ctypes.sizeof(limits.Loop) == 64


def test_which_limits_are_timed(monkeypatch):
    """A team as long as it is not hopeless; that is looked at anew, and what was chosen is not."""
    looks = {1: 1e-3, 2: 0.6e-3}
    asked = []

    def fastest(candidates):
        asked.append(candidates[0].threads)
        return candidates[0], looks[candidates[0].threads]

    monkeypatch.setattr(runner.measure, "fastest", fastest)
    run = runner.Runner(StandIn(), runner.Settings(0.01, [1]))

    def teams(shape):
        problem = next(p for p in cases.problems("shapes") if p.key.startswith(f"shapes/sum/float64/{shape}/"))
        return [limit.threads for limit in run._limits_of(sides.Setting(problem), 2)]

    assert teams("1009x1013") == [1, 2] == teams("1009x1013") == asked
    assert teams("16") == [1]
    run._chosen.clear(), asked.clear()
    looks[2] = 5e-3
    assert [teams("1009x1013"), teams("1009x1013")] == [[1], [1]] and asked == [1, 2, 2]
    looks[2] = 0.6e-3
    assert teams("1009x1013") == [1, 2]
