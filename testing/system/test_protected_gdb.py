# SPDX-License-Identifier: GPL-2.0-or-later

"""Protection in GDB's load, and OpenOCD's own `unlock`."""

from conftest import PINS
from flashlib import BASE, CHIP_BYTES, Chip, Run, file_of, noise, session
from test_program_gdb import gdb, image  # pylint: disable=unused-import

# BP0 and TB of W25Q64JV: the first 1/64, where the image goes
PROTECT = ("cmspi cmd ext 0 0x50", "cmspi cmd ext 0 0x01 0x24")
MONITOR = ("monitor reset init", "monitor flash probe ext",
           *("monitor " + command for command in PROTECT))
FIRST_64TH = [0, 128 * 1024]


def protected(report):
    return report["chips"][0]["state"]["protected"]


def test_load_is_refused_and_changes_nothing(gdb, image, tmp_path):
    path, _ = image
    chip = Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, 1))
    _, out, one = gdb(path, *MONITOR, "load", "monitor echo ALIVE", images=(chip.path,))
    report = one.stop()
    assert "ALIVE" in out and "0x90000000 to 0x9001ffff is protected (05h reads 0x24" in (
        out + (tmp_path / "openocd.log").read_text())
    assert protected(report) == FIRST_64TH and not report["sins"]
    chip.assert_as_expected()


def test_load_goes_where_it_was_opened_and_closes_it(gdb, image, tmp_path):
    path, data = image
    chip = Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, 1))
    code, out, one = gdb(path, *MONITOR, "monitor cmspi unlock ext -relock", "load",
                         "compare-sections", images=(chip.path,))
    assert code == 0 and "matched." in out, out
    report = one.stop()
    assert protected(report) == FIRST_64TH and not report["sins"]
    assert chip.contents()[0x1000:0x1000 + len(data)] == data


def test_openocds_own_unlock_opens_what_it_needs(board, tmp_path):
    data = file_of(tmp_path / "data", noise(5000, 2))
    chip = Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, 1))
    run = Run(board, chip, session("flash probe ext", *PROTECT, "flash write_image erase unlock "
                                   "%s 0x%x bin" % (data, BASE + 0x18000)),
              chips=(("W25Q64JV-Q", PINS),)).ok()
    # the block of protection that the data lie in is the last of the protected range
    assert protected(run.report) == [0, 32 * 1024]
    assert chip.contents()[0x18000:0x18000 + 5000] == data.read_bytes()
