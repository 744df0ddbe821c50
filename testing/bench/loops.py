# SPDX-License-Identifier: GPL-2.0-or-later

"""Cycles of the stub's loops: a byte's, and what comes around each page.

The core is so slow against the link here that the stub never waits for data.
Two lengths inside one unit of the rings give the loop alone, whole pages with
two programming times give what is around a page, for any number of polls.
"""

import dataclasses

import board
import wiring
from rows import figure

# The simulated core's clock. The driver is told another one where the loops
# of a faster core are wanted.
SLOW = dict(target="stm32f0x", probe="stlink-v3", swd_khz=24000, mhz=2,
            work_area_bytes=0x1800)
UNTOLD_KHZ = 2000

SHORT, LONG = 128, 256
PAGES = 8
# Enough for four lines, which are tried when the first page is there, and for the fast
# loops whose tables a few bytes are not worth
MANY_BYTES = 16384
# Programming times that end within the first polls, and after some.
T_PP_US = (2000, 8000)

# design.md 4: figures wanted on an M0; the floor is the loads and stores of
# GPIO registers alone
KINDS = {
    # name: (kind, pins, wanted, GPIO stores of a bit)
    "one port, set/clear word": ("set_clear_word", wiring.ONE_PORT, 55, 2),
    "one port, set and clear registers": ("set_clear", wiring.ONE_PORT, 55, 2),
    "one port, toggle register": ("toggle", wiring.ONE_PORT, 55, 2),
    "one port, plain output register": ("plain", wiring.ONE_PORT, 71, 2),
    "two ports, set/clear word": ("set_clear_word", wiring.TWO_PORTS, 76, 3),
}
# On four lines: pins, wanted, GPIO stores of a clock
WIDE_KINDS = {
    "one port, set/clear word": (wiring.FOUR_IN_ORDER, 23, 2),
    "one port, plain output register": (wiring.FOUR_IN_ORDER, None, 2),
    "two ports, set/clear word": (wiring.FOUR_TWO_PORTS, None, 4),
}
# On two lines, of all of a command: GPIO stores of a clock
DUAL_KINDS = {
    "one port, set/clear word": 2,
    "one port, plain output register": 2,
}
DUAL_CHIP = "N25Q064A13"
PAGE_WANTED = 750
FIRST_KIND = "one port, set/clear word"


@dataclasses.dataclass(frozen=True)
class Read:
    command: str
    wanted: int  # on an M0
    clocks: int  # of a byte
    turns: bool = False  # MOSI may turn round
    contents: str = "data"
    lengths: tuple = (SHORT, LONG)
    pins: tuple = tuple(wiring.ONE_PORT.items())
    loads: int = 1  # of a clock


# Behind the block that must read alike on one line and on several
COMPARED = dict(turns=True, lengths=(4096 + SHORT, 4096 + LONG))
IN_ORDER = dict(clocks=2, pins=tuple(wiring.FOUR_IN_ORDER.items()), **COMPARED)
ANYWHERE = dict(clocks=2, pins=tuple(wiring.FOUR_ANYWHERE.items()), **COMPARED)
TWO_PORTS = dict(clocks=2, pins=tuple(wiring.FOUR_TWO_PORTS.items()), loads=2, **COMPARED)
FETCH = "flash read_bank ext {out} 0 %d"
COMPARE = "verify_image {data} 0x90000000 bin"

READS = {
    "read 1-1-1": Read(FETCH, 66, 8),
    "read 1-1-2": Read(FETCH, 42, 4, **COMPARED),
    "read 1-1-4, lines in order": Read(FETCH, 22, **IN_ORDER),
    "read 1-1-4, lines anywhere": Read(FETCH, 35, **ANYWHERE),
    "read 1-1-4, lines on two ports": Read(FETCH, None, **TWO_PORTS),
    "read and CRC-32 1-1-1": Read(COMPARE, 79, 8),
    "read and CRC-32 1-1-2": Read(COMPARE, 55, 4, **COMPARED),
    "read and CRC-32 1-1-4, lines in order": Read(COMPARE, None, **IN_ORDER),
    "read and CRC-32 1-1-4, lines anywhere": Read(COMPARE, None, **ANYWHERE),
    "blank check 1-1-1": Read("flash erase_check ext", None, 8, contents="erased",
                              lengths=(4096, 8192)),
}

# GPIO cycles of a store and of a load
GPIO_CYCLES = {"M0": (2, 2), "M0+": (2, 2), "M0+ IO port": (1, 1), "M4": (1, 2)}


@dataclasses.dataclass(frozen=True)
class Place:
    """A core with pins of a kind, told to run at core_khz."""
    core: str
    kind: str = FIRST_KIND
    core_khz: int = UNTOLD_KHZ

    def session(self, command, contents, count, turns=False, pins=None, **more):
        kind, kind_pins = KINDS[self.kind][:2]
        pins = pins or kind_pins
        return board.Session(commands=(command,), mcu=str(wiring.make_mcu(self.core)),
                             core_khz=self.core_khz, pins=wiring.simboard_pins(pins),
                             bank=wiring.bank_line(kind, pins, turns), contents=contents,
                             data_bytes=count, **SLOW, **more)


def program(place, count, t_pp_us=T_PP_US[0], turns=False, pins=None):
    return place.session("flash write_bank ext {data}", "erased", count, turns, pins,
                         chip="%s:tPP=%d" % (board.CHIP, t_pp_us), expect="chip")


def read(place, name, count):
    row = READS[name]
    command, options = row.command, {}
    if name.startswith("blank"):
        options["bank_options"] = "-size %d" % count
    elif "%d" in command:
        command = command % count
        options["expect"] = "out"
    return place.session(command, row.contents, count,
                         row.turns, dict(row.pins), **options)


def program_sessions(place):
    return [program(place, MANY_BYTES + count) for count in (SHORT, LONG)]


def wide_program_sessions(place):
    pins = WIDE_KINDS[place.kind][0]
    return [program(place, MANY_BYTES + count, turns=True, pins=pins) for count in (SHORT, LONG)]


def dual_program_sessions(place):
    return [place.session("cmspi dpi ext; flash write_bank ext {data} 0", "erased", count, True,
                          chip="%s:tPP=%d" % (DUAL_CHIP, T_PP_US[0]), expect="chip")
            for count in (SHORT, LONG)]


def page_sessions(place):
    return [program(place, pages * LONG, t) for pages in (1, PAGES) for t in T_PP_US]


def read_sessions(place, name):
    return [read(place, name, count) for count in READS[name].lengths]


def program_cycles(lab, place, sessions=program_sessions):
    """Cycles a byte inside a page."""
    short, long = (lab.cost(s) for s in sessions(place))
    more = long - short
    # a poll more or less, by chance of the phase, is no part of the loop
    polls = more.status_reads * poll_cycles(lab, place) if more.status_reads else 0
    return (more.cycles - polls) / (LONG - SHORT)


def read_cycles(lab, place, name):
    short, long = (lab.cost(s) for s in read_sessions(place, name))
    lengths = READS[name].lengths
    return (long - short).cycles / (lengths[1] - lengths[0])


def page_costs(lab, place):
    """Costs of PAGES - 1 pages, for each programming time."""
    one_quick, one_slow, quick, slow = (lab.cost(s) for s in page_sessions(place))
    return quick - one_quick, slow - one_slow


def poll_cycles(lab, place):
    """Cycles of a poll after the first; of one page, as more may get another loop."""
    quick, slow = (lab.cost(s) for s in page_sessions(place)[:2])
    return (slow.cycles - quick.cycles) / (slow.status_reads - quick.status_reads)


def page_cycles(lab, place):
    """Cycles around a page, with the one poll that every page needs."""
    cost = page_costs(lab, place)[0]
    # write enable is read back before the first page of a row only
    polls = cost.status_reads / (PAGES - 1)
    around = cost.cycles / (PAGES - 1) - LONG * program_cycles(lab, place)
    return around - (polls - 1) * poll_cycles(lab, place)


def page_floor(core):
    """GPIO accesses of 06h, 05h with a status byte, 02h with its address."""
    store, load = GPIO_CYCLES[core]
    return 8 * (6 * 2 * store + 2 * store + load)


def places():
    return [Place(core, kind) for kind in KINDS for core in wiring.CORES]


def wide_places():
    return [Place(core, kind) for kind in WIDE_KINDS for core in wiring.CORES]


def dual_places():
    return [Place(core, kind) for kind in DUAL_KINDS for core in wiring.CORES]


def start(lab):
    for place in places():
        lab.start(*program_sessions(place))
    for place in wide_places():
        lab.start(*wide_program_sessions(place))
    for place in dual_places():
        lab.start(*dual_program_sessions(place))
    for core in wiring.CORES:
        lab.start(*page_sessions(Place(core)))
        for name in READS:
            lab.start(*read_sessions(Place(core), name))


def figures(lab):
    rows = []
    for place in places():
        wanted, stores = KINDS[place.kind][2:]
        rows.append(figure("program 1 line, %s, %s" % (place.kind, place.core), "cycles/byte",
                           round(program_cycles(lab, place), 2), wanted if place.core == "M0" else None,
                           8 * stores * GPIO_CYCLES[place.core][0]))
    for place in wide_places():
        wanted, stores = WIDE_KINDS[place.kind][1:]
        rows.append(figure("program 4 lines, %s, %s" % (place.kind, place.core), "cycles/byte",
                           round(program_cycles(lab, place, wide_program_sessions), 2),
                           wanted if place.core == "M0" else None,
                           2 * stores * GPIO_CYCLES[place.core][0]))
    for place in dual_places():
        rows.append(figure("program 2 lines, %s, %s" % (place.kind, place.core), "cycles/byte",
                           round(program_cycles(lab, place, dual_program_sessions), 2), None,
                           4 * DUAL_KINDS[place.kind] * GPIO_CYCLES[place.core][0]))
    for name, row in READS.items():
        for core, (store, load) in GPIO_CYCLES.items():
            rows.append(figure("%s, %s" % (name, core), "cycles/byte",
                               round(read_cycles(lab, Place(core), name), 2),
                               row.wanted if core == "M0" else None,
                               row.clocks * (2 * store + row.loads * load)))
    for core in wiring.CORES:
        rows.append(figure("around a page, %s" % core, "cycles/page",
                           round(page_cycles(lab, Place(core)), 1),
                           PAGE_WANTED if core == "M0" else None, page_floor(core)))
        rows.append(figure("a further poll, %s" % core, "cycles/poll",
                           round(poll_cycles(lab, Place(core)), 1)))
    return rows
