# SPDX-License-Identifier: GPL-2.0-or-later

"""A range that the chip's status register protects: refused before anything is
erased, with the way out, and the way out works."""

from flashlib import CHIP_BYTES, Chip, Run, noise, session

# BP0 of W25Q64JV protects the last 1/64: from sector 2016 on
PROTECT = ("cmspi cmd ext 0 0x50", "cmspi cmd ext 0 0x01 0x04")


def test_an_erase_that_reaches_into_a_protected_range_erases_nothing(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(1024 * 1024, seed=1) * (CHIP_BYTES // 1024 // 1024))
    run = Run(board, chip, session("flash probe ext", *PROTECT,
                                   "flash erase_sector ext 2014 2017"))
    run.failed("0x907e0000 to 0x907fffff is protected", "status register (0x04)",
               "cmspi cmd ext 0 0x06; cmspi cmd ext 0 0x01 0")
    chip.assert_as_expected()


def test_outside_of_it_and_after_the_way_out_all_is_erased(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(1024 * 1024, seed=1) * (CHIP_BYTES // 1024 // 1024))
    Run(board, chip, session("flash probe ext", *PROTECT, "flash erase_sector ext 2015 2015",
                             "cmspi cmd ext 0 0x06; cmspi cmd ext 0 0x01 0", "sleep 50",
                             "flash erase_sector ext 2016 2016")).ok()
    chip.erase(2015 * 4096, 2 * 4096)
    chip.assert_as_expected()
