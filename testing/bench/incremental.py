# SPDX-License-Identifier: GPL-2.0-or-later

"""What is left to do when little or nothing has changed, and when less goes over the
wire: programming the same image again or one that packs well, erasing a chip that is
mostly blank, comparing and fetching all of one. Times, and the least they could be:
reading by the loop, what the link carries, and the erases and pages that must be."""

import dataclasses
import re
from typing import Callable

import board
import limits
from rates import MIB, Case
from rows import figure

MHZ, T_PP_US = 64, 400
SECTOR_BYTES = 4096
T_SE_US = 45000  # tSE of the W25Q64JV, typical
BLOCK_BYTES = limits.ERASE_BYTES
CHANGED_EVERY = 100  # sectors
USED_EVERY = 10  # blocks
# How much more of firmware-like data a packed link is to carry
PACKED_GAIN = 1.8
CORE = limits.Core("M4", MHZ)
PROBE = "V2"


def one_percent_off():
    data = bytearray(board.noise(board.CHIP_BYTES))
    for sector in range(0, board.CHIP_BYTES // SECTOR_BYTES, CHANGED_EVERY):
        data[sector * SECTOR_BYTES + 1000] ^= 1
    return bytes(data)


def one_tenth_used():
    data = bytearray(b"\xff" * board.CHIP_BYTES)
    for start in range(0, board.CHIP_BYTES, USED_EVERY * BLOCK_BYTES):
        data[start:start + BLOCK_BYTES] = bytes(BLOCK_BYTES)
    return bytes(data)


board.CONTENTS["one percent off"] = one_percent_off
board.CONTENTS["one tenth used"] = one_tenth_used

WRITE = "flash write_image erase {data} %#x bin" % board.BASE


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    command: str
    contents: str
    expect: str
    least_us: Callable  # of a lab
    wanted: float  # of the least time
    data: str = "noise"
    data_bytes: int = 0

    @property
    def sessions(self):
        """Without the command and with it."""
        with_it = Case("", PROBE, MHZ, T_PP_US).session(
            (self.command,), contents=self.contents, data=self.data,
            data_bytes=self.data_bytes, expect=self.expect)
        return dataclasses.replace(with_it, commands=(), data="noise", data_bytes=0,
                                   expect=""), with_it


def reading_us(lab):
    return board.CHIP_BYTES * CORE.read_us(lab, "verify")


def changing_us(lab):
    changed = -(-board.CHIP_BYTES // (CHANGED_EVERY * SECTOR_BYTES))
    pages = SECTOR_BYTES // limits.PAGE_BYTES
    return reading_us(lab) + changed * (T_SE_US + pages * CORE.page_us(lab, T_PP_US))


def erasing_us(lab):
    blocks = -(-board.CHIP_BYTES // (USED_EVERY * BLOCK_BYTES))
    blank = board.CHIP_BYTES - blocks * BLOCK_BYTES
    return blank * CORE.read_us(lab, "blank check") + blocks * limits.ERASE_US


def packed_us(lab):
    return max(MIB / limits.PAGE_BYTES * CORE.page_us(lab, T_PP_US),
               limits.link_us(limits.PROBES[PROBE], MIB) / PACKED_GAIN)


def dumping_us(lab):
    return limits.limit_us(lab, "read", limits.PROBES[PROBE], CORE, board.CHIP_BYTES, T_PP_US)


WRITE = "flash write_image erase {data} %#x bin" % board.BASE
PACKED = Row("program 1 MiB of firmware-like data, erased chip",
             "flash write_image {data} %#x bin" % board.BASE, "erased", "chip", packed_us,
             1 / 0.95, "firmware", MIB)
ROWS = [
    PACKED,
    Row("program 8 MiB again, nothing changed", WRITE, "data", "chip", reading_us, 1.03,
        data_bytes=board.CHIP_BYTES),
    Row("program 8 MiB again, one byte in 1 % of the sectors changed", WRITE,
        "one percent off", "chip", changing_us, 1.05, data_bytes=board.CHIP_BYTES),
    Row("erase 8 MiB of which a tenth is not blank", "flash erase_sector ext 0 last",
        "one tenth used", "", erasing_us, 1.03),
    Row("verify 8 MiB", "verify_image {data} %#x bin" % board.BASE, "data", "", reading_us,
        1.01, data_bytes=board.CHIP_BYTES),
    Row("dump 8 MiB", "dump_image {out} %#x %d" % (board.BASE, board.CHIP_BYTES), "data", "out",
        dumping_us, 1 / 0.95, data_bytes=board.CHIP_BYTES),
]


def start(lab):
    for row in ROWS:
        lab.start(*row.sessions)


def sent_figure(lab):
    """What compression made of the firmware-like data, at the block size used."""
    said = lab.cost(PACKED.sessions[1]).said
    sent_kib = float(re.search(r"([0-9.]+) KiB sent", said).group(1))
    return figure("firmware-like data, bytes for each byte sent", "ratio",
                  round(MIB / 1024 / sent_kib, 2))


def title(row):
    return "%s, %d MHz %s" % (row.name, MHZ, PROBE)


def figures(lab):
    rows = [sent_figure(lab)]
    for row in ROWS:
        without, with_it = (lab.cost(session) for session in row.sessions)
        took_us, least_us = (with_it - without).virtual_ns / 1000, row.least_us(lab)
        rows.append(figure(title(row), "ms", round(took_us / 1000, 1),
                           round(row.wanted * least_us / 1000, 1),
                           round(least_us / 1000, 1)))
    return rows
