# SPDX-License-Identifier: GPL-2.0-or-later

"""Commands of the prior driver: the same arguments, and what is refused."""

import pytest

from conftest import PINS
from flashlib import SMALL_BYTES, Chip, Run, file_of, noise, session, small_chip

SET = "cmspi set ext {my flash} 0x40000 256 0x03 0x00 0x02 0xC7 0x1000 0x20"


def run(make_board, tmp_path, *commands, chip=None, **options):
    chips = ((str(small_chip(tmp_path)) + ":tCE=100000", PINS),)
    return Run(make_board, chip or Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 2)),
               session(*commands), chips=chips, **options)


def test_set_makes_a_bank_that_works_and_stays(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 2))
    data = noise(3000, 3)
    part = file_of(tmp_path / "part.bin", data)
    chip.erase(0x2000, 0x1000)
    chip.write(0x2000, data)
    out = run(board, tmp_path, SET, "flash info ext", "flash probe ext",
              "flash write_image erase %s 0x90002000 bin" % part,
              "verify_image %s 0x90002000 bin" % part, chip=chip).ok().out
    chip.assert_as_expected()
    assert "my flash, 256 KiB, 64 sectors of 4 KiB" in out
    assert "size: 256 KiB (user), page: 256 bytes (user)" in out
    assert out.count("my flash") >= 3


def test_set_auto_asks_the_chip_again(board, tmp_path):
    out = run(board, tmp_path, SET, "cmspi set ext auto", "flash info ext").ok().out
    assert "gd gd25q20, 256 KiB" in out and "size: 256 KiB (part table)" in out


def test_set_goes_without_a_chip_erase_opcode(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 2))
    chip.erase(0, SMALL_BYTES)
    out = run(board, tmp_path, SET.replace("0xC7 0x1000 0x20", "0 0x10000 0xD8"),
              "cmspi mass_erase ext", chip=chip).ok().out
    chip.assert_as_expected()
    assert "mass erase done" in out


def test_set_of_a_chip_without_id_is_taken_with_a_warning(board, tmp_path):
    run(board, tmp_path, SET, "flash probe ext", faults=("id_all_ff",)).ok()
    out = run(board, tmp_path, SET, "flash read_bank ext %s 0 64" % (tmp_path / "back"),
              faults=("id_all_ff",)).ok().out
    assert "ID reads ff ff ff: no chip, or one without an ID, is taken for my flash" in out
    assert (tmp_path / "back").read_bytes() == noise(SMALL_BYTES, 2)[:64]


def test_set_while_the_target_runs_is_probed_later(board, tmp_path):
    out = run(board, tmp_path, "resume", SET, "flash info ext", "halt", "flash probe ext").ok().out
    assert "my flash, 256 KiB" in out


def test_mode_of_one_line_is_real(board, tmp_path):
    out = run(board, tmp_path, "cmspi spi ext", "cmspi spi 2", "cmspi cmd ext 3 0x9F").ok().out
    assert "c8 40 12" in out


@pytest.mark.parametrize("command, why", [
    ("cmspi set ext x 0x40000 256 0x03 0x00 0x02", "ext: a chip without any erase opcode is an EEPROM"),
    ("cmspi set ext x 0x40000 256 0x03 0x00 0x02 0xC7 0x1000", "cmspi set"),
    ("cmspi set ext x 0x40000 256 0x03 0x6B 0x02 0xC7 0x1000 0x20", "6Bh needs io2 and io3"),
    ("cmspi set ext x 0x40000 256 0x03 0x00 0x32 0xC7 0x1000 0x20", "32h needs a fast read"),
    ("cmspi set ext x 256K 256 0x03 0x00 0x02", "size option value ('256K') is not valid"),
    ("cmspi otp read ext first 0 1", "register_number option value ('first') is not valid"),
    ("cmspi set nobody x 0x40000 256 0x03 0x00 0x02", "no flash bank 'nobody'"),
    ("cmspi dpi ext 8", "ext: the chip does not tell of commands on two lines (2-2-2)"),
    ("cmspi qpi ext 10", "ext: commands on four lines (4-4-4) need io2 and io3"),
    ("cmspi qpi ext many", "many"),
    ("cmspi calib ext 1", "ext is a SPI bank: 'calib' is for I2C"),
    ("cmspi scan ext", "ext is a SPI bank: 'scan' is for I2C"),
    ("cmspi scan 0", "is of driver stm32f2x, not cmspi"),
])
def test_refused(board, tmp_path, command, why):
    run(board, tmp_path, command).failed(why)


def test_a_refused_set_changes_nothing(board, tmp_path):
    out = run(board, tmp_path, "flash probe ext", "catch {%s}" % SET.replace("0xC7 0x1000", "0xC7 0x3000"),
              "flash info ext").ok().out
    assert "gd gd25q20, 256 KiB" in out
