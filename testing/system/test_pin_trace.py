# SPDX-License-Identifier: GPL-2.0-or-later

"""The same stub on a Cortex-M0 and a Cortex-M4 does the same to the chip's wires:
one operation after the other, the traces agree level by level. Only the times
differ, and with them how often a busy chip is asked."""

import pytest

from conftest import PINS, TARGET_CFG
from flashlib import BANK, CHIP_BYTES, Chip, file_of, noise

# Times so short that the chip is ready when first asked, whichever core asks
CHIP = "W25Q64JV-Q:tSE=1,tBE32=1,tBE64=1,tPP=1"
CORES = {"stm32f030": "stm32f0x.cpu", "stm32f407": "stm32f4x.cpu"}

OPERATIONS = {
    "probe": "flash probe ext",
    "erase": "flash erase_sector ext 1 1",
    "program": "flash write_bank ext {data} 0x20f9",
    "verify": "flash verify_bank ext {there} 0x7ffd",
    "read": "flash read_bank ext {out} 0x7ffd 300",
    "fill": "flash probe ext; flash fillw 0x90003000 0x12345678 4",
}


def changes(path):
    """Levels of the wires at each change, without times: one tuple of (cs, clk, mosi,
    miso) each. What changes at one moment is one step. MISO comes as late as the chip
    is slow, so it is looked at where it counts, at the rising edge of CLK."""
    names, levels, steps = {}, {}, []

    def step():
        wires = tuple(levels[n] for n in ("cs", "clk", "mosi"))
        if steps and steps[-1][:3] == wires:
            return
        rising = wires[1] == "1" and steps and steps[-1][1] == "0"
        steps.append(wires + (levels["miso"] if rising else "-",))

    for line in path.read_text().splitlines():
        word = line.split()
        if word[:1] == ["$var"]:
            names[word[3]] = word[4].split("_")[-1]
        elif line.startswith("#"):
            if len(levels) >= 4:
                step()
        elif line[:1] in "01" and line[1:] in names:
            levels[names[line[1:]]] = line[0]
    return steps


def trace(make_board, folder, mcu, operation):
    folder.mkdir()
    chip = Chip(folder / "chip.bin", bytes(b"\xff" * 0x4000) + noise(CHIP_BYTES - 0x4000, 3))
    names = {"data": file_of(folder / "data.bin", noise(600, 4)), "out": folder / "out.bin",
             "there": file_of(folder / "there.bin", bytes(chip.expected[0x7ffd:0x7ffd + 300]))}
    board = make_board(mcu=mcu, chips=((CHIP, PINS),), images=(chip.path,), idle_scale=0,
                       extra=["--mhz", "8", "--vcd", folder / "trace.vcd"])
    target = CORES[mcu]
    # the same room for the stub, and the same belief of how fast the core is
    code, out = board.run(
        "-c", "%s configure -work-area-phys 0x20000000 -work-area-size 4096" % target,
        "-c", BANK.replace("stm32f4x.cpu", target) + " -core-khz 8000",
        "-c", "init; reset halt", "-c", operation.format(**names), "-c", "shutdown",
        target=TARGET_CFG[mcu])
    assert code == 0, out
    report = board.stop()
    assert not report["sins"], report["sins"]
    return changes(folder / "trace.vcd"), chip.contents(), report["core"]["instructions"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_m0_and_m4_make_the_same_trace(board, tmp_path, operation):
    m0, m0_chip, m0_instructions = trace(board, tmp_path / "m0", "stm32f030", OPERATIONS[operation])
    m4, m4_chip, m4_instructions = trace(board, tmp_path / "m4", "stm32f407", OPERATIONS[operation])
    assert m0_instructions and m4_instructions
    assert len(m0) > 1000 and m0_chip == m4_chip
    if m0 != m4:
        first = next(i for i, pair in enumerate(zip(m0, m4)) if pair[0] != pair[1])
        raise AssertionError("traces differ at step %d of %d and %d (cs, clk, mosi, miso): %s, %s" % (
            first, len(m0), len(m4), m0[first - 2:first + 3], m4[first - 2:first + 3]))
