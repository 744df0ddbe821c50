# SPDX-License-Identifier: GPL-2.0-or-later

"""Wires that are broken, shorted, swapped or on the wrong pin: each operation ends
with what was read, on which pins, and what to look at; neither flash is touched."""

import itertools
import re

import pytest

from flashlib import (BOARDS, CHIP_BYTES, WIRES, Chip, Run, Trouble, bank_line, file_of, noise,
                      session)

both_boards = pytest.mark.parametrize("kind", BOARDS)

ASK = ("flash probe ext",)
# what a user does first, and what would do harm if the chip heard half of it
WRITE = ("flash write_image erase {data} 0x90001000 bin",)


@pytest.fixture
def data(tmp_path):
    return file_of(tmp_path / "data.bin", noise(5000, 7))


def swapped(a, b):
    return {**WIRES, a: WIRES[b], b: WIRES[a]}


def nobody_there(wires, level):
    """What is said when MISO never moves."""
    value, word = {"high": ("ff", "high"), "low": ("00", "low"),
                   "any": ("(?:ff|00)", "(?:high|low)")}[level]
    return (r"no chip answers: ID reads %s %s %s, MISO \(%s\) is always %s; check supply and wiring "
            r"of cs %s, clk %s, mosi %s, miso %s; 'cmspi diagnose ext' tries them" % (
                value, value, value, wires["miso"], word, wires["cs"], wires["clk"],
                wires["mosi"], wires["miso"]))


@both_boards
@pytest.mark.parametrize("chips, faults, level", [
    ((), (), "any"),
    (("W25Q64JV-Q",), ("id_all_ff",), "high"),
    (("W25Q64JV-Q",), ("miso_stuck:level=0",), "low"),
    (("W25Q64JV-Q",), ("miso_stuck:level=1",), "high"),
], ids=["no_chip", "id_all_ff", "miso_low", "miso_high"])
@pytest.mark.parametrize("commands", [ASK, WRITE], ids=["ask", "write"])
def test_nobody_drives_miso(board, tmp_path, data, kind, chips, faults, level, commands):
    Trouble(board, tmp_path, kind, session(*[c.format(data=data) for c in commands]),
            chips=chips, faults=faults).says(nobody_there(WIRES, level))


@both_boards
@pytest.mark.parametrize("wires", [swapped(a, b) for a, b in itertools.combinations(WIRES, 2)],
                         ids=["%s_%s" % pair for pair in itertools.combinations(WIRES, 2)])
def test_two_wires_are_swapped(board, tmp_path, data, kind, wires):
    Trouble(board, tmp_path, kind, session(WRITE[0].format(data=data)), wires=wires).says(
        nobody_there(wires, "any"))


@both_boards
@pytest.mark.parametrize("line", WIRES)
def test_a_wire_is_on_another_pin(board, tmp_path, data, kind, line):
    wires = {**WIRES, line: "PB0"}
    Trouble(board, tmp_path, kind, session(WRITE[0].format(data=data)), wires=wires).says(
        nobody_there(wires, "any"))


@both_boards
def test_the_ports_clock_is_off(board, tmp_path, data, kind):
    # a bank line made by hand, without the first entry of -setup, the clock gate
    target = BOARDS[kind].target
    bank = ("source [find cmspi.tcl]; set words [cmspi_bank_words ext 0x90000000 %s "
            "[cmspi_family_of_target %s] {%s}]; set at [expr {[lsearch $words -setup] + 1}]; "
            "flash bank {*}[lreplace $words $at $at [lrange [lindex $words $at] 1 end]]" % (
                target, target, " ".join("-%s %s" % wire for wire in WIRES.items())))
    Trouble(board, tmp_path, kind, session(WRITE[0].format(data=data)), bank=bank).says(
        nobody_there(WIRES, "low"))


# ---- a neighbour on the same wires ---------------------------------------------

# GPIOB_MODER and ODR (RM0090 rev. 19, 8.4): as the firmware left PB0, the other chip's CS
LEFT = {
    "floats": (),
    "low": ("mww 0x40023830 0x00100002", "mww 0x40020418 0x00010000",
            "mww 0x40020400 0x00000281"),
}
LOOK = "echo \"PB [mdw 0x40020400][mdw 0x40020414]END\""


@pytest.mark.parametrize("left", LEFT)
def test_neighbour_on_the_bus_is_deselected(board, tmp_path, data, left):
    kind = "f407_dapdirect"
    mine, other = Chip(tmp_path / "mine.bin", noise(CHIP_BYTES, 1)), Chip(
        tmp_path / "other.bin", noise(CHIP_BYTES, 2))
    pins = [",".join("%s=%s" % wire for wire in {**WIRES, "cs": cs}.items())
            for cs in ("PA4", "PB0")]
    mine.erase(0x1000, 0x2000)
    mine.write(0x1000, data.read_bytes())
    run = Run(board, None, session(
        *LEFT[left], LOOK, "flash write_image erase {} 0x90001000 bin".format(data),
        "verify_image {} 0x90001000 bin".format(data), LOOK),
        bank="%s; %s" % (bank_line(kind), bank_line(kind, {**WIRES, "cs": "PB0"}, "other",
                                                   0x91000000)),
        chips=[("W25Q64JV-Q:tSE=2000", one) for one in pins], images=(mine.path, other.path))
    assert run.code == 0, run.out
    # what the firmware does to its chip is none of ours
    assert set(run.report["sins"]) <= ({"cs_left_low"} if left == "low" else set()), run.report
    seen = re.findall("PB (.*?)END", run.out, re.S)
    assert len(seen) == 2 and seen[0] == seen[1]
    mine.assert_as_expected()
    other.assert_as_expected()
