# SPDX-License-Identifier: GPL-2.0-or-later

"""How fast it could be: the link, the chip and the loops, one table each.

The probes' constants are those of testing/simboard (stlink.c, dap.c); check()
compares the two by a measurement.
"""

import dataclasses

import board
import loops


@dataclasses.dataclass(frozen=True)
class Probe:
    simboard: str
    swd_khz: int
    request_us: int


PROBES = {
    "V2": Probe("stlink-v2", 4000, 100),
    "V3": Probe("stlink-v3", 24000, 50),
}
SWD_CLOCKS_PER_WORD = 46
REQUEST_BYTES = 6144

PAGE_BYTES = 256
ERASE_BYTES = 64 * 1024
ERASE_US = 150000  # tBE64 of the W25Q64JV, typical
CHIP_T_PP_US = (400, 700)  # of the data sheet, typical, and of its SFDP

# The loops that each operation comes down to. Blank flash cannot show that
# reads on two lines work, so its check stays on one.
LOOP_OF = {
    "verify": "read and CRC-32 1-1-2",
    "read": "read 1-1-2",
    "blank check": "blank check 1-1-1",
}


def words_us(probe, words):
    return words * SWD_CLOCKS_PER_WORD * 1000 / probe.swd_khz


def link_us(probe, count):
    """One request for every REQUEST_BYTES, and nothing but the data."""
    return count / REQUEST_BYTES * probe.request_us + words_us(probe, count / 4)


def check(lab):
    """Is this table that of the simulated probe?"""
    for name, probe in PROBES.items():
        dump = "dump_image {out} 0x20000000 %d"
        less, more = (lab.cost(board.Session(
            probe=probe.simboard, swd_khz=probe.swd_khz, probed=False,
            commands=(dump % count,))) for count in (REQUEST_BYTES, 3 * REQUEST_BYTES))
        cost = more - less
        expected_us = cost.requests * probe.request_us + words_us(probe, cost.swd_words)
        if abs(cost.virtual_ns / 1000 - expected_us) > 0.01:
            raise board.BenchError(
                "probe %s: %d requests and %d words took %.3f us, by limits.py it should be %.3f"
                % (name, cost.requests, cost.swd_words, cost.virtual_ns / 1000, expected_us))


@dataclasses.dataclass(frozen=True)
class Core:
    """A core at a clock and its loops' cycles there; a fast core stretches
    them to keep the chip's timing."""
    name: str
    mhz: float

    @property
    def place(self):
        return loops.Place(self.name, core_khz=int(self.mhz * 1000))

    def start(self, lab):
        lab.start(*loops.program_sessions(self.place))
        for name in LOOP_OF.values():
            lab.start(*loops.read_sessions(self.place, name))

    def page_us(self, lab, t_pp_us):
        """With what is wanted around a page, not what there is."""
        cycles = PAGE_BYTES * loops.program_cycles(lab, self.place) + loops.PAGE_WANTED
        return cycles / self.mhz + t_pp_us

    def read_us(self, lab, operation):
        return loops.read_cycles(lab, self.place, LOOP_OF[operation]) / self.mhz


def limit_us(lab, operation, probe, core, count, t_pp_us):
    """The least time for count bytes: the slower of link and loop or page."""
    if operation == "program":
        return max(link_us(probe, count), count / PAGE_BYTES * core.page_us(lab, t_pp_us))
    if operation == "erase and program":
        return count / ERASE_BYTES * ERASE_US + \
            limit_us(lab, "program", probe, core, count, t_pp_us)
    loop_us = count * core.read_us(lab, operation)
    return max(link_us(probe, count), loop_us) if operation == "read" else loop_us
