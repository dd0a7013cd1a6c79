#!/usr/bin/env python3
"""hazards.py -- every row of hazards.txt: was it tried, was it survived, and can its tests fail?

    hazards.py summary BUILD_DIR      after `ctest -L hazards`: row by row, from ctest's own log; fails where one broke

SPDX-License-Identifier: MIT
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

SURVIVED, SKIPPED, BROKEN = "survived", "skipped", "BROKEN"


@dataclass
class Hazard:
    name: str
    proofs: list[tuple[str, list[str]]] = field(default_factory=list)  # a ctest case, cases within it


def read_hazards() -> list[Hazard]:
    hazards: list[Hazard] = []
    for line in Path(__file__).with_name("hazards.txt").read_text().splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "hazard":
            hazards.append(Hazard(rest.strip()))
        elif kind == "proof":
            test, *cases = rest.split()
            hazards[-1].proofs.append((test, cases))
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


def main(arguments: list[str]) -> int:
    match arguments:
        case ["summary", build]:
            return summary(Path(build))
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
