# SPDX-License-Identifier: GPL-2.0-or-later

"""What an erase, a program and a blank check do, and no more: the commands that the
chip counts, the bytes that it gives, the runs of the code on the target, the bytes
over the link, and virtual time where two things are to go on at once."""

import re

import pytest

from conftest import PINS
from flashlib import (CHIP_BYTES, PAGE_BYTES, SECTOR_BYTES, SMALL_BYTES, Chip, Run, file_of,
                      noise, small_chip)

# typical ms of 4, 32 and 64 KiB by SFDP: 64, 128, 160, and 48, 240, 480
W25Q, MX25R = "W25Q64JV-Q", "MX25R6435F"
ERASES = ("20", "52", "D8")
READS = ("03", "0B", "3B")


def session(make_board, chip, *commands, part=W25Q):
    return Run(make_board, chip, (
        "init; reset init; adapter speed 4000; flash probe ext", *commands,
        "echo [cmspi stats ext]", "shutdown"), chips=((part, PINS),), idle_scale=0,
        extra=("--skip-waits",)).ok()


def counted(run, opcodes, what="count"):
    """Sum over the opcodes of what the chip counted."""
    commands = run.report["chips"][0]["commands"]
    return sum(commands[opcode][what] for opcode in opcodes if opcode in commands)


class Work:
    """A session with these commands, less one without them."""

    def __init__(self, make_board, chip, *commands, part=W25Q):
        contents = chip.contents()
        self.without = session(make_board, chip, part=part)
        chip.path.write_bytes(contents)
        self.with_them = session(make_board, chip, *commands, part=part)

    def more(self, figure):
        return figure(self.with_them) - figure(self.without)

    def stat(self, name):
        """A row of 'cmspi stats'."""
        return self.more(lambda run: int(re.search(r"^%s +(\d+)" % name, run.out, re.M).group(1)))

    def chip(self, opcodes, what="count"):
        return self.more(lambda run: counted(run, opcodes, what))

    @property
    def ms(self):
        return self.more(lambda run: run.report["virtual_ns"]) / 1e6


def chip_with(folder, used):
    """A chip that is blank but for these sectors."""
    contents = bytearray(b"\xff" * CHIP_BYTES)
    for sector in used:
        contents[sector * SECTOR_BYTES:(sector + 1) * SECTOR_BYTES] = noise(SECTOR_BYTES, sector)
    return Chip(folder / "chip.bin", bytes(contents))


# ---- erase --------------------------------------------------------------------

@pytest.mark.parametrize("part, used, wanted", [
    (W25Q, (), (0, 0, 0)),                 # blank sectors are left alone
    (W25Q, (3,), (1, 0, 0)),
    (W25Q, (3, 5), (0, 1, 0)),             # 128 ms either way: one command
    (W25Q, (3, 9), (2, 0, 0)),             # in two halves: 128 ms, not 160
    (W25Q, (3, 5, 9), (0, 0, 1)),          # 192 ms, or 160
    (W25Q, (3, *range(16, 32), 36), (2, 0, 1)),
    (MX25R, (1, 3, 5, 7), (4, 0, 0)),      # 192 ms, not 240
    (MX25R, (1, 2, 3, 5, 7), (0, 1, 0)),
    (MX25R, (0, 1, 2, 3, 5, 7, 9), (1, 1, 0)),
    (MX25R, range(16), (0, 0, 1)),
])
def test_erase_takes_the_quickest_commands(board, tmp_path, part, used, wanted):
    chip = chip_with(tmp_path, used)
    run = session(board, chip, "flash erase_sector ext 0 47", part=part)
    assert tuple(counted(run, [opcode]) for opcode in ERASES) == wanted
    chip.erase(0, 48 * SECTOR_BYTES)
    chip.assert_as_expected()


def test_many_sectors_take_the_runs_of_one(board, tmp_path):
    """Each by a command of its own, waiting included."""
    one = Work(board, chip_with(tmp_path, [0]), "flash erase_sector ext 0 399")
    many = Work(board, chip_with(tmp_path, range(0, 400, 8)), "flash erase_sector ext 0 399")
    assert (one.chip(["20"]), many.chip(["20"])) == (1, 50)
    assert many.stat("runs") == one.stat("runs")


# ---- blank check --------------------------------------------------------------

def test_blank_check_ends_at_the_first_programmed_byte(board, tmp_path):
    first = [0, 1, 1000, SECTOR_BYTES - 1] + [5] * 60
    contents = bytearray(b"\xff" * SMALL_BYTES)
    for sector, offset in enumerate(first):
        contents[sector * SECTOR_BYTES + offset:(sector + 1) * SECTOR_BYTES] = \
            b"\xfe" * (SECTOR_BYTES - offset)
    work = Work(board, Chip(tmp_path / "chip.bin", bytes(contents)), "flash erase_check ext",
                part=small_chip(tmp_path))
    read_bytes = work.chip(READS, "bytes_out")
    # one may be under way when it is seen
    assert sum(first) + 64 <= read_bytes <= sum(first) + 3 * 64


# ---- program ------------------------------------------------------------------

def pages(used, count):
    """Data for so many pages, noise in these and FFh in the others."""
    return b"".join(noise(PAGE_BYTES, 7 + page) if page in used else b"\xff" * PAGE_BYTES
                    for page in range(count))


def test_blank_pages_are_not_sent(board, tmp_path):
    """Neither to the chip nor over the link."""
    sent = {}
    for name, used, count in (("few", [0], 1), ("many", [100], 256)):
        chip = chip_with(tmp_path, [])
        data = pages(used, count)
        work = Work(board, chip, "flash write_bank ext %s 0x10000" % file_of(tmp_path / name, data))
        chip.write(0x10000, data)
        chip.assert_as_expected()
        assert work.chip(["02"]) == 1 and work.chip(["02"], "bytes_in") == PAGE_BYTES
        assert work.stat("empty_bytes") == (count - 1) * PAGE_BYTES
        sent[name] = work.stat("sent_bytes")
    assert sent["many"] <= sent["few"] + 16


def test_data_arrive_while_a_page_programs(board, tmp_path):
    """A chip that takes longer than the link hides it: what is left beside its time are
    the loops, 0.22 ms a page at 64 MHz. The link takes 0.74 ms."""
    part, ms = W25Q + ":tPP=3000", {}
    for count in (32, 96):
        chip = chip_with(tmp_path, [])
        data = noise(count * PAGE_BYTES, 4)
        path = file_of(tmp_path / "data.bin", data)
        ms[count] = Work(board, chip, "flash write_bank ext %s 0" % path, part=part).ms
        chip.write(0, data)
        chip.assert_as_expected()
    assert 3 < (ms[96] - ms[32]) / 64 < 3.4
