# SPDX-License-Identifier: GPL-2.0-or-later

"""Cycles a byte of the stub's LZ4 decoder, by what a block is made of.

The decoder runs alone on the simulated core: the debugger loads it with a block,
lets it go, and it ends on a breakpoint instruction. Two lengths of the same make
leave the bytes alone.
"""

import dataclasses
import re

import board
import loops
import wiring
from rows import figure

RAM = 0x20000000
STOP, SOURCE, TARGET = 0x200, 0x400, 0x1000  # behind the code, from RAM on
BKPT = b"\x00\xbe"
SHORT, LONG = 512, 2560  # bytes that a block unpacks to
END_LITERALS = 5  # a block ends with these (lz4_Block_format.md, end of block)
CORES = ("M0", "M0+", "M4")
# A byte is loaded and stored
FLOOR = {"M0": 4, "M0+": 4, "M4": 3}


def length_bytes(length):
    """What follows a nibble of 15."""
    return bytes([255] * ((length - 15) // 255) + [(length - 15) % 255]) if length >= 15 else b""


def sequence(literals, match_bytes=0):
    """Literals, and a match of what came 8 bytes before; 0: none, the block's end."""
    match = match_bytes - 4 if match_bytes else 0
    packed = bytes([min(literals, 15) << 4 | min(match, 15)]) + length_bytes(literals) + \
        board.noise(literals)
    return packed + (b"\x08\x00" + length_bytes(match) if match_bytes else b"")


def block(literals, match_bytes, count):
    """A block of such sequences that unpacks to count bytes."""
    head, tail = 8, END_LITERALS
    size = literals + match_bytes
    rounds, left = divmod(count - head - 4 - tail, size)
    return sequence(head, 4) + rounds * sequence(literals, match_bytes) + sequence(tail + left)


# name: a block that unpacks to count bytes
BLOCKS = {
    "literals": lambda count: sequence(count),
    "matches of 4 bytes": lambda count: block(0, 4, count),
    "matches of 16 bytes": lambda count: block(0, 16, count),
    "one long match": lambda count: sequence(8, count - 8 - END_LITERALS) + sequence(END_LITERALS),
    "3 literals, a match of 16 bytes": lambda count: block(3, 16, count),
}


def code():
    text = (board.TOP / "contrib/loaders/spi/cmspi_lz4.inc").read_text()
    return bytes(int(byte, 16) for byte in re.findall(r"0x([0-9a-f]{2})\b", text))


def image(make, count):
    """All of it, as it lies in RAM."""
    return (code().ljust(STOP) + BKPT).ljust(SOURCE) + make(count)


for block_name, block_make in BLOCKS.items():
    board.IMAGES["lz4 " + block_name] = lambda count, make=block_make: image(make, count)


def session(core, name, count):
    source = RAM + SOURCE
    registers = {"r0": source, "r1": RAM + TARGET, "r2": source + len(BLOCKS[name](count)),
                 "r3": RAM + TARGET + count, "lr": RAM + STOP + 1, "pc": RAM,
                 "xPSR": 0x01000000}
    # 1: the block filled the room for it
    verdict = "[dict get [%s.cpu get_reg r0] r0] != 1" % loops.SLOW["target"]
    commands = ["load_image {data} %#x bin" % RAM,
                *("reg %s %#x" % register for register in registers.items()),
                "resume; wait_halt",
                "if {{%s}} {{error {{the decoder refused the block}}}}" % verdict]
    return board.Session(commands=tuple(commands), mcu=str(wiring.make_mcu(core)),
                         data="lz4 " + name, data_bytes=count, probed=False, **loops.SLOW)


def start(lab):
    for core in CORES:
        for name in BLOCKS:
            lab.start(session(core, name, SHORT), session(core, name, LONG))


def figures(lab):
    rows = []
    for name in BLOCKS:
        for core in CORES:
            cost = lab.cost(session(core, name, LONG)) - lab.cost(session(core, name, SHORT))
            rows.append(figure("unpack %s, %s" % (name, core), "cycles/byte",
                               round(cost.cycles / (LONG - SHORT), 2), floor=FLOOR[core]))
    return rows
