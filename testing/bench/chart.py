# SPDX-License-Identifier: GPL-2.0-or-later

"""The chart of doc/speed.md, made of the bench's figures: rates of an F407 as
bars, the limit of each as a line.
"""

import xml.sax.saxutils

PANELS = (
    # heading, what a case's name starts with, and how it ends
    ("Program 1 MiB, tPP 0.4 ms", "program 1 MiB F407", " tPP 0.4 ms"),
    ("Verify 1 MiB", "verify 1 MiB F407", ""),
    ("Read 1 MiB", "read 1 MiB F407", ""),
    ("Blank check 1 MiB", "blank check 1 MiB F407", ""),
)
PLACES = [("%d MHz" % mhz, probe) for probe in ("V2", "V3") for mhz in (16, 64, 168)]
COLOURS = {"V2": "#8da9c4", "V3": "#13315c"}
LIMIT_COLOUR = "#d1495b"

LABEL_PX, PLOT_PX, VALUE_PX = 90, 250, 60
BAR_PX, GAP_PX, HEAD_PX, FOOT_PX = 14, 6, 54, 34
PANEL_WIDTH = LABEL_PX + PLOT_PX + VALUE_PX
PANEL_HEIGHT = HEAD_PX + len(PLACES) * (BAR_PX + GAP_PX)


def text(x, y, words, size=11, anchor="start", weight="normal", fill="#222"):
    return ('<text x="%g" y="%g" font-size="%d" text-anchor="%s" font-weight="%s" fill="%s">'
            "%s</text>" % (x, y, size, anchor, weight, fill,
                           xml.sax.saxutils.escape(words)))


def bar(y, label, probe, row, scale):
    limit = LABEL_PX + row["floor"] * scale
    width = row["measured"] * scale
    middle = y + BAR_PX - 3
    return [
        text(LABEL_PX - 6, middle, "%s, %s" % (probe, label), anchor="end"),
        '<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>' % (
            LABEL_PX, y, width, BAR_PX, COLOURS[probe]),
        '<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s" stroke-width="2"/>' % (
            limit, y - 2, limit, y + BAR_PX + 2, LIMIT_COLOUR),
        text(max(limit, LABEL_PX + width) + 6, middle, "%.0f" % row["measured"]),
    ]


def panel(figures, heading, start, end):
    found = [(label, probe, figures["%s %s %s%s" % (start, label, probe, end)])
             for label, probe in PLACES]
    scale = PLOT_PX / max(max(row["floor"], row["measured"]) for _, _, row in found)
    parts = [text(LABEL_PX, HEAD_PX - 14, heading + ", KiB/s", 13, weight="bold")]
    for index, (label, probe, row) in enumerate(found):
        parts += bar(HEAD_PX + index * (BAR_PX + GAP_PX), label, probe, row, scale)
    return parts


def chart(figures):
    columns = 2
    height = -(-len(PANELS) // columns) * PANEL_HEIGHT + FOOT_PX
    width = columns * PANEL_WIDTH
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
             'viewBox="0 0 %d %d" font-family="sans-serif">' % (width, height, width, height),
             "<!-- made from build/bench.json by ./bench -->",
             '<rect width="%d" height="%d" fill="white"/>' % (width, height)]
    for index, (heading, start, end) in enumerate(PANELS):
        x, y = index % columns * PANEL_WIDTH, index // columns * PANEL_HEIGHT
        parts += ['<g transform="translate(%d,%d)">' % (x, y),
                  *panel(figures, heading, start, end), "</g>"]
    parts += [text(LABEL_PX, height - 12, "Simulated STM32F407 and W25Q64JV, stock target file; "
                   "red line: what link, chip and loops allow. Not tried on hardware."), "</svg>"]
    return "\n".join(parts) + "\n"
