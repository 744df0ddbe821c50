# SPDX-License-Identifier: GPL-2.0-or-later

"""Fail the n-th debug access of an incremental session: an error is reported or the
result is right, and the same once more ends bit-exact; test_fail_nth.py has the loop."""

import pytest

from flashlib import BASE, CHIP_BYTES, SECTOR_BYTES, Chip, file_of, noise
from test_fail_nth import attempts, files, judge


def three_images(folder, chip):
    """Four sectors, of which the second differs, and the end of the fourth; in the third
    image only by bits that are still to be cleared."""
    one = bytearray(noise(3 * SECTOR_BYTES + 300, 31))
    other = bytearray(one)
    other[SECTOR_BYTES + 7] ^= 0x40
    other[-1] ^= 1
    above = bytearray(one)
    above[SECTOR_BYTES + 7] = above[-1] = 0xff
    names = files(folder, chip)
    names["one"] = file_of(folder / "one.bin", bytes(one))
    names["other"] = file_of(folder / "other.bin", bytes(other))
    names["above"] = file_of(folder / "above.bin", bytes(above))
    return names


@pytest.fixture
def chip(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=1))


# What is programmed, and over which image; registers and RAM are as found, too: no
# reset in it
SESSIONS = {
    "image": ("flash write_image erase {one} %#x bin" % (BASE + 0x2000), "other"),
    # begin would nest where a failure has left a session open: cancel closes all
    "script": ("cmspi session settle; cmspi session cancel; cmspi session begin; "
               "flash erase_sector ext 2 5; flash write_bank ext {one} 0x2000; "
               "cmspi session end", "other"),
    "overwrite": ("cmspi overwrite on; flash write_image erase {one} %#x bin; "
                  "cmspi overwrite off" % (BASE + 0x2000), "above"),
}


@pytest.mark.parametrize("name", sorted(SESSIONS))
def test_any_access_may_fail_in_a_session(board, chip, tmp_path, name):
    names = three_images(tmp_path, chip)
    command, before = SESSIONS[name]
    operation = (command, "cmspi incremental off; cmspi incremental on; "
                 "flash write_image erase {%s} %#x bin" % (before, BASE + 0x2000),
                 "flash verify_bank ext {one} 0x2000")
    out, report, facts = attempts(board, tmp_path, chip, operation, names)
    judge(out, facts)
    assert report["sins"] == {}, report["sin_log"]
    found = chip.contents()
    assert found[:0x2000] == chip.expected[:0x2000]
    assert found[0x6000:] == chip.expected[0x6000:]
