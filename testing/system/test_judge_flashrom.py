# SPDX-License-Identifier: GPL-2.0-or-later

"""The chip models judged by flashrom, which nobody here wrote: over serprog it
identifies each of them, erases, writes, verifies and reads it back, and its
idea of the protection bits is the model's."""

import json
import random
import re
import shutil
import subprocess

import pytest

from conftest import ROOT

FLASHROM = shutil.which("flashrom") or shutil.which("flashrom", path="/usr/sbin:/sbin")
PINS = "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"
KIB = 1024

# row of the board, name in flashrom 1.3, bytes
PARTS = [
    ("W25Q64JV-Q", "W25Q64JV-.Q", 8192 * KIB),
    ("W25Q128JV-Q", "W25Q128.V", 16384 * KIB),
    ("MX25L12845G", "MX25L12833F/MX25L12835F/MX25L12845E/MX25L12865E/MX25L12873F", 16384 * KIB),
    ("MT25QL256ABA", "MT25QL256", 32768 * KIB),
    ("GD25Q32C", "GD25Q32(B)", 4096 * KIB),
    ("MX25R6435F", "MX25R6435F", 8192 * KIB),
    # flashrom programs it word after word, as we do
    ("SST25VF080B", "SST25VF080B", 1024 * KIB),
    ("SST25VF032B", "SST25VF032B", 4096 * KIB),
    # the D series has the same ID and these commands; flashrom reads the page size
    ("AT45DB161E-512", "AT45DB161D", 2048 * KIB),
]

# all other rows that flashrom 1.3 knows, of several names the one that is true
QUICK = [
    ("AT25DF321A", "AT25DF321A"),
    ("AT25QL128A", "AT25SL128A"),
    ("AT25SF041", "AT25SF041"),
    ("AT25SF161", "AT25SF161"),
    # pages of 528 bytes, which flashrom reads from the status
    ("AT45DB161E", "AT45DB161D"),
    ("BY25Q128AS", "B.25Q128AS"),
    ("EN25Q64", "EN25Q64"),
    ("EN25QH128", "EN25QH128"),
    ("GD25LQ128E", "GD25LQ128C/GD25LQ128D/GD25LQ128E"),
    ("GD25Q127C", "GD25Q127C/GD25Q128C"),
    ("GD25Q128E", "GD25Q127C/GD25Q128C"),
    ("GD25Q16C", "GD25Q16(B)"),
    ("GD25Q256C", "GD25Q256D/GD25Q256E"),
    ("IS25LP064A", "IS25LP064"),
    ("IS25LP256D", "IS25LP256"),
    ("IS25WP064", "IS25WP064"),
    ("IS25WP128", "IS25WP128"),
    ("M25P10-A", "M25P10-A"),
    ("M25P80", "M25P80"),
    ("M25PE10", "M25PE10"),
    ("MT25QL01GBBB", "MT25QL01G"),
    # not as its MT25QL128: that is sent B7h, 13h and 12h, which our row has not
    ("MT25QL128ABA", "N25Q128..3E"),
    ("MT25QL512ABB", "MT25QL512"),
    ("MT25QU256ABA", "MT25QU256"),
    ("MX25L12835F", "MX25L12833F/MX25L12835F/MX25L12845E/MX25L12865E/MX25L12873F"),
    ("MX25L25635F", "MX25L25635F/MX25L25645G"),
    ("MX25L25645G", "MX25L25635F/MX25L25645G"),
    ("MX25L3233F", "MX25L3233F/MX25L3273E"),
    ("MX25L6433F", "MX25L6436E/MX25L6445E/MX25L6465E/MX25L6473E/MX25L6473F"),
    ("MX25U51245G", "MX25U51245G"),
    ("MX66L51235F", "MX66L51235F/MX25L51245G"),
    ("N25Q064A13", "N25Q064..3E"),
    ("N25Q128A13", "N25Q128..3E"),
    ("S25FL128S-64K", "S25FL128S_US Uniform 64 kB Sectors"),
    ("S25FL164K", "S25FL164K"),
    ("S25FL256S-64K", "S25FL256S......0"),
    ("S25FL512S", "S25FL512S"),
    ("SST25VF016B", "SST25VF016B"),
    ("SST26VF016B", "SST26VF016B(A)"),
    ("SST26VF064B", "SST26VF064B(A)"),
    ("W25Q128JV-M", "W25Q128.V..M"),
    ("W25Q16JV-Q", "W25Q16.V"),
    ("W25Q256FV", "W25Q256FV"),
    ("W25Q256JV-M", "W25Q256JV_M"),
    ("W25Q256JV-Q", "W25Q256JV_Q"),
    ("W25Q64JV-M", "W25Q64JV-.M"),
    ("W25Q80DV", "W25Q80.V"),
    ("W25X40", "W25X40"),
    ("XM25QH128C", "XM25QH128C"),
]

UNKNOWN = "flashrom 1.3 does not know it"
NOT_JUDGED = {
    "AT45DB641E": "flashrom 1.3 takes it for a AT45DB642D, which has other pages",
    "S25FL128S-256K": "flashrom 1.3 erases by 64 or 128 KiB, the part by 256 KiB",
    "W25M512JV": UNKNOWN, "MT35XU01G": UNKNOWN, "MX25UM25345G": UNKNOWN,
    "MX25UW51245G": UNKNOWN, "IS25WP01G": UNKNOWN, "P25Q16H": UNKNOWN, "P25Q64H": UNKNOWN,
    "S25FL064L": UNKNOWN, "W25Q02JV-M": UNKNOWN, "W25Q32JV-M": UNKNOWN,
    "W25Q512JV-M": UNKNOWN, "XT25F128B": UNKNOWN, "ZB25VQ16": UNKNOWN, "ZB25VQ64": UNKNOWN,
}

pytestmark = pytest.mark.skipif(not FLASHROM, reason="flashrom is not installed")


class Programmer:
    """flashrom beside a board that offers its chip over serprog."""

    def __init__(self, board, chip, flashrom_name=None, image=None):
        self.board = board(chips=((chip, PINS),), once=False, idle_scale=0,
                           images=(image,), extra=("--serprog", "0"))
        self.name = flashrom_name
        text = self.board.stdout_path.read_text()
        self.port = int(re.search(r"^serprog (\d+)$", text, re.MULTILINE).group(1))

    def run(self, *args, name=True):
        """Returns (exit code, what it said)."""
        command = [FLASHROM, "-p", "serprog:ip=127.0.0.1:%d" % self.port]
        if name:
            command += ["-c", self.name]
        done = subprocess.run(command + [str(a) for a in args], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        return done.returncode, done.stdout.decode(errors="replace")

    def check(self, *args):
        code, out = self.run(*args)
        assert code == 0, out
        return out


def by_name(parts):
    return pytest.mark.parametrize("chip,name,size", parts, ids=[p[0] for p in parts])


def write_layout(path, regions):
    path.write_text("".join("%08x:%08x %s\n" % (start, start + size - 1, name)
                            for name, start, size in regions))


def test_every_row_is_judged_or_says_why_not():
    rows = [path.stem for path in (ROOT / "testing/simboard/data/chip").glob("*.json")]
    named = [part[0] for part in PARTS] + list(NOT_JUDGED)
    named += [part[0] for part in QUICK if part[0] not in named]
    assert sorted(named) == sorted(rows)


# a sample, for all take 20 s
@pytest.mark.parametrize("chip", ["W25Q512JV-M", "S25FL064L", "XT25F128B"])
def test_what_flashrom_is_said_not_to_know_it_does_not_find(board, chip):
    """Nothing, or a part that goes by SFDP alone, or the maker."""
    assert NOT_JUDGED[chip] == UNKNOWN
    _, out = Programmer(board, chip).run(name=False)
    found = re.findall(r'Found .* flash chip "([^"]+)"', out)
    assert "No EEPROM/flash device found" in out or found
    assert all(name == "SFDP-capable chip" or name.startswith("unknown") for name in found), out


@by_name(PARTS)
def test_flashrom_identifies_the_chip(board, chip, name, size):
    programmer = Programmer(board, chip, name)
    _, out = programmer.run(name=False)
    assert '"%s"' % name in out


@by_name(PARTS)
def test_flashrom_erases_writes_verifies_and_reads(board, tmp_path, chip, name, size):
    noise = random.Random(chip)
    before = bytearray(b"\xff" * size)
    before[5000:9000] = noise.randbytes(4000)
    image = tmp_path / "chip.img"
    image.write_bytes(before)
    times = "tPE=1000,tP=100" if chip.startswith("AT45") else "tSE=2000,tBE32=4000,tBE64=5000"
    programmer = Programmer(board, chip + ":" + times, name, image)

    # odd places: the two ends of the chip, and a range that starts inside a
    # 64 KiB block and ends inside another
    regions = [("head", 0, 8 * KIB), ("middle", size // 2 - 12 * KIB, 40 * KIB),
               ("tail", size - 16 * KIB, 16 * KIB)]
    wanted = bytearray(before)
    arguments = []
    for region, start, length in regions:
        wanted[start:start + length] = noise.randbytes(length)
        arguments += ["-i", region]
    layout = tmp_path / "layout"
    write_layout(layout, regions)
    new = tmp_path / "new.bin"
    new.write_bytes(wanted)
    out = programmer.check("-l", layout, *arguments, "-N", "-w", new)
    assert "VERIFIED" in out
    back = tmp_path / "back.bin"
    programmer.check("-r", back)
    assert back.read_bytes() == wanted

    programmer.check("-E")
    report = programmer.board.stop()
    assert image.read_bytes() == b"\xff" * size
    assert not report["sins"], report["sin_log"]
    chip_report = report["chips"][0]
    assert chip_report["programs"] >= 64 * KIB // (512 if chip.startswith("AT45") else 256)
    assert chip_report["bytes_out"] > 2 * size


@pytest.mark.parametrize("chip,name", QUICK, ids=[p[0] for p in QUICK])
def test_flashrom_writes_and_verifies_a_part_of_it(board, tmp_path, chip, name):
    row = json.loads((ROOT / "testing/simboard/data/chip" / (chip + ".json")).read_text())
    size = row["size_bytes"]
    start, length = size // 2, min(64 * KIB, size // 2)
    image, new, layout = tmp_path / "chip.img", tmp_path / "new.bin", tmp_path / "layout"
    image.write_bytes(random.Random(chip).randbytes(4 * KIB) * (size // (4 * KIB)))
    before = image.read_bytes()
    wanted = before[:start] + random.Random(name).randbytes(length) + before[start + length:]
    new.write_bytes(wanted)
    write_layout(layout, [("part", start, length)])
    times = ",".join("%s=2000" % t for t in row["time_us"] if t[:3] in ("tBE", "tSE"))
    programmer = Programmer(board, chip + (":" + times if times else ""), name, image)
    assert "VERIFIED" in programmer.check("-l", layout, "-i", "part", "-N", "-w", new)
    report = programmer.board.stop()
    assert image.read_bytes() == wanted
    assert not report["sins"], report["sin_log"]


# start and length, as flashrom is told
RANGES = [
    ("W25Q64JV-Q", 0x000000, 0x020000),
    ("W25Q64JV-Q", 0x7e0000, 0x020000),
    ("W25Q64JV-Q", 0x000000, 0x7fe000),
    ("W25Q128JV-Q", 0xff8000, 0x008000),
    ("W25Q128JV-Q", 0x000000, 0x800000),
]


@pytest.mark.parametrize("chip,start,length", RANGES, ids=["%s-%06x+%x" % r for r in RANGES])
def test_flashrom_and_the_chip_agree_on_protection(board, chip, start, length):
    name = dict((p[0], p[1]) for p in PARTS)[chip]
    programmer = Programmer(board, chip, name)
    programmer.check("--wp-range=0x%x,0x%x" % (start, length))
    out = programmer.check("--wp-status")
    assert "start=0x%08x length=0x%08x" % (start, length) in out
    report = programmer.board.stop()
    assert report["chips"][0]["state"]["protected"] == [start, length]
    assert not report["sins"], report["sin_log"]


def ranges_of_the_bits(size):
    """What the model's rule gives for each setting of BP2-0, TB, SEC, CMP."""
    ranges = set()
    for bits in range(64):
        bp, bottom, small, complement = bits & 7, bits >> 3 & 1, bits >> 4 & 1, bits >> 5 & 1
        length = 0
        if bp == 7:
            length = size
        elif bp:
            length = min(4 * KIB << bp - 1, 32 * KIB) if small else size // 64 << bp - 1
        if complement:
            length, bottom = size - length, not bottom
        ranges.add((0 if bottom or length == 0 else size - length, length))
    return ranges


def test_flashrom_lists_the_ranges_that_the_model_knows(board):
    out = Programmer(board, "W25Q64JV-Q", "W25Q64JV-.Q").check("--wp-list")
    listed = re.findall(r"start=0x([0-9a-f]+) length=0x([0-9a-f]+)", out)
    assert {(int(s, 16), int(n, 16)) for s, n in listed} == ranges_of_the_bits(8192 * KIB)
