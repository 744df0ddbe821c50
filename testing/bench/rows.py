# SPDX-License-Identifier: GPL-2.0-or-later

"""A figure of the bench, and lists of them as table and as JSON."""

import json


def figure(name, unit, measured, wanted=None, floor=None):
    """floor: what cannot be beaten, for a rate the highest one."""
    return {"name": name, "unit": unit, "measured": measured, "wanted": wanted, "floor": floor}


def text(value):
    if value is None:
        return "-"
    return "%d" % value if float(value).is_integer() else "%.*f" % (3 if value < 10 else 1, value)


def table(figures):
    """The figures as lines."""
    width = max(len(row["name"]) for row in figures)
    lines = ["%-*s  %10s %8s %8s  %s" % (width, "", "measured", "wanted", "floor", "unit")]
    for row in figures:
        lines.append("%-*s  %10s %8s %8s  %s" % (
            width, row["name"], text(row["measured"]), text(row["wanted"]), text(row["floor"]),
            row["unit"]))
    return "\n".join(lines)


def save(path, figures):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ",\n".join("  " + json.dumps(row) for row in figures)
    path.write_text("[\n%s\n]\n" % rows)


def load(path):
    return json.loads(path.read_text())
