# SPDX-License-Identifier: GPL-2.0-or-later

"""The bench: how fast the stub and the driver are on the simulated board.

Prints the table of doc/speed.md's figures and writes it as JSON. With --check
the cycle counts are held against the committed ones instead.
"""

import argparse
import dataclasses
import pathlib
import sys

import board
import dataflash
import decoder
import incremental
import limits
import loops
import memory
import rates
import rows

REFERENCE = pathlib.Path(__file__).with_name("reference.json")
GUARDED_UNITS = ("cycles/byte", "cycles/page", "cycles/poll")
# no more of these than wanted
LIMITED_UNITS = ("requests", "bytes")
WORSE = 1.03


def check_repeatable(lab):
    """Two runs of a session must be alike to the last cycle, and so must be one in
    which the simulated core goes through all rounds of its waits."""
    for case in rates.QUICK:
        session = case.sessions[1]
        first = lab.cost(session)
        second = lab.repeat(dataclasses.replace(session, skip_waits=False))
        if first != second:
            raise board.BenchError("two runs of one session differ: %s\n%s\n%s" % (
                session.commands, first, second))


def measure(lab, cases, areas):
    """All figures; every session is started before the first is waited for."""
    loops.start(lab)
    decoder.start(lab)
    for case in sorted(cases, key=lambda case: -case.count):
        case.start(lab)
    if areas:
        memory.start_areas(lab)
        incremental.start(lab)
        dataflash.start(lab)
    rates.start_probing(lab)
    limits.check(lab)
    check_repeatable(lab)
    figures = loops.figures(lab) + decoder.figures(lab) + memory.size_figures() + rates.probe_figures(lab)
    for case in cases:
        figures += rates.case_figures(lab, case)
    if areas:
        figures += incremental.figures(lab) + dataflash.figures(lab)
        figures += memory.area_figures(lab)
    figures.append(memory.smallest_figure(lab))
    return figures


def compare(figures, reference):
    """Sentences on cycle counts that got worse than the reference, and on more
    requests or work area than wanted."""
    old = {row["name"]: row["measured"] for row in reference}
    new = {row["name"]: row["measured"] for row in figures if row["unit"] in GUARDED_UNITS}
    words = ["%s: %s cycles now, %s before (%+.1f %%)" % (
        name, rows.text(new[name]), rows.text(old[name]), 100 * (new[name] / old[name] - 1))
        for name in old if name in new and new[name] >= old[name] * WORSE]
    words += ["%s: %s cycles before, not measured now" % (name, rows.text(old[name]))
              for name in old if name not in new]
    words += ["%s: %s, at most %s are wanted" % (row["name"], row["measured"], row["wanted"])
              for row in figures if row["unit"] in LIMITED_UNITS and row["wanted"] is not None
              and row["measured"] > row["wanted"]]
    return words


def guarded(figures):
    return [row for row in figures if row["unit"] in GUARDED_UNITS]


def parse_args():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="cycle counts and little more")
    parser.add_argument("--long", action="store_true", help="8 MiB of everything, too, not at 64 MHz only")
    parser.add_argument("--check", action="store_true",
                        help="quick; fail when a cycle count is 3 %% worse than committed")
    parser.add_argument("--accept", action="store_true",
                        help="quick; make today's cycle counts the committed ones")
    parser.add_argument("--jobs", type=int, help="sessions at a time, default: one a core")
    args = parser.parse_args()
    args.quick |= args.check or args.accept
    return args


def main():
    args = parse_args()
    cases = rates.QUICK if args.quick else rates.USUAL + (rates.LONG if args.long else [])
    lab = board.Lab(args.jobs)
    try:
        figures = measure(lab, list(dict.fromkeys(cases)), not args.quick)
    except board.BenchError as error:
        print("bench: error: %s" % error, file=sys.stderr)
        return 1
    finally:
        lab.stop()
    print(rows.table(figures))
    rows.save(board.BUILD / ("bench-quick.json" if args.quick else "bench.json"), figures)
    if args.accept:
        rows.save(REFERENCE, guarded(figures))
    if not args.check:
        return 0
    worse = compare(figures, rows.load(REFERENCE))
    for sentence in worse:
        print("WORSE: " + sentence)
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
