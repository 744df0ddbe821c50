# SPDX-License-Identifier: GPL-2.0-or-later

"""Incremental programming by GDB's load: a real GDB and the command line end with
the same chip contents, and sectors that hold the data already are left alone."""

import pytest

from conftest import PINS
from flashlib import BASE, CHIP_BYTES, SECTOR_BYTES, Chip, Run, noise
from test_program_gdb import gdb, image  # pylint: disable=unused-import
from test_session_image import CHIP, sectors_of, wears


@pytest.fixture
def worn(tmp_path):
    """A chip that holds most of the image, and the image's data."""
    def make(name, data):
        chip = Chip(tmp_path / name, noise(CHIP_BYTES, 1))
        found = bytearray(chip.expected)
        sectors = -(-len(data) // SECTOR_BYTES)
        chip.erase(0x1000, sectors * SECTOR_BYTES)
        chip.write(0x1000, data)
        found[0x1000:0x1000 + sectors * SECTOR_BYTES] = \
            chip.expected[0x1000:0x1000 + sectors * SECTOR_BYTES]
        found[0x2010] ^= 0xff
        chip.path.write_bytes(found)
        return chip
    return make


def test_load_and_the_command_line_end_alike(gdb, board, image, worn, tmp_path):
    path, data = image
    sectors = -(-len(data) // SECTOR_BYTES)
    chip = worn("gdb.bin", data)
    code, out, one = gdb(path, "monitor reset init", "load", "compare-sections", "load",
                         images=(chip.path,), chips=((CHIP, PINS),), idle_scale=0)
    assert code == 0, out
    assert out.count("matched.") == 2, out
    report = one.stop()
    assert not report["sins"]
    assert report["chips"][0]["erases"] == 1, out
    log = (tmp_path / "openocd.log").read_text()
    assert sectors_of(log) == [(sectors - 1, 1, 1), (sectors, 0, 0)]
    chip.assert_as_expected()

    other = worn("command.bin", data)
    run = Run(board, other, ("program %s verify exit" % path,), chips=((CHIP, PINS),)).ok()
    assert wears(run) == (1, 16)
    other.assert_as_expected()
    assert other.contents() == chip.contents()


def test_a_load_that_stops_after_its_erases_settles_at_detach(gdb, image, worn, tmp_path):
    """GDB's erase packets by hand, then it goes."""
    path, data = image
    chip = worn("chip.bin", data)
    chip.erase(0x1000, 2 * SECTOR_BYTES)
    _, out, one = gdb(path, "monitor reset init",
                      "maint packet vFlashErase:%x,%x" % (BASE + 0x1000, 2 * SECTOR_BYTES),
                      "monitor flash info ext", "detach",
                      images=(chip.path,), chips=((CHIP, PINS),), idle_scale=0)
    assert "pending erases: 2 sectors" in out
    assert not one.stop()["sins"]
    chip.assert_as_expected()


@pytest.mark.parametrize("look", ["x/4xb 0x90001000", "monitor mdw 0x90001000", "stepi", "continue",
                                  "kill"])
def test_pending_erases_of_a_load_are_settled_by_what_looks(gdb, image, worn, tmp_path, look):
    path, data = image
    chip = worn("chip.bin", data)
    chip.erase(0x1000, 2 * SECTOR_BYTES)
    # continue would never come back: let it fail at once, on a breakpoint
    before = ["hbreak *$pc", "hbreak *$pc+2"] if look == "continue" else []
    _, out, one = gdb(path, "monitor reset init", "monitor flash probe ext",
                      "maint packet vFlashErase:%x,%x" % (BASE + 0x1000, 2 * SECTOR_BYTES), *before, look,
                      "monitor flash info ext", images=(chip.path,), chips=((CHIP, PINS),), idle_scale=0)
    if look != "kill":
        assert "chip: " in out and "pending" not in out, out
    assert not one.stop()["sins"]
    chip.assert_as_expected()
