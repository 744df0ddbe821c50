# SPDX-License-Identifier: GPL-2.0-or-later

"""Chips whose sectors differ: parameter sectors at one end, blocks whose size depends
on the place, a map that depends on how the chip is configured. The board counts an
erase opcode that does not work at its address as a sin."""

import json

import pytest

from conftest import PINS, ROOT
from flashlib import BANK, BASE, Chip, Run, file_of, noise, session

KIB = 1024
MIB = 1024 * KIB
ROWS = ROOT / "testing/simboard/data/chip"


def row_of(folder, part, **changes):
    """A row made from another, as a file."""
    row = json.loads((ROWS / (part + ".json")).read_text())
    row.update(changes)
    path = folder / "row.json"
    path.write_text(json.dumps(row))
    return path


def with_register(part, name, value):
    registers = json.loads((ROWS / (part + ".json")).read_text())["registers"]
    for register in registers:
        if register["name"] == name:
            register["power_up"] = value
    return registers


def count(run, opcode):
    return run.report["chips"][0]["commands"].get(opcode, {"count": 0})["count"]


def full(folder, mib):
    return Chip(folder / "chip.bin", noise(64 * KIB, seed=1) * (16 * mib))


# part, MiB, offset of the border, opcodes of 4 and 64 KiB
SPANSION = [
    ("S25FL128S-64K", 16, False, "20", "D8"),
    ("S25FL128S-64K", 16, True, "20", "D8"),
    ("S25FL256S-64K", 32, False, "21", "DC"),
    ("S25FL256S-64K", 32, True, "21", "DC"),
]


@pytest.mark.parametrize("part,mib,top,small,large", SPANSION,
                         ids=["%s-%s" % (s[0], "top" if s[2] else "bottom") for s in SPANSION])
def test_parameter_sectors(board, tmp_path, part, mib, top, small, large):
    chip = full(tmp_path, mib)
    row = row_of(tmp_path, part, registers=with_register(part, "CR1", 4 if top else 0))
    # two small sectors and two large ones
    border = mib * MIB - 128 * KIB if top else 128 * KIB
    begin = border - (128 * KIB if top else 8 * KIB) + 100
    data = noise((136 * KIB) - 4096, seed=2)
    path = file_of(tmp_path / "data", data)
    run = Run(board, chip, session("flash write_image erase %s %#x bin" % (path, BASE + begin),
                                   "verify_image %s %#x bin" % (path, BASE + begin)),
              chips=((str(row) + ":tSE=2000,tBE64=2000,tCE=9000", PINS),), idle_scale=0).ok()
    assert "%d sectors of 4 to 64 KiB" % (32 + mib * 16 - 2) in run.out
    assert count(run, small) == 2 and count(run, large) == 2
    chip.erase(border - (128 * KIB if top else 8 * KIB), 136 * KIB)
    chip.write(begin, data)
    chip.assert_as_expected()


def test_small_sectors_are_erased_by_number(board, tmp_path):
    chip = full(tmp_path, 16)
    run = Run(board, chip, session("flash probe ext", "flash erase_sector ext 30 33"),
              chips=(("S25FL128S-64K:tSE=2000,tBE64=2000", PINS),), idle_scale=0).ok()
    chip.erase(120 * KIB, 8 * KIB + 128 * KIB)
    chip.assert_as_expected()
    assert count(run, "20") == 2 and count(run, "D8") == 2


def test_half_of_a_large_sector_is_not_erased_alone(board, tmp_path):
    chip = full(tmp_path, 16)
    Run(board, chip, session("flash probe ext", "flash erase_address 0x90030000 0x8000"),
        chips=(("S25FL128S-64K", PINS),), idle_scale=0).failed()
    chip.assert_as_expected()


def test_sessions_know_mixed_sectors(board, tmp_path):
    chip = full(tmp_path, 16)
    same = bytes(chip.expected[120 * KIB:260 * KIB])
    changed = bytearray(same)
    changed[3] ^= 1
    changed[9 * KIB] ^= 1
    path = file_of(tmp_path / "data", changed)
    run = Run(board, chip, session("flash probe ext", "cmspi progress on",
                                   "flash write_image erase %s 0x9001e000 bin" % path),
              chips=(("S25FL128S-64K:tSE=2000,tBE64=2000", PINS),), idle_scale=0).ok()
    assert count(run, "20") == 1 and count(run, "D8") == 2
    # the rest of the last sector was to be erased, too: the image ends inside it
    chip.erase(256 * KIB, 64 * KIB)
    chip.write(120 * KIB, changed)
    chip.assert_as_expected()


@pytest.mark.parametrize("part,mib", [("SST26VF064B", 8)])
def test_sst26_erases_blocks_of_three_sizes(board, tmp_path, part, mib):
    chip = full(tmp_path, mib)
    run = Run(board, chip, session("flash probe ext", "cmspi cmd ext 0 0x06",
                                   "cmspi cmd ext 0 0x98", "flash erase_address 0x90000000 0x30000"),
              chips=((part + ":tSE=1000", PINS),), idle_scale=0).ok()
    # 4 of 8 KiB, 1 of 32, 2 of 64
    assert count(run, "D8") == 7 and count(run, "20") == 0
    chip.erase(0, 192 * KIB)
    chip.assert_as_expected()


# JESD216's sector map: 65h asks a register, which of two maps it is
MAP = [0x084865FC, 0x000003,
       # as delivered: 32 KiB of small sectors, half a block, the rest
       0x000200FE, 0x00007FF1, 0x00007FF4, 0x007EFFF4,
       # the same at the other end
       0x000201FF, 0x007EFFF4, 0x00007FF4, 0x00007FF1]


@pytest.mark.parametrize("top", [False, True])
def test_sector_map_that_depends_on_the_configuration(board, tmp_path, top):
    part = "W25Q64JV-Q"
    dump = bytes.fromhex("".join((ROOT / "testing/simboard/data/sfdp" /
                                  (part + ".hex")).read_text().splitlines()[1:]))
    dump = bytearray(dump.ljust(0x200, b"\xff"))
    dump[6] += 1
    dump[16:24] = bytes([0x81, 0, 1, len(MAP), 0x80, 1, 0, 0xFF])
    dump[0x180:0x180 + 4 * len(MAP)] = b"".join(w.to_bytes(4, "little") for w in MAP)
    sfdp = tmp_path / "map.hex"
    sfdp.write_text("# made\n" + "".join("%s\n" % dump[i:i + 16].hex(" ")
                                         for i in range(0, len(dump), 16)))
    plain = json.loads((ROWS / (part + ".json")).read_text())
    regions = [{"bytes": 32 * KIB, "erases": {"20": 4 * KIB}},
               {"bytes": 32 * KIB, "erases": {"D8": 32 * KIB}},
               {"bytes": 8 * MIB - 64 * KIB, "erases": {"D8": 64 * KIB}}]
    row = row_of(tmp_path, part, sfdp=str(sfdp), regions=regions, regions_reversed="SR3.3",
                 registers=with_register(part, "SR3", 8 if top else 0),
                 commands=plain["commands"] + [
                     {"opcode": "65", "name": "READ_ANY", "effect": "read_regs", "address": "3",
                      "dummy_clocks": 8, "regs": ["SR3"]}])
    chip = full(tmp_path, 8)
    first, last = (126, 128) if top else (7, 9)
    run = Run(board, chip, session("flash probe ext", "flash erase_sector ext %d %d" % (first, last)),
              chips=((str(row) + ":tSE=2000,tBE64=2000", PINS),), idle_scale=0).ok()
    assert "136 sectors of 4 to 64 KiB" in run.out
    assert count(run, "20") == 1 and count(run, "D8") == 2
    if top:
        chip.erase(8 * MIB - 128 * KIB, (64 + 32 + 4) * KIB)
    else:
        chip.erase(28 * KIB, (4 + 32 + 64) * KIB)
    chip.assert_as_expected()
