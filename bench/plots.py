# plots.py -- the report's pictures as inline SVG: speed against size, the heat map, error against size.
# SPDX-License-Identifier: MIT

import io

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm  # noqa: E402
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: E402

import report  # noqa: E402
import stats  # noqa: E402

plt.rcParams.update({"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9, "axes.grid": True,
                     "grid.alpha": 0.25, "axes.spines.top": False, "axes.spines.right": False,
                     "svg.hashsalt": "raptors"})  # fmt: skip

NUMPY, OURS, LIMIT = "#e07a1f", "#0b6cb3", "#333333"
_SPEED_OPS = [("sum", None), ("mean", 0), ("mean", 1), ("var", None),
              ("min", None), ("argmax", None), ("scale", None), ("add", None)]  # fmt: skip
_ERROR_OPS = [("sum", None), ("mean", None), ("mean", 0), ("mean", 1), ("var", None), ("std", 0)]


def _svg(figure):
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    return text.getvalue()[text.getvalue().index("<svg") :]


def _select(rows, op, axis, dtype):
    """Plain C-order rows of an op, smallest first; of maps those with `out`, whose limit is the fair one."""
    found = [r for r in report.measured(rows) if (r["op"], r["axis"], r["dtype"], r["layout"]) == (op, axis, dtype, "C")]
    found = [r for r in found if r["out"] or op not in ("scale", "add")]
    return sorted((r for r in found if min(r["shape"]) > 3), key=lambda r: r["bytes"])


def _series(rows, asked, side):
    """(bytes, GB/s) at one setting of threads; the median of shapes whose sizes differ by less than a fifth: a line
    through each of them would have steps that no size explains."""
    by_size = {}
    for row in rows:
        if row["threads"]["asked"] == asked and row[side]:
            point = row["bytes"], row["bytes"] / row[side]["seconds"] / 1e9
            by_size.setdefault(round(4 * np.log2(row["bytes"])), []).append(point)
    return [tuple(map(stats.median, zip(*points))) for _, points in sorted(by_size.items())]


def _draw(axes, points, **style):
    if points:
        axes.plot(*zip(*points), **{"marker": ".", "markersize": 4, "linewidth": 1.4, **style})


def _mark_caches(axes, caches):
    low, high = axes.get_xlim()
    for name, size in caches.items():
        if low < size < high:
            axes.axvline(size, color="#b8860b", linewidth=0.8, linestyle=":")
            axes.text(size, 0.02, f" {name}", transform=axes.get_xaxis_transform(), fontsize=8, color="#b8860b")


def _bytes_text(size, _):
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{size:.3g} B"


def _scale_axes(axes):
    """Few ticks, and in words: the default ones of a short logarithmic axis run into each other."""
    axes.set(xscale="log", yscale="log")
    low, high = axes.get_xlim()
    axes.xaxis.set_major_locator(LogLocator(10, (1, 2, 5) if high < 50 * low else (1,), numticks=12))
    axes.xaxis.set_major_formatter(FuncFormatter(_bytes_text))
    axes.yaxis.set_major_locator(LogLocator(10, (1, 2, 5), numticks=9))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter(NullFormatter())


def speed(doc, dtype):
    """GB/s against bytes moved, one small picture for each op; None where nothing has two sizes."""
    picked = [(op, axis, _select(doc["cases"], op, axis, dtype)) for op, axis in _SPEED_OPS]
    picked = [entry for entry in picked if len({row["bytes"] for row in entry[2]}) > 1]
    if not picked:
        return None
    lines = -(-len(picked) // 4)
    columns = -(-len(picked) // lines)
    figure, grid = plt.subplots(lines, columns, figsize=(3.6 * columns, 2.9 * lines), squeeze=False, sharey=True)
    for axes in grid.flat[len(picked) :]:
        axes.remove()
    for axes, (op, axis, rows) in zip(grid.flat, picked):
        settings = list(dict.fromkeys(row["threads"]["asked"] for row in rows))
        _draw(axes, _series(rows, settings[0], "numpy"), color=NUMPY, label="NumPy")
        for asked, line in zip(settings, ("-", "--", ":", "-.")):
            _draw(axes, _series(rows, asked, "raptors"), color=OURS, linestyle=line, label=f"raptors, {report.threads_text(asked)}")
            _draw(axes, _series(rows, asked, "limit"), color=LIMIT, linestyle=line, alpha=0.6, linewidth=0.9, marker="", label=f"limit, {report.threads_text(asked)}")
        _scale_axes(axes)
        axes.set_title(report.op_text({"op": op, "axis": axis}) + " " + dtype)
        _mark_caches(axes, doc["machine"]["caches"])
    for axes in grid[:, 0]:
        axes.set_ylabel("GB/s")
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=len(labels), frameon=False, bbox_to_anchor=(0.5, -0.04))
    figure.tight_layout()
    return _svg(figure)


_COLOURS = LinearSegmentedColormap.from_list("gap", [(0, "#c1121f"), (0.4999, "#fbd5d0"), (0.5, "#f4f7f4"), (1, "#1a7f4b")])


def heat(doc, asked):
    """Geometric mean of the ratio by op (lines) and dtype x layout (columns): red below 1."""
    groups = {}
    for row in report.measured(doc["cases"]):
        if row["threads"]["asked"] == asked and row["op"] != "standardise":
            where = report.op_text(row), (row["dtype"], report.layout_text(row))
            groups.setdefault(where, []).append(row["ratio"])
    if not groups:
        return None
    ops = list(dict.fromkeys(op for op, _ in groups))
    columns = sorted({column for _, column in groups})
    logs = np.full((len(ops), len(columns)), np.nan)
    for (op, column), ratios in groups.items():
        logs[ops.index(op), columns.index(column)] = np.log2(stats.geometric_mean(ratios))
    figure, axes = plt.subplots(figsize=(1.8 + 0.47 * len(columns), 1.4 + 0.24 * len(ops)))
    norm = TwoSlopeNorm(0, -2, 4)
    axes.pcolormesh(np.clip(logs, -2, 4), cmap=_COLOURS, norm=norm, edgecolor="white", linewidth=0.5)
    axes.invert_yaxis()
    for y, x in zip(*np.nonzero(~np.isnan(logs))):
        value = 2 ** logs[y, x]
        weight = "bold" if value < 1 else "normal"
        text = f"{min(value, 0.99):.2g}" if value < 1 else f"{value:.2g}" if value < 10 else f"{value:.0f}"
        axes.text(x + 0.5, y + 0.5, text, ha="center", va="center", fontsize=7, weight=weight,
                  color="white" if abs(logs[y, x] - 0.5) > 2.6 else "black")  # fmt: skip
    axes.set_xticks(np.arange(len(columns)) + 0.5, [f"{dtype} {layout}" for dtype, layout in columns], rotation=60, ha="right", rotation_mode="anchor")
    axes.set_yticks(np.arange(len(ops)) + 0.5, ops)
    axes.grid(False)
    axes.tick_params(length=0)
    return _svg(figure)


def error(doc, dtype):
    """Greatest error in ulp against the number of elements that enter one result."""
    picked = []
    for op, axis in _ERROR_OPS:
        points = {}
        for row in report.measured(doc["cases"]):
            if (row["op"], row["axis"], row["dtype"]) != (op, axis, dtype) or not row["error"]:
                continue
            count = int(np.prod(row["shape"])) if axis is None else row["shape"][axis]
            for who in ("numpy", "raptors"):
                if row["error"][who]["max"] is not None:
                    points.setdefault(who, set()).add((count, row["error"][who]["max"]))
        if len({count for count, _ in points.get("raptors", ())}) > 1:
            picked.append((op, axis, points))
    if not picked:
        return None
    figure, grid = plt.subplots(1, len(picked), figsize=(3.1 * len(picked), 2.9), squeeze=False, sharey=True)
    for axes, (op, axis, points) in zip(grid.flat, picked):
        for who, colour, mark in (("numpy", NUMPY, "x"), ("raptors", OURS, "o")):
            axes.scatter(*zip(*sorted(points[who])), s=14, color=colour, marker=mark, label={"numpy": "NumPy"}.get(who, who))
        axes.axhline(0.5, color="#b8860b", linewidth=0.8, linestyle=":")
        axes.set(xscale="log", title=report.op_text({"op": op, "axis": axis}) + " " + dtype, xlabel="elements in a result")
        axes.xaxis.set_minor_formatter(NullFormatter())  # less than a decade would be written over itself
        axes.set_yscale("symlog", linthresh=1)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    worst = max(value for *_, points in picked for found in points.values() for _, value in found)
    grid.flat[0].set_ylim(-0.05, 1.5 * max(worst, 1))
    grid.flat[0].set_ylabel("greatest error, ulp")
    grid.flat[0].legend(frameon=False, loc="upper left")
    figure.tight_layout()
    return _svg(figure)
