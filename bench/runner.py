# runner.py -- takes each case through data, answer, limit, timing, and makes its row of the report.
# SPDX-License-Identifier: MIT

import sys
import time
from dataclasses import dataclass

import numpy as np

import answers
import cases
import limits
import machine
import measure
import peers
import sides
import stats

HOPELESS = 4  # times as slow as the fastest, at a first look


@dataclass
class Settings:
    seconds: float  # for one case
    threads: list  # numbers and "all"
    backends: bool = False
    peers: bool = False
    deadline: float = None  # seconds after which no further case begins


class Progress:
    """One line on stderr: what is done, what runs, how long the rest takes at the pace so far."""

    def __init__(self, total, deadline=None, stream=sys.stderr):
        self._total, self._stream = total, stream
        self._begin = self._shown = time.monotonic()
        self._deadline = deadline
        self._line = stream.isatty()

    @property
    def elapsed(self):
        return time.monotonic() - self._begin

    def left(self, done):
        left = self.elapsed / max(done, 1) * (self._total - done)
        return left if self._deadline is None else min(left, max(0.0, self._deadline - self.elapsed))

    def show(self, done, key):
        now = time.monotonic()
        if now - self._shown < (0.2 if self._line else 10):
            return
        self._shown = now
        left = int(self.left(done))
        text = f"{done}/{self._total}  {left // 60}:{left % 60:02d} left  {key}"
        print(f"\r\x1b[K{text[:110]}" if self._line else text, end="" if self._line else "\n", file=self._stream, flush=True)

    def end(self):
        if self._line:
            print("\r\x1b[K", end="", file=self._stream, flush=True)


class Runner:
    def __init__(self, library, settings):
        self.library = library
        self.settings = settings
        self._limits = limits.load()
        self._chosen = {}  # which limit loop was best, by what it moves
        library.set_threads(0)
        self._all = library.get_threads()

    def threads(self):
        """The settings to run at: on a machine of one CPU, "all" would be 1 over again."""
        asked = self.settings.threads
        return [t for t in asked if t != "all" or self._all > 1 or asked == ["all"]]

    def run(self, problems, rows, wanted=lambda case: True):
        """Append a row for each case to `rows`, so that what was measured survives an interrupt.
        False if the deadline came first."""
        plan = [(p, [c for c in cases.cases_of(p, self.threads()) if wanted(c)]) for p in problems]
        progress = Progress(sum(len(made) for _, made in plan), self.settings.deadline)
        done = 0
        try:
            for problem, made in plan:
                for row in self._problem(problem, made):
                    rows.append(row)
                    done += 1
                    progress.show(done, row["key"])
                    if self.settings.deadline and progress.elapsed > self.settings.deadline:
                        return done == progress._total
        finally:
            progress.end()
            self.library.set_threads(0)
        return True

    def _problem(self, problem, made):
        missing = [name for name, lib in (("numpy", np), ("raptors", self.library)) if not sides.available(problem, lib)]
        if missing:
            yield from (self._refused(case, "unavailable", f"not in {missing[0]}") for case in made)
            return
        if not made:
            return
        setting = sides.Setting(problem)
        answer = answers.Answer(setting, sides.exact_value(setting))
        for case in made:
            yield self._case(case, setting, answer)

    def _case(self, case, setting, answer):
        bound = self._all if case.threads == "all" else case.threads
        self.library.set_threads(0 if case.threads == "all" else bound)
        try:
            complaint, error = answer.judge(setting.result(self.library, case.out))
        except (TypeError, ValueError, ArithmeticError, NotImplementedError) as problem:
            complaint = f"{type(problem).__name__}: {problem}"
        if complaint:
            return self._refused(case, "wrong", complaint)
        timed = self._sides(case, setting, bound)
        measure.interleave(list(timed.values()), self.settings.seconds)
        return self._row(case, setting, bound, error, timed)

    def _sides(self, case, setting, bound):
        made = {}
        for name, library in (("numpy", np), ("raptors", self.library)):
            made[name] = measure.Side(name, measure.timed(setting.timer(library, case.out)[0]))
        for limit in self._limits_of(setting, bound):
            made[f"limit {limit.threads}"] = measure.Side(limit, limit.seconds)
        if self.settings.backends:
            made.update(self._backends(case, setting))
        if self.settings.peers:
            for name, timer in peers.timers(case, setting, bound):
                made["peer " + name] = measure.Side(name, measure.timed(timer))
        return made

    def _backends(self, case, setting):
        made = {}
        for name in self.library.backends():
            seconds = measure.timed(setting.timer(self.library, case.out)[0])
            made["backend " + name] = measure.Side(name, self._inside(name, seconds))
        return made

    def _inside(self, backend, seconds):
        """The choice of backend is for the process: it is taken back after each batch."""

        def run(calls):
            self.library.set_backend(backend)
            try:
                return seconds(calls)
            finally:
                self.library.set_backend("auto")

        return run

    def _limits_of(self, setting, bound):
        """The fastest loop of each team size. All of them are timed, as which team is faster changes with the load, but
        a team that is hopeless: what the first cache holds is done before it has come together, and where its members
        are kept waiting for a CPU, measuring would take longer than all else."""
        if setting.problem.op.kind == "script":
            return []
        out = setting.out.base if setting.out else None
        found = limits.candidates(self._limits, setting.inputs, out, bound if setting.bytes > machine.first_cache() else 1)
        what = tuple(x.nbytes for x in setting.inputs), out is not None and out.nbytes
        looks = {}
        for team in sorted({limit.threads for limit in found}):
            if (*what, team) not in self._chosen:
                best, seconds = measure.fastest([limit for limit in found if limit.threads == team])
                self._chosen[*what, team] = best.name, seconds
            looks[team] = self._chosen[*what, team]
        least = min(seconds for _, seconds in looks.values())
        for team, (_, seconds) in list(looks.items()):
            if seconds > HOPELESS * least:
                del looks[team], self._chosen[*what, team]  # the next case looks again
        return [limit for limit in found if looks.get(limit.threads, [None])[0] == limit.name]

    def _row(self, case, setting, bound, error, timed):
        theirs, ours = timed["numpy"], timed["raptors"]
        row = self._head(case, bound, "measured")
        row["bytes"] = setting.bytes
        row["numpy"], row["raptors"] = theirs.summary(), ours.summary()
        row["delta"] = row["raptors"]["seconds"] - row["numpy"]["seconds"]
        row["ratio"] = stats.ratio(theirs.times, ours.times)
        row["interval"] = stats.interval(theirs.times, ours.times)
        row["error"] = error
        row["limit"] = self._limit(ours, [side for name, side in timed.items() if name.startswith("limit ")])
        for group in ("backend", "peer"):
            entries = {
                name.split(" ", 1)[1]: {**side.summary(), "ratio": stats.ratio(theirs.times, side.times)}
                for name, side in timed.items()
                if name.startswith(group + " ")
            }
            if entries:
                row[group + "s"] = entries
        return row

    def _limit(self, ours, measured):
        """The best of the loops that were timed beside the case."""
        if not measured:
            return None
        side = min(measured, key=lambda side: stats.median(side.times))
        share = stats.ratio(side.times, ours.times)
        return {"loop": side.name.name, "threads": side.name.threads, "share": share, **side.summary()}

    def _head(self, case, bound, status):
        p = case.problem
        return {
            "key": case.key,
            "suite": p.suite,
            "op": p.op.name,
            "axis": list(p.axis) if isinstance(p.axis, tuple) else p.axis,
            "dtype": p.dtype,
            "shape": list(p.shape),
            "layout": p.layout,
            "data": p.source or p.data,
            "out": case.out,
            "threads": {"asked": case.threads, "bound": bound},
            "status": status,
        }

    def _refused(self, case, status, reason):
        bound = self._all if case.threads == "all" else case.threads
        return {**self._head(case, bound, status), "reason": reason}
