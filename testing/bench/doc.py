# SPDX-License-Identifier: GPL-2.0-or-later

"""Brings doc/speed.md up to date: its tables, between marks, and its chart.

usage: doc.py bench.json folder-of-speed.md
"""

import pathlib
import re
import sys

import chart
import decoder
import incremental
import loops
import memory
import rates
import rows
import wiring
from rates import Case


def line(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(heading, body):
    return "\n".join([line(heading), line(["---"] * len(heading))] + [line(row) for row in body])


def rounded(value):
    return "%.0f" % value


# ---- the tables, by the name in their marks -----------------------------------

def loop_table(figures):
    names = ["program 1 line, %s" % kind for kind in loops.KINDS] + list(loops.READS) + \
        ["around a page", "a further poll"]
    body = []
    for name in names:
        found = [figures["%s, %s" % (name, core)] for core in wiring.CORES]
        body.append([name, rows.text(found[0]["wanted"]), rows.text(found[0]["floor"])] +
                    [rounded(row["measured"]) for row in found])
    return table(["cycles", "wanted, M0", "floor, M0", *wiring.CORES], body)


def decoder_table(figures):
    body = [[name] + ["%.1f" % figures["unpack %s, %s" % (name, core)]["measured"]
                      for core in decoder.CORES] for name in decoder.BLOCKS]
    return table(["cycles a byte unpacked", *decoder.CORES], body)


def less_table(figures):
    rows_of = [figures[incremental.title(row)] for row in incremental.ROWS]
    return table(["%d MHz, %s probe" % (incremental.MHZ, incremental.PROBE), "ms", "wanted",
                  "limit"],
                 [[row.name, *(rounded(found[key]) for key in ("measured", "wanted", "floor"))]
                  for row, found in zip(incremental.ROWS, rows_of)])


def rate_cell(figures, case):
    row = figures.get(case.name)
    if not row:
        return ""
    return "%.0f (%.2f)" % (row["measured"], figures[case.name + ", of its limit"]["measured"])


def rate_table(figures):
    places = [(probe, mhz) for probe in ("V2", "V3") for mhz in (16, 64, 168)]
    kinds = [(operation, t_pp_us, count) for count in (rates.MIB, 8 * rates.MIB)
             for operation in rates.OPERATIONS
             for t_pp_us in ((400, 700) if "program" in operation else (400,))]
    body = []
    for operation, t_pp_us, count in kinds:
        cells = [rate_cell(figures, Case(operation, probe, mhz, t_pp_us, count))
                 for probe, mhz in places]
        if any(cells):
            ms = ", %.1f ms" % (t_pp_us / 1000) if "program" in operation else ""
            body.append(["%s %d MiB%s" % (operation, count // rates.MIB, ms)] + cells)
    return table(["KiB/s (of the limit)"] + ["%s, %d MHz" % place for place in places], body)


def stock_table(figures):
    body = [[target, "%d MHz" % mhz, operation] +
            [rate_cell(figures, Case(operation, probe, mhz, target=target, count=256 * 1024))
             for probe in ("V2", "V3")]
            for target, mhz in (("F030", 48), ("G071", 64))
            for operation in ("program", "verify", "read")]
    return table(["target", "core", "256 KiB", "V2", "V3"], body)


def area_table(figures):
    columns = [(operation, probe) for operation in ("program", "read") for probe in ("V2", "V3")]
    body = []
    for kib in memory.AREAS_KIB:
        names = [memory.area_case(*column, kib).name for column in columns]
        share = ", of the rate with %d KiB" % memory.AREAS_KIB[-1]
        body.append(["%d KiB" % kib] + ["%.0f (%.2f)" % (
            figures[name]["measured"], figures[name + share]["measured"]) for name in names])
    return table(["work area"] + ["%s, %s" % column for column in columns], body)


def other_table(figures):
    units = ("bytes", "requests", "ms")
    elsewhere = [incremental.title(row) for row in incremental.ROWS]
    return table(["", "measured", "wanted", ""],
                 [[row["name"], rows.text(row["measured"]), rows.text(row["wanted"]), row["unit"]]
                  for row in figures.values()
                  if row["unit"] in units and row["name"] not in elsewhere])


TABLES = {
    "loops": loop_table,
    "decoder": decoder_table,
    "less": less_table,
    "rates": rate_table,
    "stock": stock_table,
    "areas": area_table,
    "others": other_table,
}


def refresh(text, figures):
    for name, make in TABLES.items():
        mark = "<!-- bench: %s -->\n" % name
        pattern = re.compile(re.escape(mark) + ".*?<!-- end -->", re.S)
        if not pattern.search(text):
            sys.exit("doc: no place for the table '%s'" % name)
        text = pattern.sub(lambda _: mark + make(figures) + "\n<!-- end -->", text)
    return text


def main():
    source, folder = (pathlib.Path(argument) for argument in sys.argv[1:])
    figures = {row["name"]: row for row in rows.load(source)}
    page = folder / "speed.md"
    try:
        page.write_text(refresh(page.read_text(), figures))
        (folder / "speed.svg").write_text(chart.chart(figures))
    except KeyError as missing:
        sys.exit("doc: %s has no figure %s: run ./bench first" % (source, missing))


if __name__ == "__main__":
    main()
