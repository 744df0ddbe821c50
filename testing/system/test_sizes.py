# SPDX-License-Identifier: GPL-2.0-or-later
"""Sizes that cannot be right, or cannot be served, are refused in words, and
nothing is written anywhere."""

import pytest
from flashlib import BANK, CHIP_BYTES, SMALL_BYTES, Chip, Run, file_of, noise, small_chip


PINS = "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"


@pytest.fixture
def full(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=3))


def session(*commands):
    return ("init", "reset init") + commands + ("shutdown",)


def test_a_size_that_is_no_multiple_of_the_sector_is_refused(board, full):
    run = Run(board, full, session("flash probe ext"), bank=BANK + " -size 100000")
    run.failed("size 100000 bytes is no multiple of the sector of 4096 bytes", "-size")
    full.assert_as_expected()


def test_a_size_that_three_address_bytes_do_not_reach_is_refused(board, full, tmp_path):
    data = tmp_path / "data.bin"
    data.write_bytes(noise(100, seed=4))
    run = Run(board, full, session("flash write_image erase %s 0x91000000" % data),
              bank=BANK + " -size 0x2000000")
    run.failed("takes three address bytes only", "-size 0x1000000")
    full.assert_as_expected()


def test_memory_behind_the_chip_is_refused_at_the_first_look(board, full):
    run = Run(board, full, session("mdw 0x90900000"))
    run.failed("0x90900000", "outside the bank")


# ---- the work area -------------------------------------------------------------

SLOW = "too small for the stub"
# From here on the stub does all that a user asks for on an M0 with four pins.
STUB_BYTES = 1792
SMALLEST = {
    # MCU: the target's name, what the stub needs there
    "stm32f030": ("stm32f0x.cpu", STUB_BYTES),
    "stm32g071": ("stm32g0x.cpu", STUB_BYTES),
    "stm32f407": ("stm32f4x.cpu", STUB_BYTES + 128),
}
AREAS = [1024, 1532, 1660, 1792, 2048, 2560, 3584, 4096, 6144]


@pytest.mark.parametrize("area_bytes", AREAS)
@pytest.mark.parametrize("mcu", SMALLEST)
def test_every_work_area_does_everything(board, tmp_path, mcu, area_bytes):
    """Rows of pages and parts of them, sums, a read that goes around the rings, an
    erase; with or without the stub."""
    target, stub_bytes = SMALLEST[mcu]
    chip = Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, seed=5))
    chip.erase(0x2000, 0x2000)
    data = noise(2900, seed=6) + b"\xff" * 300 + noise(200, seed=7)
    chip.write(0x20f3, data)
    name = file_of(tmp_path / "data.bin", data)
    back = tmp_path / "back.bin"
    run = Run(board, chip, ("%s configure -work-area-size %d" % (target, area_bytes),) + session(
        "flash probe ext", "flash erase_sector ext 2 3", "flash write_bank ext %s 0x20f3" % name,
        "verify_image %s 0x900020f3 bin" % name, "flash read_bank ext %s 0x20f3 3400" % back,
        "cmspi cmd ext 3 0x9f"), bank=BANK.replace("stm32f4x.cpu", target), mcu=mcu,
        chips=((small_chip(tmp_path), PINS),)).ok()
    chip.assert_as_expected()
    assert back.read_bytes() == data
    assert "c8 40 12" in run.out
    assert run.report["gpio"]["unlike_mark"] == []
    if area_bytes >= stub_bytes:
        assert SLOW not in run.out
