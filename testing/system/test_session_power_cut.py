# SPDX-License-Identifier: GPL-2.0-or-later

"""Power cuts at random moments of incremental programming, then programming again:
bit-exact, and what the image does not touch, or held already, is bit-exact throughout.

200 cuts, 1,000 with CMSPI_LONG=1."""

import os
import re

import pytest

from conftest import PINS
from flashlib import BANK, BASE, SECTOR_BYTES, SMALL_BYTES, Chip, file_of, noise, small_chip

SCRIPT = os.path.join(os.path.dirname(__file__), "power_cut.tcl")
# For each of the two ways, on boards of their own: Unicorn 2.0.1 crashed (in its function
# tb_set_jmp_target) after some 400 cuts on one board, with the stub loaded anew each time
CUTS = 100
BOARDS = range(5 if os.environ.get("CMSPI_LONG") == "1" else 1)
SECTORS = 6
# all pins are let go in the middle of a frame
BROKEN_OFF = {"byte_boundary", "short_command", "dummy_clocks", "clock_not_idle"}
ADDRESS = 0x1100
IMAGE_BYTES = 3 * SECTOR_BYTES + 0x300


def images(folder):
    """Three images of one place, of which two sectors are the same in all, and what
    the chip holds with each."""
    start = bytearray(noise(SECTORS * SECTOR_BYTES, 1))
    chip = Chip(folder / "chip.bin", bytes(start) + b"\xff" * (SMALL_BYTES - len(start)))
    common = noise(IMAGE_BYTES, 2)
    files, wholes = [], []
    for index in range(3):
        data = bytearray(common)
        # in the first sector a byte, all of the third, a page of the fourth
        data[5] = index
        data[2 * SECTOR_BYTES:3 * SECTOR_BYTES - 0x100] = noise(SECTOR_BYTES - 0x100, 10 + index)
        if index == 1:
            data[3 * SECTOR_BYTES:3 * SECTOR_BYTES + 256] = noise(256, 20)
        whole = start[:]
        whole[0x1000:0x5000 + SECTOR_BYTES - SECTOR_BYTES] = b"\xff" * 0x4000
        whole[ADDRESS:ADDRESS + IMAGE_BYTES] = data
        files.append(file_of(folder / ("image%d.bin" % index), bytes(data)))
        wholes.append(file_of(folder / ("whole%d.bin" % index), bytes(whole)))
    parts = [(0, start[:0x1000]), (0x5000, start[0x5000:])]
    untouched = []
    for offset, data in parts:
        untouched += ["%#x" % offset, str(file_of(folder / ("part%x.bin" % offset), bytes(data)))]
    return chip, files, wholes, untouched


@pytest.mark.parametrize("number", BOARDS)
@pytest.mark.parametrize("forget", [0, 1], ids=["remembers", "forgets"])
def test_power_cuts_then_programming_again(board, tmp_path, forget, number):
    """forgets: as if OpenOCD, too, were started anew."""
    chip, files, wholes, untouched = images(tmp_path)
    one = board(images=(chip.path,), chips=(("%s:tSE=4000,tPP=300" % small_chip(tmp_path), PINS),),
                idle_scale=0, extra=("--control",))
    settings = ("set IMAGES {%s}; set WHOLE {%s}; set UNTOUCHED {%s}; set ADDRESS %#x; set CUTS %d; "
                "set LATEST_US %d; set SEED %d; set FORGET %d" % (
                    " ".join(map(str, files)), " ".join(map(str, wholes)), " ".join(untouched),
                    BASE + ADDRESS, CUTS, 90000, 1 + forget + 2 * number, forget))
    code, out = one.run("-c", BANK, "-c", "init; reset init", "-c", "flash probe ext",
                        "-c", "flash write_image erase %s %#x bin" % (files[2], BASE + ADDRESS),
                        "-c", settings, "-c", "source %s" % SCRIPT, "-c", "shutdown", timeout=900)
    report = one.stop()
    assert code == 0, out[-4000:]
    assert int(re.search(r"STRUCK (\d+)", out).group(1)) > CUTS / 2, out[-4000:]
    assert set(report["sins"]) <= BROKEN_OFF, report["sins"]
    assert chip.contents()[SECTORS * SECTOR_BYTES:] == b"\xff" * (SMALL_BYTES - SECTORS * SECTOR_BYTES)
