# SPDX-License-Identifier: GPL-2.0-or-later

"""What 'flash info' says: facts with their sources, the board, and what is known
without a chip."""

import json
import re

import pytest

from conftest import ROOT
from flashlib import BANK, Chip, Run, SMALL_BYTES, noise, session, small_chip

PINS = "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"


@pytest.fixture
def chip(tmp_path):
    return Chip(tmp_path / "chip.bin")


def info(board, chip, *before, bank=BANK, **options):
    options.setdefault("idle_scale", 0)
    return Run(board, chip, session(*before, "echo INFO[flash info ext]END"), bank=bank,
               **options)


def words(run):
    return re.search(r"INFO(.*)END", run.ok().out, re.DOTALL).group(1)


def test_facts_of_a_chip_with_sfdp(board, chip):
    said = words(info(board, chip))
    assert re.search(r"chip: win w25q64\S*, ID ef 40 17, SFDP 1\.\d", said)
    assert "size: 8192 KiB (SFDP), page: 256 bytes (SFDP)" in said
    for size, opcode in ((4, "20"), (32, "52"), (64, "D8")):
        assert re.search(r"erase: %d KiB by %sh, usually \d+ ms, at most \d+ ms \(SFDP\)" %
                         (size, opcode), said)
    assert re.search(r"erase: whole chip by C7h, usually \d+ ms", said)
    assert "address: 3 bytes" in said
    assert "pins: cs PA4, clk PA5, mosi PA7, miso PA6\n" in said
    assert "work area:" in said


def test_facts_from_the_part_table_and_the_user(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", b"\xff" * SMALL_BYTES)
    said = words(info(board, chip, chips=((str(small_chip(tmp_path)), PINS),),
                      bank=BANK + " -size 0x20000"))
    assert "no SFDP" in said and "size: 128 KiB (user), page: 256 bytes (part table)" in said
    assert re.search(r"erase: 4 KiB by 20h, time not told \(part table\)", said)


def test_large_chip_says_how_it_is_addressed(board, tmp_path):
    said = words(info(board, None, chips=(("MT25QL256ABA", PINS),)))
    assert "address: 4 bytes" in said
    assert len(re.findall(r"^\t#", said, re.MULTILINE)) <= 64


def test_blocks_not_sectors(board, chip):
    said = words(info(board, chip))
    assert len(re.findall(r"^\t# *\d+: ", said, re.MULTILINE)) == 20
    assert "protection: none" in said


def test_protection_in_plain_words(board, chip):
    # BP1 and TB of W25Q64JV: the lowest 256 KiB (data sheet rev. J, 7.1.7)
    said = words(info(board, chip, "flash probe ext", "cmspi cmd ext 0 0x06",
                      "cmspi cmd ext 0 0x01 0x28", "sleep 50"))
    assert ("protection: blocks 0-5 (0x90000000 to 0x9003ffff) protected by BP bits of the "
            "status register (05h reads 0x28, 35h reads 0x02, 15h reads 0x60)") in said, said


def unknown_part(folder):
    """A W25Q64JV of a manufacturer that nobody has heard of."""
    row = json.loads((ROOT / "testing/simboard/data/chip/W25Q64JV-Q.json").read_text())
    row.update(part="unknown", jedec_id="734017")
    path = folder / "unknown.json"
    path.write_text(json.dumps(row))
    return ((str(path), PINS),)


def test_unknown_protection_says_so_and_asks_for_nothing(board, tmp_path):
    chips = unknown_part(tmp_path)
    run = info(board, None, "flash probe ext", chips=chips)
    assert "protection: not known for this part" in words(run)
    bare = Run(board, None, session("flash probe ext"), chips=chips, idle_scale=0)
    # OpenOCD looks at the core now and then by the host's clock
    assert run.report["probe"]["requests"] - bare.report["probe"]["requests"] < 20


def test_the_read_in_use_is_told(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(8 << 20, 1))
    run = info(board, chip, "echo FIRST[flash info ext]", "flash read_bank ext /dev/null 0 4096")
    first, said = run.out.split("FIRST")[1].split("INFO")
    assert "reads: 03h, 1-1-1 (two lines are tried with the first long read)" in first
    assert "reads: 3Bh, 1-1-2\n" in said


def test_clock_limit_and_what_is_reached(board, chip):
    said = words(info(board, chip))
    limit, reached, core = map(int, re.search(
        r"SCK: limit (\d+) kHz \(the chip's for this read\), reached at most (\d+) kHz; "
        r"core clock (\d+) kHz", said).groups())
    assert reached <= limit and reached < core
    said = words(info(board, chip, bank=BANK + " -max-khz 500"))
    assert re.search(r"SCK: limit 500 kHz \(-max-khz\), reached (about|at most) [1-5]?\d?\d kHz",
                     said), said
    assert "loops: with a delay" in said


def test_little_work_area_is_told(board, chip):
    said = words(info(board, chip, "stm32f4x.cpu configure -work-area-size 1024"))
    assert "work area: 1024 bytes free, more helps" in said
    assert said.count("the stub's proxy") == 2
    said = words(info(board, chip, "stm32f4x.cpu configure -work-area-size 512"))
    assert "too little for the stub" in said and "over the debug link" in said


def test_without_a_chip_the_reason_and_the_pins(board):
    run = info(board, None, chips=())
    said = re.search(r"INFO(.*)END", run.out, re.DOTALL).group(1)
    assert "no chip is known yet" in said and "ID reads ff ff ff" in said
    assert "pins: cs PA4, clk PA5, mosi PA7, miso PA6" in said and "SCK: " in said
    assert len(said.splitlines()) < 90, said
