# SPDX-License-Identifier: GPL-2.0-or-later

"""SCK as the chip sees it, measured on a trace of its wires: below `-max-khz` and below
what the part can take on any core, and not much slower than that. (The board counts
a clock above the opcode's own limit as the sin `clock_too_fast`.)"""

import collections
import re

import pytest

from conftest import PINS
from flashlib import BANK, Chip, Run, file_of, noise

CPU = {"stm32f030": "stm32f0x.cpu", "stm32f407": "stm32f4x.cpu"}
WIRES = ("cs", "clk", "mosi", "miso", "io2", "io3")
# A part without figures of its clock: DESIGN.md, "Decisions"
UNTOLD_KHZ, UNTOLD_READ_KHZ = 50000, 33000


def frames(path):
    """(opcode, times in ns of CLK's rising edges) of each time that CS was low."""
    names, levels, found, now_ns = {}, {"cs": "1"}, [], 0
    bits, edges = "", []
    for line in path.read_text().splitlines():
        word = line.split()
        if word[:1] == ["$var"]:
            names[word[3]] = word[4].split("_")[-1]
        elif line.startswith("#"):
            now_ns = int(line[1:])
        elif line[:1] in "01" and names.get(line[1:]):
            wire, before = names[line[1:]], levels.get(names[line[1:]])
            levels[wire] = line[0]
            if wire == "cs" and line[0] == "1" and len(bits) >= 8:
                found.append((int(bits[:8], 2), edges))
            if wire == "cs":
                bits, edges = "", []
            elif wire == "clk" and line[0] == "1" and before == "0" and levels["cs"] == "0":
                bits += levels["mosi"]
                edges.append(now_ns)
    return found


Speed = collections.namedtuple("Speed", "period_ns khz")


def fastest(path):
    """By opcode, the shortest period, to a nanosecond, and the rate within a byte."""
    by_opcode = collections.defaultdict(lambda: Speed(1e9, 0))
    for opcode, edges in frames(path):
        was = by_opcode[opcode]
        by_opcode[opcode] = Speed(
            min([was.period_ns] + [b - a for a, b in zip(edges, edges[1:])]),
            max([was.khz] + [7e6 / (b - a) for a, b in zip(edges, edges[7:])]))
    return by_opcode


def traced(make_board, folder, mcu, mhz, part, options, *commands, wires=None, size=600):
    """wires: all six, in the order of WIRES; else the usual four."""
    trace = folder / "trace.vcd"
    data = noise(size, 2)
    bank, pins = BANK, PINS
    if wires:
        pins = ",".join("%s=%s" % pair for pair in zip(WIRES, wires))
        bank = BANK[:BANK.index("-cs")] + " ".join("-%s %s" % pair for pair in zip(WIRES, wires))
    chip = Chip(folder / "chip.bin", noise(0x4000, 3))
    run = Run(make_board, chip, (
        "init; reset halt", "flash erase_sector ext 0 %d" % (size // 4096),
        "flash write_bank ext %s 0" % file_of(folder / "data.bin", data),
        "flash read_bank ext %s 0 300" % (folder / "out.bin"),
        "verify_image %s 0x90000000 bin" % (folder / "data.bin"), *commands, "shutdown"),
        bank="%s -core-khz %d %s" % (bank.replace("stm32f4x.cpu", CPU[mcu]), mhz * 1000, options),
        mcu=mcu, chips=((part, pins),), idle_scale=0,
        extra=["--mhz", str(mhz), "--vcd", trace]).ok()
    assert (folder / "out.bin").read_bytes() == data[:300]
    return fastest(trace), run


def within(period_ns, limit_khz):
    """Edges are traced to a nanosecond."""
    return period_ns + 1 > 1e6 / limit_khz


# core, its clock, and about what its loops reach within a byte when nothing limits them;
# in the small work area of the F030 those without a table
CORES = [("stm32f407", 168, 14000), ("stm32f407", 16, 4400), ("stm32f030", 48, 4800)]


@pytest.mark.parametrize("max_khz", [40000, 20000, 8000, 1000, 100])
@pytest.mark.parametrize("mcu, mhz, free_khz", CORES)
def test_max_khz_is_kept_on_any_core(board, tmp_path, mcu, mhz, free_khz, max_khz):
    speeds, _ = traced(board, tmp_path, mcu, mhz, "W25Q64JV-Q", "-max-khz %d" % max_khz)
    assert {0x02, 0x05, 0x06, 0x0b, 0x20, 0x3b, 0x9f} <= set(speeds)
    for opcode, speed in speeds.items():
        assert within(speed.period_ns, max_khz), (hex(opcode), speed)
    # and no slower than it has to be
    for opcode in (0x02, 0x3b):
        assert speeds[opcode].khz > 0.37 * min(max_khz, free_khz), (hex(opcode), speeds[opcode])


@pytest.mark.parametrize("wires", [
    "PA4 PA5 PA8 PA9 PA10 PA11", "PA4 PA5 PA1 PA9 PA6 PA0", "PA4 PA5 PB1 PC9 PB7 PC0"],
    ids=["in_order", "any_order", "two_ports"])
def test_max_khz_is_kept_on_four_lines(board, tmp_path, wires):
    speeds, _ = traced(board, tmp_path, "stm32f407", 168, "W25Q64JV-Q", "-max-khz 12000",
                       wires=wires.split(), size=17000)
    for opcode, speed in speeds.items():
        assert within(speed.period_ns, 12000), (hex(opcode), speed)
    # what goes on one line and on four
    assert {0x03, 0x20, 0x6b, 0x32} <= set(speeds), sorted(map(hex, speeds))


@pytest.mark.parametrize("part", ["W25Q64JV-Q", "M25P10-A", "GD25Q32C"])
def test_a_fast_core_keeps_to_the_part(board, tmp_path, part):
    speeds, run = traced(board, tmp_path, "stm32f407", 168, part, "", "flash info ext")
    told_khz = int(re.search(r"SCK: limit (\d+) kHz", run.out.replace("\n", " ")).group(1))
    assert told_khz <= UNTOLD_KHZ
    for opcode, speed in speeds.items():
        assert within(speed.period_ns, UNTOLD_KHZ), (hex(opcode), speed)
    assert within(speeds[0x03].period_ns, UNTOLD_READ_KHZ), speeds[0x03]


@pytest.mark.parametrize("part, size", [
    ("SST25VF016B", 2 << 20), ("SST26VF064B", 8 << 20), ("AT45DB161E", 4096 * 528),
    ("W25X40", 512 << 10), ("M25P80", 1 << 20)])
def test_a_fast_core_keeps_to_slow_reads(board, tmp_path, part, size):
    """25, 40 and 33 MHz for 03h: a clock above it would be a sin. At 600 MHz, which an
    STM32H7R has, nothing but its delay keeps what goes out and in below that."""
    data = noise(size, 5)
    back = tmp_path / "back"
    run = Run(board, Chip(tmp_path / "chip.bin", data), (
        "init; reset halt; flash probe ext", "flash read_bank ext %s 0 1500" % back, "shutdown"),
        bank=BANK + " -core-khz 600000", chips=((part, PINS),), idle_scale=0,
        extra=["--mhz", "600"]).ok()
    assert back.read_bytes() == data[:1500]
    assert run.report["chips"][0]["commands"]["03"]["count"], run.report["chips"][0]["commands"]
