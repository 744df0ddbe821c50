#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later

"""Draws the pictures of doc/wiring.md: each doc/wiring/NAME.txt becomes NAME.svg.

usage: scripts/draw_wiring.py [FILE.txt...]

A text has lines "key: words", the keys being title, boxes and note, and rows:

    boxes: STM32 | W25Q64
    PA4 | up 10k  | 1 CS#
    PA5 | 33      | 6 CLK
        | 3V3, cap | 8 VCC
    GND |         | 4 GND

A row has a pin of the first box, what is in the wire, a pin of the next box, and so
on; an empty pin is not drawn. In the wire, separated by commas:

    (nothing)   a wire, if there is a pin at both ends
    none        no wire
    33, 33 end  a resistor of 33 ohms at the left or at the right end
    up 10k      a pull-up of 10 kilo-ohms to 3V3 at the right end
    up 10k 1V8 start   one to 1V8, at the left end
    > or <      the direction that a level shifter gives the line
    3V3 or GND  the pin to the right goes there
    cap         100 nF to the wire of the next row
"""

import pathlib
import sys
import xml.sax.saxutils

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "doc/wiring"

BOX_PX, LINK_PX, ROW_PX = 140, 170, 34
MARGIN_PX, TITLE_PX, HEAD_PX, NOTE_PX = 16, 30, 58, 20
STUB_PX, NEAR_PX = 54, 44

STYLE = """<style>
.page{fill:#fff}.box{fill:#eef2f7;stroke:#57606a}.part{fill:#fff}
.line,.part{stroke:#24292f;stroke-width:1.5}.line{fill:none}.dot{fill:#24292f}
text{fill:#24292f;font:13px sans-serif}.title{font-weight:bold}
@media (prefers-color-scheme:dark){
.page,.part{fill:#0d1117}.box{fill:#1c2430;stroke:#8b949e}
.line,.part{stroke:#c9d1d9}.dot,text{fill:#c9d1d9}}
</style>"""


def text(x, y, words, anchor="middle", css=None):
    return '<text x="%g" y="%g" text-anchor="%s"%s>%s</text>' % (
        x, y, anchor, ' class="%s"' % css if css else "", xml.sax.saxutils.escape(words))


def path(*points):
    return '<path class="line" d="M%s"/>' % "L".join("%g %g" % point for point in points)


def dot(x, y):
    return '<circle class="dot" cx="%g" cy="%g" r="3"/>' % (x, y)


def resistor(x, y, label):
    """Lying, its middle at x, y."""
    return ['<rect class="part" x="%g" y="%g" width="26" height="10"/>' % (x - 13, y - 5),
            text(x, y - 9, label)]


def pull_up(x, y, label, supply="3V3"):
    """Standing on the wire at x, y."""
    return [dot(x, y), path((x, y), (x, y - 36)),
            '<rect class="part" x="%g" y="%g" width="10" height="20"/>' % (x - 5, y - 30),
            text(x + 9, y - 16, label, "start"), text(x, y - 40, supply)]


def capacitor(x, y):
    """Between the wire at x, y and that of the next row."""
    middle = y + ROW_PX / 2
    return [dot(x, y), dot(x, y + ROW_PX),
            path((x, y), (x, middle - 3)), path((x, middle + 3), (x, y + ROW_PX)),
            path((x - 9, middle - 3), (x + 9, middle - 3)),
            path((x - 9, middle + 3), (x + 9, middle + 3)),
            text(x - 14, middle + 5, "100 nF", "end")]


def arrow(x, y, way):
    return ['<path class="dot" d="M%g %gl%g -6v12z"/>' % (x + 6 * way, y, -12 * way)]


def stub(supply, right, y):
    """A pin to the right that goes to a supply or to ground."""
    x = right - STUB_PX
    return [path((x, y), (right, y)), dot(x, y), text(x - 8, y + 5, supply, "end")]


def link(what, left, right, y, joined):
    """What is between two boxes in one row. joined: there is a pin at both ends."""
    parts = [path((left, y), (right, y))] if joined and what != "none" else []
    for words in [item.split() for item in what.split(",") if item.strip() not in ("", "none")]:
        start = left + NEAR_PX if "start" in words else None
        if words[0] in ("3V3", "GND"):
            parts += stub(words[0], right, y)
        elif words[0] == "cap":
            parts += capacitor(right - STUB_PX / 3, y)
        elif words[0] in ("<", ">"):
            parts += arrow((left + right) / 2, y, 1 if words[0] == ">" else -1)
        elif words[0] == "up":
            parts += pull_up(start or right - NEAR_PX, y,
                             *[word for word in words[1:] if word != "start"])
        elif words[0].isdigit():
            parts += resistor(right - NEAR_PX if "end" in words else left + NEAR_PX, y, words[0])
        else:
            raise ValueError("'%s' is none of 33, up, <, >, 3V3, GND, cap, none" % words[0])
    return parts


def read(source):
    """{title, boxes, rows, notes} of a text."""
    found = {"title": "", "boxes": [], "rows": [], "notes": []}
    for line in source.splitlines():
        key, _, words = line.partition(":")
        if not line.strip() or line.startswith("#"):
            continue
        if key == "title":
            found["title"] = words.strip()
        elif key == "note":
            found["notes"].append(words.strip())
        elif key == "boxes":
            found["boxes"] = [name.strip() for name in words.split("|")]
        else:
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) != 2 * len(found["boxes"]) - 1:
                raise ValueError("'%s' has not the cells of %d boxes" % (line, len(found["boxes"])))
            found["rows"].append(cells)
    return found


def pin_name(x, y, box, boxes, name):
    """Inside of the box, towards its wires; a box with wires at both sides: middle."""
    if box == 0:
        return text(x + BOX_PX - 8, y + 5, name, "end")
    if box == len(boxes) - 1:
        return text(x + 8, y + 5, name, "start")
    return text(x + BOX_PX / 2, y + 5, name)


def draw(source, name):
    picture = read(source)
    boxes, rows = picture["boxes"], picture["rows"]
    width = 2 * MARGIN_PX + len(boxes) * BOX_PX + (len(boxes) - 1) * LINK_PX
    bottom = TITLE_PX + HEAD_PX + len(rows) * ROW_PX
    height = bottom + MARGIN_PX + len(picture["notes"]) * NOTE_PX
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" '
             'role="img">' % (width, height, width, height),
             "<!-- made from %s by scripts/draw_wiring.py -->" % name,
             "<title>%s</title>" % xml.sax.saxutils.escape(picture["title"]), STYLE,
             '<rect class="page" width="%d" height="%d"/>' % (width, height),
             text(MARGIN_PX, 22, picture["title"], "start", "title")]
    places = [MARGIN_PX + box * (BOX_PX + LINK_PX) for box in range(len(boxes))]
    for x, box in zip(places, boxes):
        parts += ['<rect class="box" x="%d" y="%d" width="%d" height="%d" rx="4"/>' % (
            x, TITLE_PX + 8, BOX_PX, bottom - TITLE_PX - 8),
            text(x + BOX_PX / 2, TITLE_PX + 28, box, css="title")]
    for index, row in enumerate(rows):
        y = TITLE_PX + HEAD_PX + (index + 0.5) * ROW_PX
        for box, x in enumerate(places):
            if row[2 * box]:
                parts.append(pin_name(x, y, box, boxes, row[2 * box]))
            if box:
                parts += link(row[2 * box - 1], x - LINK_PX, x, y, row[2 * box - 2] and row[2 * box])
    parts += [text(MARGIN_PX, bottom + (index + 1) * NOTE_PX, note, "start")
              for index, note in enumerate(picture["notes"])]
    return "\n".join(parts + ["</svg>"]) + "\n"


def main(names):
    if any(name.startswith("-") for name in names):
        print(__doc__)
        return
    for path_ in [pathlib.Path(name) for name in names] or sorted(FOLDER.glob("*.txt")):
        path_.with_suffix(".svg").write_text(draw(path_.read_text(), path_.name))


if __name__ == "__main__":
    main(sys.argv[1:])
