#!/usr/bin/env python3
"""hazards.py -- every row of hazards.txt: was it tried, was it survived, and can its tests fail?

    hazards.py summary BUILD_DIR        after `ctest -L hazards`: row by row, from ctest's own log; fails where one broke,
                                        and where a control is out of date
    hazards.py controls DIR [WORD...]   takes out one defence after another in a copy of the tree under DIR, and fails
                                        where its test passes; with words, only the rows that have one of them

SPDX-License-Identifier: MIT
"""

import os
import re
import shutil
import subprocess
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
SURVIVED, SKIPPED, BROKEN = "survived", "skipped", "BROKEN"


@dataclass
class Control:
    file: str
    edits: list[tuple[str, str]]
    test: str
    case: str  # or ""
    races: bool  # looked for by ThreadSanitizer

    def taken_out_of(self, text: str) -> str:
        """The file's text without the defence."""
        for out, into in self.edits:
            text, count = re.subn(out, into, text, flags=re.M)
            if not count:
                raise SystemExit(f"hazards.txt: there is no {out} in {self.file}")
        return text


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
    for control in (control for hazard in hazards for control in hazard.controls):
        control.taken_out_of((ROOT / control.file).read_text())  # says which are out of date
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

Result = tuple[bool, str]  # whether it passed, and what it said
JOBS = int(os.environ.get("RAPTORS_JOBS", os.cpu_count() or 1))
ALONE = ("test_hazards_load",)  # what measures time: nothing else runs beside it
LOAD_SECONDS = "15"  # in the few that are its default it may miss that teams cost throughput


def run(*command: str | Path, seconds: int = 3600, **environment: str) -> Result:
    try:
        result = subprocess.run(
            list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", timeout=seconds, env=os.environ | environment,
        )
    except subprocess.TimeoutExpired:
        return False, f"hangs, stopped after {seconds} s"
    return result.returncode == 0, result.stdout


class Copy:
    """The tree once more, to be broken, with as few backends as show a difference: ThreadSanitizer does not look at
    accesses of vectors, and kernels share nothing. -O1 builds a backend in a third of the time; that it may contract a
    multiplication and an addition is one of the edits."""

    FOLDERS = ("cmake", "core", "backends", "telemetry", "dispatch", "tests")
    KINDS = {
        "plain": ["-DCMAKE_C_COMPILER=gcc", "-DCMAKE_C_FLAGS_DEBUG=-O1 -fexpensive-optimizations",
                  "-DRAPTORS_ONLY=scalar;avx2;neon"],
        "races": ["-DCMAKE_C_COMPILER=clang", "-DCMAKE_C_FLAGS_DEBUG=-O1 -g", "-DRAPTORS_ONLY=scalar",
                  "-DRAPTORS_SANITIZE=thread"],
    }

    def __init__(self, directory: Path, kind: str) -> None:
        self.tree, self.build = directory / "source", directory / "build"
        self.edited: dict[Path, str] = {}  # as they were
        for folder in self.FOLDERS:
            shutil.copytree(ROOT / folder, self.tree / folder)
        shutil.copy(ROOT / "CMakeLists.txt", self.tree)
        flags = ["-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DRAPTORS_WERROR=OFF", *self.KINDS[kind]]
        if not run("cmake", "-S", self.tree, "-B", self.build, *flags)[0]:
            raise SystemExit(f"{self.build} cannot be configured")

    def edit(self, control: Control) -> None:
        """Takes one defence out, and puts the one before back; what stays as it is is not built again."""
        file = self.tree / control.file
        text = self.edited.get(file) or file.read_text()
        now = {file: control.taken_out_of(text)}
        for path, wanted in (self.edited | now).items():
            if path.read_text() != wanted:
                path.write_text(wanted)
        self.edited = {file: text}

    def make(self, tests: list[str]) -> None:
        """Builds what the tests run; those that are no program of tests/ look at the built library."""
        programs = [f"tests/{test}" for test in tests if test.startswith("test_")]
        built, output = run("ninja", "-C", self.build, "-j", str(JOBS), "lraptors", "unload", *programs)
        if not built:
            raise SystemExit(f"{' '.join(tests)} cannot be built\n{output[-3000:]}")

    def in_place(self, control: Control) -> bool:
        """Whether the test looks at what was built, by its path."""
        source = self.tree / "tests" / f"{control.test}.c"
        if not control.test.startswith("test_"):
            return True
        case = re.search(rf"^static int {control.case or '.*'}\(void\) {{.*?^}}", source.read_text(), re.M | re.S)
        return case is not None and "liblraptors.so" in case[0]


TSAN = {"TSAN_OPTIONS": "ignore_noninstrumented_modules=1 history_size=7"}  # as ctest has it
TRIES = 20  # for a race: whether it is met is a matter of the moment


def holds(program: Path, control: Control) -> Result:
    command = [program, *(["--only", control.case] if control.case else [])]
    tries = (run(*command, **(TSAN if control.races else {})) for _ in range(TRIES if control.races else 1))
    return next((result for result in tries if not result[0]), (True, ""))


class Runner:
    """Tests run beside the next builds, each program from a copy of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.pool, self.count = directory / "aside", ThreadPoolExecutor(JOBS + 1), 0
        self.running: list[Future[Result]] = []

    def start(self, copy: Copy, control: Control) -> "Future[Result]":
        if control.test in ALONE:
            wait(self.running)
        if copy.in_place(control) and not control.case:
            ctest = ("ctest", "--test-dir", copy.build, "-R", f"^{control.test}$", "--output-on-failure", "--no-tests=error")
            future = self.pool.submit(run, *ctest)
        else:
            self.count += 1
            program = self.directory / str(self.count) / control.test
            program.parent.mkdir(parents=True)
            shutil.copy(copy.build / "tests" / control.test, program)
            future = self.pool.submit(holds, program, control)
        if control.test in ALONE or copy.in_place(control):
            wait([future])
        self.running.append(future)
        return future


REASON = re.compile(
    r"^(?:.*/tests/\S+\.c:\d+: .*|.*(?:hangs|killed by|No such|has no|may be unloaded|(?<! 0 )wrong|expected|exported|data race|differs|not every CPU|error:|signal \d+ in).*)$",
    re.M | re.I,
)


def reason_in(output: str) -> str:
    found = REASON.search(output)
    line = found[0] if found else output.strip().split("\n")[-1]
    return re.sub(r"\S*/tests/", "", line.strip())[:110]


def controls(directory: Path, words: list[str]) -> int:
    shutil.rmtree(directory, ignore_errors=True)  # objects of another run's edits look newer than the copy
    chosen = [
        (hazard, control) for hazard in read_hazards() for control in hazard.controls
        if not words or any(word in hazard.name for word in words)
    ]
    runner, seen = Runner(directory), 0
    for kind in Copy.KINDS:
        # Edits of one file follow one another: it is built once between two of them.
        mine = [(hazard, control) for hazard, control in chosen if ("races" if control.races else "plain") == kind]
        mine.sort(key=lambda pair: (pair[1].file, pair[1].edits))
        if not mine:
            continue
        copy = Copy(directory / kind, kind)
        copy.make([control.test for _, control in mine])
        whole = {(control.test, control.case): control for _, control in mine}
        whole = {test: runner.start(copy, control) for test, control in whole.items()}
        waiting: deque[tuple[Hazard, Control, Future[Result]]] = deque()
        for hazard, control in mine:
            copy.edit(control)
            copy.make([control.test])
            waiting.append((hazard, control, runner.start(copy, control)))
            while waiting and waiting[0][2].done():
                seen += report(*waiting.popleft(), whole)
        seen += sum(report(*row, whole) for row in waiting)
    print(f"controls: {len(chosen)} defences taken out, {seen} seen by their tests")
    return int(seen < len(chosen))


def report(hazard: Hazard, control: Control, result: "Future[Result]", before: "dict[tuple[str, str], Future[Result]]") -> bool:
    whole, broken = before[control.test, control.case].result(), result.result()
    seen = whole[0] and not broken[0]
    edits = "; ".join(f"{out} -> {into or 'nothing'}" for out, into in control.edits)
    said = "passes" if broken[0] else reason_in(broken[1])
    if not whole[0]:
        said = f"fails with the defence in place: {reason_in(whole[1])}"
    print(f"{'seen' if seen else 'NOT SEEN':8} {hazard.name}\n    {control.file}: {edits}")
    print(f"    {control.test}{' ' * bool(control.case)}{control.case}: {said}", flush=True)
    return seen


# ---- the command -----------------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    match arguments:
        case ["summary", build]:
            return summary(Path(build))
        case ["controls", directory, *words]:
            os.environ.setdefault("RAPTORS_LOAD_SECONDS", LOAD_SECONDS)
            return controls(Path(directory).absolute(), words)
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
