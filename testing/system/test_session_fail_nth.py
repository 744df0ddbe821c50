# SPDX-License-Identifier: GPL-2.0-or-later

"""Fail the n-th debug access of an incremental session: an error is reported or the
result is right, and the same once more ends bit-exact; test_fail_nth.py has the loop."""

import pytest

from flashlib import BASE, CHIP_BYTES, SECTOR_BYTES, Chip, file_of, noise
from test_fail_nth import attempts, files, judge


def two_images(folder, chip):
    """Four sectors, of which the second differs, and the end of the fourth."""
    one = bytearray(noise(3 * SECTOR_BYTES + 300, 31))
    other = bytearray(one)
    other[SECTOR_BYTES + 7] ^= 0x40
    other[-1] ^= 1
    names = files(folder, chip)
    names["one"] = file_of(folder / "one.bin", bytes(one))
    names["other"] = file_of(folder / "other.bin", bytes(other))
    return names


@pytest.fixture
def chip(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=1))


# registers and RAM are as found, too: no reset in it
SESSIONS = {
    "image": "flash write_image erase {one} %#x bin" % (BASE + 0x2000),
    # begin would nest where a failure has left a session open: cancel closes all
    "script": "cmspi session settle; cmspi session cancel; cmspi session begin; "
              "flash erase_sector ext 2 5; flash write_bank ext {one} 0x2000; cmspi session end",
}


@pytest.mark.parametrize("name", sorted(SESSIONS))
def test_any_access_may_fail_in_a_session(board, chip, tmp_path, name):
    names = two_images(tmp_path, chip)
    operation = (SESSIONS[name], "cmspi incremental off; cmspi incremental on; "
                 "flash write_image erase {other} %#x bin" % (BASE + 0x2000),
                 "flash verify_bank ext {one} 0x2000")
    out, report, facts = attempts(board, tmp_path, chip, operation, names)
    judge(out, facts)
    assert report["sins"] == {}, report["sin_log"]
    found = chip.contents()
    assert found[:0x2000] == chip.expected[:0x2000]
    assert found[0x6000:] == chip.expected[0x6000:]
