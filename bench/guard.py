# guard.py -- which cases have failed: slower than NumPy beyond doubt, or slower than a baseline beyond doubt.
# SPDX-License-Identifier: MIT
"""A failure is a failure each time: the case is measured again, alone and for longer, on arrays of its own, and once
more while it fails, before it is named. Where arrays lie in memory moves a ratio near 1 by more than the rounds on one set
of them can show: one 99 % interval in twelve did not hold the median of twelve sets."""

import report

REPEATS = 3
ENOUGH = 12  # confirmed failures: more would take time and change no verdict

def _by_key(doc):
    return {row["key"]: row for row in report.measured(doc["cases"])}


def fell(row, before):
    """Whether the ratio fell by more than both intervals allow, so that they do not even touch, and not only because
    NumPy was lucky: beside the limit that was measured in the same rounds, we fell by more than that too."""
    most, least = row["interval"][1], before["interval"][0]
    if not (row.get("limit") and before.get("limit")):
        return most < least
    share, share_before = row["limit"]["share"], before["limit"]["share"]
    return most < least and share * most / row["ratio"] < share_before * least / before["ratio"]


def complaint(row, baseline):
    """Why a row fails, or None."""
    if row["status"] == "wrong":
        return f"{row['key']}: wrong answer: {row['reason']}"
    if row["status"] != "measured":
        return None
    now = "{:.3f} [{:.3f}, {:.3f}]".format(row["ratio"], *row["interval"])
    if report.surely_below(row):
        return f"{row['key']}: slower than NumPy: ratio {now}"
    before = baseline.get(row["key"])
    if before and fell(row, before):
        then = "{:.3f} [{:.3f}, {:.3f}]".format(before["ratio"], *before["interval"])
        return f"{row['key']}: slower than the baseline: ratio {now}, was {then}"
    return None


def _confirmed(rows, k, baseline, again):
    """The complaint about row k that all repeats confirm, or None. Each repeat replaces the row."""
    for _ in range(REPEATS):
        rows[k] = again(rows[k]["key"])
        text = complaint(rows[k], baseline)
        if not text:
            return None
    return text


def judge(rows, baseline_doc, again):
    """The complaints that the repeats confirm, and the number of suspects left unrepeated because ENOUGH were.
    `again(key)` measures a case anew and returns its row, which replaces the one it repeats: the report shows what
    was judged."""
    baseline = _by_key(baseline_doc) if baseline_doc else {}
    suspects = [k for k, row in enumerate(rows) if complaint(row, baseline)]
    confirmed = []
    for position, k in enumerate(sorted(suspects, key=lambda k: rows[k].get("ratio", 0))):
        if len(confirmed) == ENOUGH:
            return confirmed, len(suspects) - position
        text = _confirmed(rows, k, baseline, again)
        confirmed += [text] if text else []
    return confirmed, 0
