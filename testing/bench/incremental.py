# SPDX-License-Identifier: GPL-2.0-or-later

"""What is left to do when little or nothing has changed: programming the same image
again, and erasing a chip that is mostly blank. Times of 8 MiB, and the least they
could be: reading all of it by the loop, and the erases and pages that must be."""

import dataclasses

import board
import limits
from rates import Case
from rows import figure

MHZ, T_PP_US = 64, 400
SECTOR_BYTES = 4096
T_SE_US = 45000  # tSE of the W25Q64JV, typical
BLOCK_BYTES = limits.ERASE_BYTES
CHANGED_EVERY = 100  # sectors
USED_EVERY = 10  # blocks


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
    # of the least time
    wanted: float

    @property
    def sessions(self):
        """Without the command and with it."""
        case = Case("", "V2", MHZ, T_PP_US)
        with_it = case.session((self.command,), contents=self.contents,
                               data_bytes=board.CHIP_BYTES if self.expect else 0,
                               expect=self.expect)
        return dataclasses.replace(with_it, commands=(), data_bytes=0, expect=""), with_it

    def least_us(self, lab):
        core = limits.Core("M4", MHZ)
        if self.contents == "one tenth used":
            blocks = -(-board.CHIP_BYTES // (USED_EVERY * BLOCK_BYTES))
            blank = board.CHIP_BYTES - blocks * BLOCK_BYTES
            return blank * core.read_us(lab, "blank check") + blocks * limits.ERASE_US
        read_us = board.CHIP_BYTES * core.read_us(lab, "verify")
        if self.contents == "data":
            return read_us
        changed = -(-board.CHIP_BYTES // (CHANGED_EVERY * SECTOR_BYTES))
        pages = SECTOR_BYTES // limits.PAGE_BYTES
        return read_us + changed * (T_SE_US + pages * core.page_us(lab, T_PP_US))


ROWS = [
    Row("program 8 MiB again, nothing changed", WRITE, "data", "chip", 1.03),
    Row("program 8 MiB again, one byte in 1 % of the sectors changed", WRITE,
        "one percent off", "chip", 1.05),
    Row("erase 8 MiB of which a tenth is not blank", "flash erase_sector ext 0 last",
        "one tenth used", "", 1.03),
]


def start(lab):
    for row in ROWS:
        lab.start(*row.sessions)


def figures(lab):
    rows = []
    for row in ROWS:
        without, with_it = (lab.cost(session) for session in row.sessions)
        took_us, least_us = (with_it - without).virtual_ns / 1000, row.least_us(lab)
        rows.append(figure("%s, %d MHz V2" % (row.name, MHZ), "ms", round(took_us / 1000, 1),
                           round(row.wanted * least_us / 1000, 1), round(least_us / 1000, 1)))
    return rows
