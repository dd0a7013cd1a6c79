# gap.py -- the gap report: Raptors beside NumPy and beside the machine's limit (docs/perf_report.md).
# SPDX-License-Identifier: MIT

import argparse
import re
import signal
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

import cases
import guard
import machine
import page
import report
import runner

OUTPUT = Path(__file__).resolve().parent.parent / "build" / "gap"
QUICK_DEADLINE = 90  # seconds; what is left of two minutes is for set-up, repeats and writing
REPEAT_LONGER = 4


def threads(text):
    values = [part if part == "all" else int(part) for part in text.split(",")]
    if any(value != "all" and not 1 <= value <= 1024 for value in values):
        raise argparse.ArgumentTypeError("a list of numbers from 1 and `all`, such as 1,all")
    return values


def parser():
    p = argparse.ArgumentParser(
        prog="gap",
        description="Times Raptors and NumPy in turn, A B A B, on the same data in this process; beside them plain "
        "loops that move the same bytes. Compares every answer. Writes gap.json, gap.md and gap.html.",
        epilog="Exit: 0; 1 when the guard failed or an answer was wrong; 2 for wrong usage; 130 after Ctrl-C or "
        "SIGTERM (what was measured is written).",
    )
    p.add_argument("--suite", choices=[*cases.SUITES, "all"], default="2d", help="which cases (default: 2d)")
    p.add_argument("--quick", action="store_true", help="a cross-section instead of a suite, within two minutes")
    p.add_argument("--filter", type=re.compile, metavar="REGEX", help="only cases whose key matches, e.g. '/mean.*float32'")
    p.add_argument("--threads", type=threads, default=[1, "all"], metavar="LIST", help="settings to run at (default: 1,all)")
    p.add_argument("--seconds", type=float, metavar="S", help="time for one case (default: 0.25; with --quick 0.12)")
    p.add_argument("--within", type=float, metavar="MINUTES", help="begin no further case after so long")
    p.add_argument("--resume", action="store_true", help="measure only what the output folder's gap.json has not, and add to it")
    p.add_argument("--output", type=Path, default=OUTPUT, metavar="DIR", help="where to write (default: build/gap)")
    p.add_argument("--rows", type=int, default=60, metavar="N", help="rows printed, worst first; every loss is (default: 60)")
    p.add_argument("--list", action="store_true", help="print the keys of the cases, and measure nothing")
    p.add_argument("--backends", action="store_true", help="also each backend that this machine can run, side by side")
    p.add_argument("--peers", action="store_true", help="also numexpr, bottleneck and numkong, where installed")
    p.add_argument("--guard", action="store_true", help="fail when a case is surely slower than NumPy, twice")
    p.add_argument("--baseline", type=Path, metavar="FILE", help="with --guard: also when surely slower than in this gap.json")
    return p


def settings_of(options):
    seconds = options.seconds or (0.12 if options.quick else 0.25)
    deadline = 60 * options.within if options.within else QUICK_DEADLINE if options.quick else None
    return runner.Settings(seconds, options.threads, options.backends, options.peers, deadline)


def recorded(options, settings):
    """The settings as the report states them."""
    return {
        "suite": "quick" if options.quick else options.suite,
        "filter": options.filter.pattern if options.filter else None,
        "seconds": settings.seconds,
        "threads": settings.threads,
        "guard": options.guard,
        "baseline": str(options.baseline) if options.baseline else None,
    }


def resumed(options, said, library):
    """The rows that an earlier part of the same run has measured; an error where it was not the same."""
    path = options.output / "gap.json"
    if not options.resume or not path.exists():
        return []
    doc = report.read(path)
    now = {"settings": said, "versions": machine.versions(np, library), "machine": {"cpu": machine.cpu_name()}}
    for part, values in now.items():
        for name, value in values.items():
            if doc[part].get(name) != value:
                raise SystemExit(f"gap: {path} cannot be resumed: its {name} is {doc[part].get(name)}, not {value}")
    return doc["cases"]


def measure(run, problems, rows, wanted):
    """Adds to the rows what they have not: (complete, interrupted)"""
    there = {row["key"] for row in rows}
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # jobs in the background do not hear Ctrl-C's signal
    try:
        return run.run(problems, rows, lambda case: wanted(case) and case.key not in there), False
    except KeyboardInterrupt:
        return False, True


def repeat(run, problems):
    """What the guard measures a suspect again with."""
    run.settings = replace(run.settings, seconds=run.settings.seconds * REPEAT_LONGER, deadline=None)

    def again(key):
        rows = []
        mine = [p for p in problems if key.startswith(p.key + "/")]
        run.run(mine, rows, lambda case: case.key == key)
        return rows[0]

    return again


def verdict(options, run, problems, rows):
    """Prints what the guard found; its exit code."""
    if not report.measured(rows):
        print("guard: nothing was measured", file=sys.stderr)
        return 1
    baseline = report.read(options.baseline) if options.baseline else None
    complaints, untried = guard.judge(rows, baseline, repeat(run, problems))
    for text in complaints:
        print(f"guard: {text}", file=sys.stderr)
    if untried:
        print(f"guard: {untried} more were suspect and not repeated", file=sys.stderr)
    print(f"guard: {len(complaints)} of {len(rows)} cases failed, each time they were measured")
    return 1 if complaints else 0


def publish(doc, options):
    report.write(doc, options.output, page.page(doc))
    print(report.table(doc["cases"], sys.stdout.isatty(), options.rows))
    print(report.backends_table(doc["cases"]) + report.peers_table(doc["cases"]), end="")
    print("\n" + report.heading(doc))
    print(report.summary_text(doc))
    print(f"written: {options.output}/gap.json gap.md gap.html")


def main(arguments=None, library=None):
    options = parser().parse_args(arguments)
    problems = cases.problems("quick" if options.quick else options.suite)
    wanted = (lambda case: options.filter.search(case.key)) if options.filter else (lambda case: True)
    if options.list:
        print("\n".join(c.key for p in problems for c in cases.cases_of(p, options.threads) if wanted(c)))
        return 0
    if library is None:
        import raptors as library
    settings = settings_of(options)
    said = recorded(options, settings)
    run = runner.Runner(library, settings)
    rows = resumed(options, said, library)
    complete, interrupted = measure(run, problems, rows, wanted)
    code = verdict(options, run, problems, rows) if options.guard and not interrupted else 0
    created = datetime.now(timezone.utc).isoformat(timespec="seconds")
    publish(report.document(rows, np, library, said, complete, created), options)
    if interrupted:
        return 130
    return code or int(any(row["status"] == "wrong" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
