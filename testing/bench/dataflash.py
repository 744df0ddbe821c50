# SPDX-License-Identifier: GPL-2.0-or-later

"""AT45 DataFlash: whole operations beside what link, loops and chip allow.

A page goes to a buffer of the chip and from there to the array, one after the other.
The chip has a second buffer, which could be filled meanwhile: that would save what
sending a page takes, a tenth of the time here, and is not done.
"""

import dataclasses

import board
import limits
import loops
import rates
from rows import figure

CHIP = "AT45DB641E"
CHIP_BYTES = 8650752
PAGE_BYTES = 264
BLOCK_PAGES = 8
# of the simulated part
T_P_US = 1500
T_BE_US = 25000
COUNT = 1024 * PAGE_BYTES
PROBE, MHZ = "V2", 64

# There is no read on two lines. At a told clock the loops are those of any clock here.
LOOP_OF = {"read": "read 1-1-1", "verify": "read and CRC-32 1-1-1"}
OPERATIONS = ("program", "erase and program", "read", "verify")
PLACE = loops.Place("M4")

board.CONTENTS.update({
    "DataFlash erased": lambda: b"\xff" * CHIP_BYTES,
    "DataFlash zeros": lambda: bytes(CHIP_BYTES),
    "DataFlash data": lambda: board.noise(CHIP_BYTES),
})


def sessions(operation):
    """Without the operation and with it."""
    command, contents, expect = rates.OPERATIONS[operation]
    probe = limits.PROBES[PROBE]
    with_it = board.Session(
        commands=(command.format(base=board.BASE, count=COUNT),), probe=probe.simboard,
        swd_khz=probe.swd_khz, mhz=MHZ, chip=CHIP, contents="DataFlash " + contents,
        data_bytes=COUNT, expect=expect)
    return dataclasses.replace(with_it, commands=(), data_bytes=0, expect=""), with_it


def start(lab):
    lab.start(*loops.program_sessions(PLACE))
    for operation in OPERATIONS:
        lab.start(*sessions(operation))
    for name in LOOP_OF.values():
        lab.start(*loops.read_sessions(PLACE, name))


def limit_us(lab, operation):
    pages = COUNT / PAGE_BYTES
    link_us = limits.link_us(limits.PROBES[PROBE], COUNT)
    if operation in LOOP_OF:
        loop_us = COUNT * loops.read_cycles(lab, PLACE, LOOP_OF[operation]) / MHZ
        return loop_us if operation == "verify" else max(link_us, loop_us)
    page_us = (PAGE_BYTES * loops.program_cycles(lab, PLACE) + loops.PAGE_WANTED) / MHZ + T_P_US
    erase_us = pages / BLOCK_PAGES * T_BE_US if operation == "erase and program" else 0
    return erase_us + max(link_us, pages * page_us)


def figures(lab):
    result = []
    for operation in OPERATIONS:
        without, with_it = (lab.cost(session) for session in sessions(operation))
        took_us = (with_it - without).virtual_ns / 1000
        most_us = limit_us(lab, operation)
        name = "%s %d KiB of %s, F407 %d MHz %s" % (operation, COUNT // 1024, CHIP, MHZ, PROBE)
        result += [
            figure(name, "KiB/s", round(rates.kib_s(COUNT, took_us), 1),
                   round(rates.WANTED_RATIO * rates.kib_s(COUNT, most_us), 1),
                   round(rates.kib_s(COUNT, most_us), 1)),
            figure(name + ", of its limit", "ratio", round(most_us / took_us, 4),
                   rates.WANTED_RATIO, 1)]
    return result
