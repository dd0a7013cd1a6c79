#!/usr/bin/env python3
"""hazards.py -- every row of hazards.txt: was it tried, was it survived, and can its tests fail?

    hazards.py summary BUILD_DIR        after `ctest -L hazards`: row by row, from ctest's own log; fails where one broke
    hazards.py controls DIR [WORD...]   takes out one defence after another in a copy of the tree under DIR, and fails
                                        where its test passes; with words, only the rows that have one of them

SPDX-License-Identifier: MIT
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

SURVIVED, SKIPPED, BROKEN = "survived", "skipped", "BROKEN"


@dataclass
class Control:
    file: str
    edits: list[tuple[str, str]]
    test: str
    case: str  # or ""
    races: bool  # looked for by ThreadSanitizer


@dataclass
class Hazard:
    name: str
    proofs: list[tuple[str, list[str]]] = field(default_factory=list)  # a ctest case, cases within it
    controls: list[Control] = field(default_factory=list)


def read_hazards() -> list[Hazard]:
    hazards: list[Hazard] = []
    for line in Path(__file__).with_name("hazards.txt").read_text().splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "hazard":
            hazards.append(Hazard(rest.strip()))
        elif kind == "proof":
            test, *cases = rest.split()
            hazards[-1].proofs.append((test, cases))
        elif kind in ("control", "race"):
            change, test = rest.split(" => ")
            name, _, edits = change.partition(" ")
            test, _, case = test.partition(" ")
            hazards[-1].controls.append(Control(name, re.findall("~(.*?)~(.*?)~", edits), test, case, kind == "race"))
        elif kind not in ("", "#"):
            raise SystemExit(f"hazards.txt: {line}")
    return hazards


@dataclass
class Run:
    """One ctest case, as ctest logged it."""

    verdict: str
    cases: dict[str, str] = field(default_factory=dict)


CASE = re.compile(r"^(survived|skipped|BROKEN|\[ +OK \]|\[ +SKIPPED *\]|\[  FAILED  \]) +([^:\n]+)", re.M)
CASE_VERDICTS = {"survived": SURVIVED, "OK": SURVIVED, "skipped": SKIPPED, "SKIPPED": SKIPPED}


def read_log(build: Path) -> dict[str, Run]:
    runs: dict[str, Run] = {}
    logs = build / "Testing/Temporary"
    log = logs / "LastTest.log.tmp"  # its name until ctest has run us
    text = (log if log.exists() else logs / "LastTest.log").read_text(errors="replace")
    for text in re.split(r"^\d+/\d+ Testing: ", text, flags=re.M)[1:]:
        ending = re.search(r"^Test (Passed|Skipped)\.", text, re.M)
        run = Run(BROKEN if not ending else SURVIVED if ending[1] == "Passed" else SKIPPED)
        for said, case in CASE.findall(text):
            verdict = CASE_VERDICTS.get(said.strip("[ ]"), BROKEN)
            run.cases[case.strip()] = verdict if run.cases.get(case.strip()) != BROKEN else BROKEN
        runs[text.split("\n", 1)[0].strip()] = run
    return runs


def verdicts_of(hazard: Hazard, runs: dict[str, Run]) -> list[str]:
    """One for each fault tried: a case that was named and never seen is broken, a test without cases is one fault."""
    found = []
    for test, cases in hazard.proofs:
        run = runs[test]
        if run.verdict == SKIPPED or not (cases or run.cases):
            found.append(run.verdict)
        else:
            found += [run.cases.get(case, BROKEN) for case in cases or run.cases]
            if run.verdict == BROKEN and not cases:
                found.append(BROKEN)
    return found


def row_verdict(verdicts: list[str]) -> str:
    return BROKEN if BROKEN in verdicts else SURVIVED if SURVIVED in verdicts else SKIPPED


def summary(build: Path) -> int:
    hazards, runs = read_hazards(), read_log(build)
    if any(test not in runs for hazard in hazards for test, _ in hazard.proofs):
        return 0  # some other selection of tests
    tried = survived = 0
    rows = []
    for hazard in hazards:
        verdicts = verdicts_of(hazard, runs)
        rows.append(row_verdict(verdicts))
        tried += sum(verdict != SKIPPED for verdict in verdicts)
        survived += verdicts.count(SURVIVED)
        proofs = ", ".join(dict.fromkeys(test for test, _ in hazard.proofs))
        print(f"{rows[-1]:9} {hazard.name}  [{len(verdicts)}: {proofs}]")
    print(f"hazards: {rows.count(SURVIVED)} of {len(rows)} survived; {tried} faults tried, {survived} survived")
    return int(BROKEN in rows)


# ---- controls --------------------------------------------------------------------------------------------


class Copy:
    """The tree once more, to be broken; and, for races, once more with the scalar backend alone: kernels share nothing,
    wide accesses are not looked at, and clang takes minutes to build them with ThreadSanitizer."""

    FOLDERS = ("cmake", "core", "backends", "telemetry", "dispatch", "tests")
    FLAGS = {False: ["-DCMAKE_C_COMPILER=gcc"], True: ["-DCMAKE_C_COMPILER=clang", "-DRAPTORS_SANITIZE=thread"]}
    WIDE = ("sse", "avx2", "avx512", "neon")
    RACES = {"TSAN_OPTIONS": "ignore_noninstrumented_modules=1 history_size=7"}  # as ctest has it

    def __init__(self, directory: Path) -> None:
        self.builds = {False: directory / "build", True: directory / "build-races"}
        self.trees = {False: directory / "source", True: directory / "source-races"}
        shutil.rmtree(directory, ignore_errors=True)  # objects of another run's edits look newer than the copy
        for races, tree in self.trees.items():
            self.make(tree, self.WIDE if races else ())

    def make(self, tree: Path, without: tuple[str, ...]) -> None:
        source = Path(__file__).parents[1]
        for folder in self.FOLDERS:
            shutil.copytree(source / folder, tree / folder, ignore=shutil.ignore_patterns(*without))
        shutil.copy(source / "CMakeLists.txt", tree)

    @staticmethod
    def run(*command: str | Path, seconds: int = 1800, **environment: str) -> tuple[bool, str]:
        try:
            result = subprocess.run(
                list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                errors="replace", timeout=seconds, env=os.environ | environment,
            )
        except subprocess.TimeoutExpired:
            return False, f"hangs, stopped after {seconds} s"
        return result.returncode == 0, result.stdout

    def holds(self, test: str, case: str, races: bool) -> tuple[bool, str]:
        build = self.builds[races]
        program, target = build / "tests" / test, f"tests/{test}"
        jobs = os.environ.get("RAPTORS_JOBS", str(os.cpu_count()))
        if not (build / "build.ninja").exists():
            flags = ["-G", "Ninja", "-DRAPTORS_WERROR=OFF", *self.FLAGS[races]]
            self.run("cmake", "-S", self.trees[races], "-B", build, *flags)
        known = f"{target}:" in self.run("ninja", "-C", build, "-t", "targets", "all")[1]
        built, output = self.run("ninja", "-C", build, "-j", jobs, "lraptors", *[target] * known)
        if not built:
            raise SystemExit(f"{test} does not build\n{output[-3000:]}")
        if races:  # whether one is met is a matter of the moment
            tries = (self.run(program, "--only", case, **self.RACES) for _ in range(6))
            return next((result for result in tries if not result[0]), (True, ""))
        if case:
            return self.run(program, "--only", case)
        return self.run("ctest", "--test-dir", build, "-R", f"^{test}$", "--output-on-failure", "--no-tests=error")

    def without(self, control: Control) -> tuple[bool, str]:
        """The test's verdict with the defence taken out."""
        file = self.trees[control.races] / control.file
        whole = file.read_text()
        text = whole
        for out, into in control.edits:
            text, count = re.subn(out, into, text, flags=re.M)
            if not count:
                raise SystemExit(f"hazards.txt: there is no {out} in {control.file}")
        file.write_text(text)
        try:
            return self.holds(control.test, control.case, control.races)
        finally:
            file.write_text(whole)


REASON = re.compile(
    r"^(?:.*/tests/\S+\.c:\d+: .*|.*(?:hangs|killed by|No such|has no|may be unloaded|wrong|expected|exported|data race|differs|not every CPU|error:|signal \d+ in).*)$",
    re.M | re.I,
)


def reason_in(output: str) -> str:
    found = REASON.search(output)
    line = found[0] if found else output.strip().split("\n")[-1]
    return re.sub(r"\S*/tests/", "", line.strip())[:110]


def controls(directory: Path, words: list[str]) -> int:
    copy, passed = Copy(directory), set()
    tried = seen = 0
    for hazard in read_hazards():
        for control in hazard.controls if not words or any(word in hazard.name for word in words) else []:
            test = (control.test, control.case, control.races)
            whole, output = (True, "") if test in passed else copy.holds(*test)
            if not whole:
                raise SystemExit(f"{' '.join(test[:2])} fails with the defence in place\n{output[-3000:]}")
            passed.add(test)
            survived, output = copy.without(control)
            tried, seen = tried + 1, seen + (not survived)
            edits = "; ".join(f"{out} -> {into or 'nothing'}" for out, into in control.edits)
            print(f"{'NOT SEEN' if survived else 'seen':8} {hazard.name}\n    {control.file}: {edits}")
            print(f"    {' '.join(test[:2])}: {'passes' if survived else reason_in(output)}", flush=True)
    print(f"controls: {tried} defences taken out, {seen} seen by their tests")
    return int(seen < tried)


# ---- the command -----------------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    match arguments:
        case ["summary", build]:
            return summary(Path(build))
        case ["controls", directory, *words]:
            return controls(Path(directory).absolute(), words)
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
