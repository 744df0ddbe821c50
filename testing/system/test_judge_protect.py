# SPDX-License-Identifier: GPL-2.0-or-later

"""Our idea of the protection bits judged by flashrom's, on one chip that both reach:
what `flash protect` sets is what flashrom reads, and the other way round."""

import re

import pytest

from flashlib import BANK, BASE, session
from test_judge_flashrom import FLASHROM, KIB, Programmer

pytestmark = pytest.mark.skipif(not FLASHROM, reason="flashrom is not installed")

# row of the board, name in flashrom 1.3, bytes
NAMES = {
    "W25Q64JV-Q": ("W25Q64JV-.Q", 8192 * KIB),
    "W25Q128JV-Q": ("W25Q128.V", 16384 * KIB),
    "GD25Q32C": ("GD25Q32(B)", 4096 * KIB),
    "W25Q256JV-Q": ("W25Q256JV_Q", 32768 * KIB),
}


def openocd(programmer, *commands):
    arguments = ["-c", BANK]
    for command in session("flash probe ext", *commands):
        arguments += ["-c", command]
    code, out = programmer.board.run(*arguments)
    assert code == 0, out
    return out


@pytest.mark.parametrize("part, blocks, start, length", [
    ("W25Q64JV-Q", "0 5", 0, 256 * KIB),
    ("W25Q64JV-Q", "19 19", 8188 * KIB, 4 * KIB),
    ("W25Q64JV-Q", "0 last", 0, 8192 * KIB),
    ("W25Q128JV-Q", "1 last", 4 * KIB, 16380 * KIB),
    ("W25Q256JV-Q", "0 8", 0, 16384 * KIB),
])
def test_flashrom_reads_what_flash_protect_set(board, part, blocks, start, length):
    programmer = Programmer(board, part, NAMES[part][0])
    openocd(programmer, "flash protect ext %s on" % blocks)
    out = programmer.check("--wp-status")
    assert "start=0x%08x length=0x%08x" % (start, length) in out
    openocd(programmer, "cmspi unlock ext")
    out = programmer.check("--wp-status")
    assert re.search(r"length=0x00000000", out), out
    assert not programmer.board.stop()["sins"]


@pytest.mark.parametrize("part, start, length", [
    ("W25Q64JV-Q", 0x7e0000, 0x020000),
    ("W25Q64JV-Q", 0x000000, 0x7fe000),
    ("W25Q128JV-Q", 0x000000, 0x800000),
    ("W25Q256JV-Q", 0x1ff0000, 0x10000),
])
def test_flash_info_tells_what_flashrom_set(board, part, start, length):
    programmer = Programmer(board, part, NAMES[part][0])
    programmer.check("--wp-range=0x%x,0x%x" % (start, length))
    out = openocd(programmer, "flash info ext")
    assert "(0x%08x to 0x%08x) protected by BP bits" % (
        BASE + start, BASE + start + length - 1) in out, out
    assert not programmer.board.stop()["sins"]
