# report.py -- the report as a document (schema.json), as a table for the terminal, and as Markdown.
# SPDX-License-Identifier: MIT

import json
from datetime import datetime
from pathlib import Path

import cases
import machine
import stats

SCHEMA = "raptors-gap/1"
RED, RESET = "\x1b[31m", "\x1b[0m"
COLUMNS = ["shape", "op", "dtype", "layout", "threads", "NumPy", "raptors", "delta", "ratio", "interval", "limit"]

ERRORS = ["NumPy's error (ulp)", "raptors' error (ulp)"]


def document(rows, numpy, library, settings, complete, created):
    return {
        "schema": SCHEMA,
        "created": created,
        "complete": complete,
        "settings": settings,
        "machine": machine.describe(),
        "versions": machine.versions(numpy, library),
        "environment": machine.environment(),
        "summary": summary(rows),
        "cases": rows,
    }


def measured(rows):
    return [row for row in rows if row["status"] == "measured"]


def is_loss(row):
    return row["status"] == "wrong" or (row["status"] == "measured" and row["ratio"] < 1)


def surely_below(row):
    """The whole interval lies below 1.0."""
    return row["status"] == "measured" and row["interval"][1] < 1


def summary(rows):
    """One entry for each setting of threads. Shares count where the data exceed the first cache: below it the
    price of a Python call is what is measured."""
    first_cache = machine.first_cache()
    entries = []
    for asked in dict.fromkeys(row["threads"]["asked"] for row in measured(rows)):
        mine = [row for row in measured(rows) if row["threads"]["asked"] == asked]
        shares = [row["limit"]["share"] for row in mine if row["limit"] and row["bytes"] > first_cache]
        entries.append(
            {
                "threads": asked,
                "cases": len(mine),
                "losses": sum(is_loss(row) for row in mine),
                "sure_losses": sum(surely_below(row) for row in mine),
                "geometric_mean": stats.geometric_mean([row["ratio"] for row in mine]),
                "median_limit_share": stats.median(shares) if shares else None,
            }
        )
    return entries


def worst_first(rows):
    """Wrong answers, then losses and wins by ratio, then what could not be run."""
    order = {"wrong": 0, "measured": 1, "unavailable": 2}
    return sorted(rows, key=lambda row: (order[row["status"]], row.get("ratio", 0)))


def threads_text(asked):
    return "1 thread" if asked == 1 else f"{asked} threads"


def op_text(row):
    axis = row["axis"]
    return row["op"] + ("" if axis is None else f"[{cases.axis_text(tuple(axis) if isinstance(axis, list) else axis)}]")


def time_text(seconds):
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    for unit, scale in (("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3)):
        if seconds < 1000 * scale:
            return f"{sign}{seconds / scale:.3g} {unit}"
    return f"{sign}{seconds:.3g} s"


def shape_text(row):
    shape = "x".join(map(str, row["shape"]))
    return f"{row['data']} {shape}" if row["suite"] == "real" else shape


def layout_text(row):
    return row["layout"] + (" out" if row["out"] else "")


def cells(row):
    """A row as text, one cell for each of COLUMNS."""
    head = [shape_text(row), op_text(row), row["dtype"], layout_text(row), str(row["threads"]["asked"])]
    if row["status"] != "measured":
        return head + ["", "", "", row["status"].upper(), row["reason"], ""]
    return head + [
        time_text(row["numpy"]["seconds"]),
        time_text(row["raptors"]["seconds"]),
        time_text(row["delta"]),
        f"{row['ratio']:.2f}",
        "[{:.2f}, {:.2f}]".format(*row["interval"]),
        f"{row['limit']['share']:.2f}" if row["limit"] else "",
    ]


def table(rows, colour, most=None):
    """The terminal's table: losses first, and red; at most `most` rows, but every loss."""
    ordered = worst_first(rows)
    shown = [row for k, row in enumerate(ordered) if most is None or k < most or is_loss(row)]
    lines = [COLUMNS] + [cells(row) for row in shown]
    widths = [max(len(line[k]) for line in lines) for k in range(len(COLUMNS))]
    text = []
    for row, line in zip([None] + shown, lines):
        plain = "  ".join(cell.ljust(w) if k < 5 else cell.rjust(w) for k, (cell, w) in enumerate(zip(line, widths)))
        text.append(f"{RED}{plain}{RESET}" if colour and row and is_loss(row) else plain)
    if len(shown) < len(rows):
        text.append(f"... and {len(rows) - len(shown)} cases with greater ratios")
    return "\n".join(text)


def _disturbance(rows):
    """A line on batches that ran while other processes had the CPU, where they are more than a few."""
    sides = [row[side] for row in measured(rows) for side in ("numpy", "raptors")]
    rounds, disturbed = (sum(side[what] for side in sides) for what in ("rounds", "disturbed"))
    if disturbed <= rounds // 50:
        return []
    return [f"{disturbed / rounds:.0%} of the batches lost the CPU to other processes: repeat on a quiet machine"]


def summary_text(doc):
    lines = []
    for entry in doc["summary"]:
        share = entry["median_limit_share"]
        lines.append(
            f"{threads_text(entry['threads'])}: {entry['cases']} cases, {entry['losses']} below 1.0 "
            f"({entry['sure_losses']} with their whole interval), geometric mean {entry['geometric_mean']:.2f}"
            + ("" if share is None else f", median share of the limit {share:.2f}")
        )
    wrong = sum(row["status"] == "wrong" for row in doc["cases"])
    if wrong:
        lines.append(f"{wrong} WRONG ANSWERS")
    lines += _disturbance(doc["cases"])
    if not doc["complete"]:
        lines.append("incomplete: the run was ended before all cases were measured")
    return "\n".join(lines)


def heading(doc):
    m, v = doc["machine"], doc["versions"]
    caches = ", ".join(f"{name} {size // 1024} KiB" for name, size in m["caches"].items())
    return (
        f"raptors {v['raptors']} ({v['backend']}) beside NumPy {v['numpy']}, Python {v['python']}; "
        f"{m['cpu']}, {m['cpus']} CPUs, {caches or 'caches unknown'}; load {m['load_average']}"
    )


def created_text(doc):
    return datetime.fromisoformat(doc["created"]).strftime("%Y-%m-%d %H:%M UTC")


def _error_cell(row, who):
    value = row["error"][who]["max"] if row.get("error") else None
    return "" if value is None else f"{value:.3g}"


def markdown(doc):
    rows = worst_first(doc["cases"])
    head = COLUMNS + ERRORS
    lines = ["# Gap report", "", heading(doc) + ".", "", created_text(doc) + ".", ""]
    lines += [*("- " + line for line in summary_text(doc).splitlines()), ""]
    lines += ["Worst first. A ratio in bold is below 1. How to read it: docs/perf_report.md.", ""]
    lines += ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        line = cells(row) + [_error_cell(row, "numpy"), _error_cell(row, "raptors")]
        if is_loss(row):
            line[8] = f"**{line[8]}**"
        lines.append("| " + " | ".join(line) + " |")
    for text in (backends_table(doc["cases"]), peers_table(doc["cases"])):
        lines += ["", "```", text.rstrip(), "```"] if text else []
    return "\n".join(lines) + "\n"


def _side_by_side(header, lines):
    """Names over columns of figures, a line for each case; the geometric mean of each column below."""
    columns = [[line[k] for line in lines if line[k] is not None] for k in range(1, len(header))]
    means = [stats.geometric_mean([value or 0.005 for value in column]) for column in columns]
    return [header, *lines, ["geometric mean", *means]]


def figures_text(line):
    return ["" if value is None else f"{value:.2f}" for value in line[1:]]


def _grid_text(grid):
    if not grid:
        return ""
    width = max(len(line[0]) for line in grid)
    cells = [grid[0][1:], *map(figures_text, grid[1:])]
    return "".join(line[0].ljust(width) + "".join(cell.rjust(12) for cell in row) + "\n" for line, row in zip(grid, cells))


def backends_table(rows):
    return _grid_text(backends_grid(rows))


def peers_table(rows):
    return _grid_text(peers_grid(rows))


def backends_grid(rows):
    """The best backend's time over each one's."""
    rows = [row for row in measured(rows) if row.get("backends")]
    if not rows:
        return []
    names = list(rows[0]["backends"])
    lines = []
    for row in rows:
        times = [row["backends"][name]["seconds"] for name in names]
        lines.append([row["key"], *(min(times) / seconds for seconds in times)])
    return _side_by_side(["best backend's time over its own", *names], lines)


def peers_grid(rows):
    """Each peer's time over ours: below 1 the peer is faster."""
    rows = [row for row in measured(rows) if row.get("peers")]
    if not rows:
        return []
    names = sorted({name for row in rows for name in row["peers"]})
    lines = []
    for row in rows:
        times = {"numpy": row["numpy"], **row["peers"]}
        lines.append([row["key"], *(times[n]["seconds"] / row["raptors"]["seconds"] if n in times else None for n in ["numpy", *names])])
    return _side_by_side(["its time over raptors' time", "numpy", *names], lines)


def read(path):
    doc = json.loads(Path(path).read_text())
    if doc.get("schema") != SCHEMA:
        raise ValueError(f"{path}: not a report of schema {SCHEMA}")
    return doc


def write(doc, folder, page):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gap.json").write_text(json.dumps(doc, indent=1, allow_nan=False) + "\n")
    (folder / "gap.md").write_text(markdown(doc))
    (folder / "gap.html").write_text(page)
