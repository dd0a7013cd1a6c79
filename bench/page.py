# page.py -- the report as one self-contained HTML page: no network, no other file.
# SPDX-License-Identifier: MIT

from html import escape

import cases
import plots
import report

_LOSSES = 30  # rows of the first table
_TEXTS = 5  # columns before the numbers

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1c1c1c; background: #fff; margin: 2rem auto; max-width: 1240px; padding: 0 1rem }
h1 { margin-bottom: .2rem } h2 { margin-top: 2.2rem; border-bottom: 1px solid #ddd; padding-bottom: .2rem }
.where { color: #555 } .tiles { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.2rem 0 }
.tile { border: 1px solid #ddd; border-radius: 8px; padding: .7rem 1.1rem } .tile b { display: block; font-size: 1.7rem }
.tile.bad b, td.bad, tr.bad td.ratio { color: #c1121f; font-weight: 600 }
figure { margin: 0 0 1rem; overflow-x: auto } figure svg { max-width: 100%; height: auto }
table { border-collapse: collapse; font-size: 13px; width: 100% } th { text-align: left; cursor: pointer; position: sticky; top: 0; background: #fff }
th.n { text-align: right } tfoot td { font-weight: 600; border-top: 2px solid #ddd } td, th { padding: .16rem .5rem; border-bottom: 1px solid #eee; white-space: nowrap } td.n { text-align: right; font-variant-numeric: tabular-nums }
tr.bad { background: #fdf1f0 } input { font: inherit; padding: .3rem .5rem; width: 24rem; margin-bottom: .6rem }
"""

_SCRIPT = """
const body = document.querySelector('#cases tbody'), find = document.querySelector('#find')
find.oninput = () => { const words = find.value.toLowerCase().split(/\\s+/)
  for (const row of body.rows) row.hidden = !words.every(w => row.textContent.toLowerCase().includes(w)) }
document.querySelectorAll('th').forEach(head => { let turn = 1; head.onclick = () => {
  const k = head.cellIndex, rows = head.closest('table').tBodies[0]
  const value = row => { const c = row.cells[k]; return !c ? '' : c.dataset.v === undefined ? c.textContent : +c.dataset.v }
  rows.append(...[...rows.rows].sort((a, b) => (value(a) > value(b) ? 1 : value(a) < value(b) ? -1 : 0) * turn)); turn = -turn } })
"""


def _tile(value, label, bad=False):
    return f'<div class="tile{" bad" * bad}"><b>{escape(str(value))}</b>{escape(label)}</div>'


def _tiles(doc):
    tiles = []
    wrong = sum(row["status"] == "wrong" for row in doc["cases"])
    if wrong:
        tiles.append(_tile(wrong, "wrong answers", True))
    for entry in doc["summary"]:
        where = report.threads_text(entry["threads"])
        tiles.append(_tile(f"{entry['geometric_mean']:.2f}x", f"NumPy's speed, geometric mean, {where}"))
        tiles.append(_tile(f"{entry['losses']} of {entry['cases']}", f"cases below 1.0, {entry['sure_losses']} of them surely, {where}", entry["losses"] > 0))
        if entry["median_limit_share"] is not None:
            tiles.append(_tile(f"{entry['median_limit_share']:.0%}", f"of the machine's limit, median above L1, {where}"))
    return '<div class="tiles">' + "".join(tiles) + "</div>"


def _number(text, value):
    return f'<td class="n" data-v="{value!r}">{escape(text)}</td>'


def _row(row):
    text = report.cells(row)
    out = "".join(f"<td>{escape(cell)}</td>" for cell in text[:_TEXTS])
    if row["status"] != "measured":
        return f'<tr class="bad">{out}<td colspan="8" class="bad">{escape(row["status"])}: {escape(row["reason"])}</td></tr>'
    values = [row["numpy"]["seconds"], row["raptors"]["seconds"], row["delta"]]
    out += "".join(_number(cell, value) for cell, value in zip(text[5:8], values))
    out += _number(text[8], row["ratio"]).replace('class="n"', 'class="n ratio"') + f'<td class="n">{escape(text[9])}</td>'
    out += _number(text[10], row["limit"]["share"]) if row["limit"] else "<td></td>"
    for who in ("numpy", "raptors"):
        value = row["error"][who]["max"]
        out += "<td></td>" if value is None else _number(f"{value:.3g}", value)
    return f'<tr class="{"bad" * report.is_loss(row)}">{out}</tr>'


def _table(rows, name):
    heads = report.COLUMNS + report.ERRORS
    head = "".join(f'<th{" class=n" * (k >= _TEXTS)}>{escape(text)}</th>' for k, text in enumerate(heads))
    return f'<table id="{name}"><thead><tr>{head}</tr></thead><tbody>{"".join(map(_row, rows))}</tbody></table>'


def _figures(title, note, pictures):
    pictures = [picture for picture in pictures if picture]
    if not pictures:
        return ""
    return f"<h2>{title}</h2><p>{note}</p>" + "".join(f"<figure>{picture}</figure>" for picture in pictures)


def _losses(doc):
    losses = [row for row in report.worst_first(doc["cases"]) if report.is_loss(row)]
    if not losses:
        return "<h2>Losses</h2><p>None: no case was slower than NumPy.</p>"
    more = len(losses) - _LOSSES
    rest = f"<p>And {more} more, first among all cases below.</p>" if more > 0 else ""
    return f"<h2>Losses</h2>{_table(losses[:_LOSSES], 'losses')}{rest}"


def _side_by_side(title, note, grid, bad=lambda value: False):
    if not grid:
        return ""
    head = "".join(f'<th{" class=n" * (k > 0)}>{escape(text)}</th>' for k, text in enumerate(grid[0]))
    lines = []
    for line in grid[1:]:
        cells = zip(line[1:], report.figures_text(line))
        figures = (f'<td class="n{" bad" * (value is not None and bad(value))}" data-v="{value or 0!r}">{text}</td>' for value, text in cells)
        lines.append(f"<tr><td>{escape(line[0])}</td>{''.join(figures)}</tr>")
    body = f"<tbody>{''.join(lines[:-1])}</tbody><tfoot>{lines[-1]}</tfoot>"
    return f'<h2>{title}</h2><p>{note}</p><table><thead><tr>{head}</tr></thead>{body}</table>'


def page(doc):
    asked = [entry["threads"] for entry in doc["summary"]]
    unfinished = "" if doc["complete"] else "<p><b>Incomplete:</b> the run was ended before all cases were measured.</p>"
    return "".join(
        [
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Raptors gap report</title><style>{_STYLE}</style>',
            f'<h1>Raptors beside NumPy</h1><p class="where">{escape(report.heading(doc))}. {report.created_text(doc)}.</p>',
            unfinished,
            _tiles(doc),
            _losses(doc),
            _figures(
                "Speed against size",
                "Bytes moved in a second; both scales logarithmic. Dotted verticals: cache sizes. The limit is the best plain "
                "loop that moves the same bytes, measured in turn with the two.",
                [plots.speed(doc, dtype) for dtype in cases.FLOATS],
            ),
            *(
                _figures(
                    f"Ratio by operation, dtype and layout, {report.threads_text(setting)}",
                    "Geometric mean over shapes of NumPy's time over ours. Red: below 1.",
                    [plots.heat(doc, setting)],
                )
                for setting in asked
            ),
            _figures(
                "Error against size",
                "Greatest error of a result against its exact value, in units in the last place. Dotted: 0.5, the "
                "nearest representable number.",
                [plots.error(doc, dtype) for dtype in cases.FLOATS],
            ),
            _side_by_side("Backends", "The best backend's time over each one's.", report.backends_grid(doc["cases"])),
            _side_by_side(
                "Peers", "Each one's time over ours: below 1 it is faster.", report.peers_grid(doc["cases"]), lambda value: value < 1
            ),
            '<h2>All cases</h2><input id="find" placeholder="filter: mean float32 2048">',
            _table(report.worst_first(doc["cases"]), "cases"),
            f"<script>{_SCRIPT}</script></html>\n",
        ]
    )
