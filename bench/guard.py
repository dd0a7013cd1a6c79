# guard.py -- which cases have failed: slower than NumPy beyond doubt, or slower than a baseline beyond doubt.
# SPDX-License-Identifier: MIT
"""A failure is a failure twice: the case is measured again, alone and for longer, before it is named."""

import report


def _by_key(doc):
    return {row["key"]: row for row in report.measured(doc["cases"])}


def fell(row, before):
    """Whether the ratio fell by more than both intervals allow: they do not even touch."""
    return row["interval"][1] < before["interval"][0]


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


def judge(rows, baseline_doc, again):
    """The complaints that a repeat confirms. `again(keys)` measures those cases anew and returns their rows;
    each replaces the row it repeats, so that the report shows what was judged."""
    baseline = _by_key(baseline_doc) if baseline_doc else {}
    suspects = [row["key"] for row in rows if complaint(row, baseline)]
    repeated = {row["key"]: row for row in again(suspects)} if suspects else {}
    for k, row in enumerate(rows):
        rows[k] = repeated.get(row["key"], row)
    return [text for text in (complaint(repeated[key], baseline) for key in suspects if key in repeated) if text]
