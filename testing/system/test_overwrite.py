# SPDX-License-Identifier: GPL-2.0-or-later

"""Programming over without erase where bits need only be cleared: off by default,
and never on a part that is not known to be without on-die ECC."""

import pytest

from flashlib import CHIP_BYTES, SECTOR_BYTES, Chip, Run, file_of, noise, session

PINS = "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"
COUNT = 6 * SECTOR_BYTES
WRITE = "flash write_image erase %s 0x90000000 bin"
ERASES = ("20", "52", "d8", "D8", "c7", "C7")


def commands_of(run, *opcodes):
    """How often the chip got one of these."""
    commands = run.report["chips"][0]["commands"]
    return sum(commands.get(opcode, {"count": 0})["count"] for opcode in opcodes)


def cleared(data, *places):
    """One bit of each of these bytes cleared."""
    data = bytearray(data)
    for place in places:
        data[place] &= data[place] - 1
    return bytes(data)


@pytest.fixture
def old():
    return noise(COUNT, 1)


def program(board, tmp_path, old, new, *before, part="W25Q64JV-Q", chip_bytes=CHIP_BYTES):
    chip = Chip(tmp_path / "chip.bin", old + b"\xff" * (chip_bytes - len(old)))
    chip.write(0, new)
    name = file_of(tmp_path / "new.bin", new)
    run = Run(board, chip, session(*before, WRITE % name), chips=((part, PINS),)).ok()
    chip.assert_as_expected()
    return run


def test_only_bits_that_clear_need_no_erase(board, tmp_path, old):
    new = cleared(old, 5, SECTOR_BYTES - 1, 3 * SECTOR_BYTES + 700)
    run = program(board, tmp_path, old, new, "cmspi overwrite on")
    assert commands_of(run, *ERASES) == 0
    assert "sectors: 4 unchanged, 0 erased, 2 programmed" in run.out
    assert "2 of these were programmed over, not erased" in run.out


def test_a_bit_that_must_be_set_needs_one(board, tmp_path, old):
    new = bytearray(cleared(old, 5, 4 * SECTOR_BYTES + 9))
    new[77] = 0xff
    assert old[77] != 0xff
    run = program(board, tmp_path, old, bytes(new), "cmspi overwrite on")
    assert commands_of(run, *ERASES) == 1
    assert "sectors: 4 unchanged, 1 erased, 2 programmed" in run.out


@pytest.mark.parametrize("before", [(), ("cmspi overwrite on", "cmspi overwrite off")])
def test_it_is_off_unless_asked_for(board, tmp_path, old, before):
    run = program(board, tmp_path, old, cleared(old, 5), *before)
    assert commands_of(run, *ERASES) == 1


def test_a_part_that_may_have_on_die_ecc_is_erased(board, tmp_path, old):
    run = program(board, tmp_path, old, cleared(old, 5), "cmspi overwrite on",
                  part="GD25Q32C", chip_bytes=4 << 20)
    assert commands_of(run, *ERASES) == 1
    assert run.out.count("is not known to be without on-die ECC") == 1


def test_the_switch_says_how_it_stands(board, tmp_path, old):
    run = Run(board, Chip(tmp_path / "chip.bin", old), session(
        "echo [cmspi overwrite]", "cmspi overwrite on", "echo [cmspi overwrite]")).ok()
    assert run.out.index("erase is off") < run.out.index("erase is on")


def test_a_mass_erase_covers_what_is_pending(board, tmp_path, old):
    chip = Chip(tmp_path / "chip.bin", old + b"\xff" * (CHIP_BYTES - len(old)))
    chip.erase(0, COUNT)
    run = Run(board, chip, session("flash probe ext", "cmspi session begin",
                                   "flash erase_sector ext 0 5", "cmspi mass_erase ext",
                                   "cmspi session end"),
              chips=(("W25Q64JV-Q:tCE=200000", PINS),)).ok()
    assert commands_of(run, "20", "52", "d8", "D8") == 0
    assert commands_of(run, "c7", "C7") == 1
    chip.assert_as_expected()
