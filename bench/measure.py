# measure.py -- interleaved timing: A B C A B C ..., batches of calibrated length, medians and intervals.
# SPDX-License-Identifier: MIT

import random
import resource
import time

import stats

BATCH_SECONDS = 0.0005  # a batch is at least this long, or one call
LEAST_ROUNDS = 9
MOST_ROUNDS = 101
_WARM_BELOW = 0.005  # seconds: a call longer than this gains nothing from one just before it
_ATTEMPTS = 4  # at a batch during which another process was given the CPU


class Side:
    """Something to time: `seconds(n)` gives the seconds of one of n calls; `enter()` makes it the one in force."""

    def __init__(self, name, seconds, enter=None):
        self.name = name
        self.seconds = seconds
        self.enter = enter
        self.calls = 1
        self.times = []
        self.disturbed = 0

    def calibrate(self):
        """How many calls make a batch. These calls also warm caches, teams, pools and learned gates."""
        self._enter()
        while True:
            once = self.seconds(self.calls)
            if once * self.calls >= BATCH_SECONDS / 4:
                break
            self.calls *= 4
        self.calls = max(1, round(BATCH_SECONDS / once))
        return once * self.calls

    def run(self):
        """One batch. The call before it is not timed: the last side has emptied the caches and put the team to
        sleep, and it is the repeated call that all sides are compared on. A batch that lost the CPU to another
        process has timed that process, and is run anew; if they all do, the last one counts, and is counted."""
        self._enter()
        for _ in range(_ATTEMPTS):
            if not self.times or self.times[-1] < _WARM_BELOW:
                self.seconds(1)
            switches = _switched_out()
            seconds = self.seconds(self.calls)
            if _switched_out() == switches:
                break
        else:
            self.disturbed += 1
        self.times.append(seconds)

    def summary(self):
        return {
            "seconds": stats.median(self.times),
            "spread": stats.spread(self.times),
            "rounds": len(self.times),
            "calls": self.calls,
            "disturbed": self.disturbed,
        }

    def _enter(self):
        if self.enter:
            self.enter()


def _switched_out():
    """How often any thread of this process has had to leave the CPU against its will."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


def timed(timer):
    """A timeit.Timer as `seconds`: its loop has the garbage collector off."""
    return lambda calls: timer.timeit(calls) / calls


def interleave(sides, seconds):
    """Run the sides in turn for about `seconds`. Each round has its own order: no side always follows the same one."""
    order = random.Random()
    begin = time.perf_counter()
    for side in sides:
        side.calibrate()
    begin = max(begin, time.perf_counter() - seconds / 2)
    for turn in range(MOST_ROUNDS):
        for side in order.sample(sides, len(sides)):
            side.run()
        if turn + 1 >= LEAST_ROUNDS and time.perf_counter() - begin >= seconds:
            break


def fastest(candidates, batch=BATCH_SECONDS):
    """Of several limits the one to measure, and its time: three short looks at each, the least median wins."""
    best, least = None, None
    for candidate in candidates:
        candidate.seconds(1)
        repeats = max(1, round(batch / max(candidate.seconds(1), 1e-9)))
        once = stats.median([candidate.seconds(repeats) for _ in range(3)])
        if least is None or once < least:
            best, least = candidate, once
    return best, least
