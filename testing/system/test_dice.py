# SPDX-License-Identifier: GPL-2.0-or-later

"""Parts of several dice: each byte is written to, erased on and read from the right
die, across their border, and the first one is selected in the end. The board counts a
read across the border, a command to a busy die, and an address beyond its die as sins."""

import zlib

import pytest

from conftest import PINS
from flashlib import BANK, BASE, Chip, Run, file_of, noise, session

MIB = 1024 * 1024

# part, MiB of the chip and of a die
STACKS = [("W25M512JV", 64, 32), ("W25Q02JV-M", 256, 64), ("MT25QL01GBBB", 128, 64),
          ("MT35XU01G", 128, 64)]


def filled(path, mib):
    """A chip of zeros as a file with holes: only a die's neighbourhood matters."""
    path.touch()
    with open(path, "wb") as file:
        file.truncate(mib * MIB)
    return path


@pytest.mark.parametrize("part,mib,die_mib", STACKS, ids=[s[0] for s in STACKS])
def test_an_image_across_two_dice(board, tmp_path, part, mib, die_mib):
    image = filled(tmp_path / "chip.bin", mib)
    data = noise(20000, seed=5)
    path = file_of(tmp_path / "data", data)
    back = tmp_path / "back"
    begin = die_mib * MIB - 9999
    run = Run(board, None, session(
        "flash write_image erase %s %#x bin" % (path, BASE + begin),
        "verify_image %s %#x bin" % (path, BASE + begin),
        "flash verify_bank ext %s %d" % (path, begin),
        "flash read_bank ext %s %d 20000" % (back, begin), "flash info ext"),
        chips=((part + ":tSE=2000,tBE32=2000", PINS),), images=(image,),
        idle_scale=0).ok()
    assert "%d KiB" % (mib * 1024) in run.out
    assert "dice: %d of %d KiB" % (mib // die_mib, die_mib * 1024) in run.out
    assert back.read_bytes() == data
    with open(image, "rb") as file:
        file.seek(begin - 1000)
        # the sectors of the ends were erased, too, and the others hold what they held
        found = file.read(22000)
    assert found[1000:21000] == data
    first = begin // 4096 * 4096
    assert found[:1000] == b"\0" * (1000 - min(1000, begin - first)) + \
        b"\xff" * min(1000, begin - first)
    state = run.report["chips"][0]["state"]
    assert not state["addr4"] and not state["wel"]


def test_a_second_die_that_is_protected_is_told_at_its_address(board, tmp_path):
    image = filled(tmp_path / "chip.bin", 64)
    path = file_of(tmp_path / "data", noise(4096, seed=6))
    run = Run(board, None, session("flash write_image erase %s 0x92001000 bin" % path),
              chips=(("W25M512JV:tSE=2000", PINS),), images=(image,), idle_scale=0,
              faults=("protected_range:addr=0x2000000,size=0x10000",))
    run.failed("0x92001000")


def all_erased(mib):
    """CRC-32 of a blank chip, as the board reports it."""
    crc = 0
    for _ in range(mib):
        crc = zlib.crc32(b"\xff" * MIB, crc)
    return "0x%08x" % crc


# part, MiB of the chip and of a die, opcode, how often it is sent, what is faster than real
MASS_ERASES = [("W25M512JV", 64, 32, "C7", 2, "tCE=2000"),
               ("W25Q02JV-M", 256, 64, "C7", 1, "tCE=2000"),
               ("MT25QL01GBBB", 128, 64, "C4", 2, "tCE=2000"),
               ("MT35XU01G", 128, 64, "C4", 2, "tCE=2000")]


@pytest.mark.parametrize("part,mib,die_mib,opcode,times,fast", MASS_ERASES,
                         ids=[m[0] for m in MASS_ERASES])
def test_mass_erase_erases_every_die(board, tmp_path, part, mib, die_mib, opcode, times, fast):
    path = file_of(tmp_path / "data", noise(300, seed=7))
    run = Run(board, None, session(
        "flash write_image %s %#x bin" % (path, BASE),
        "flash write_image %s %#x bin" % (path, BASE + (mib - die_mib) * MIB),
        "cmspi mass_erase ext", "flash info ext"),
        chips=(("%s:%s" % (part, fast), PINS),), idle_scale=0).ok()
    chip = run.report["chips"][0]
    assert chip["crc32"] == all_erased(mib)
    assert chip["commands"][opcode]["count"] == times
    assert ("erase: whole %s by %sh" % ("chip" if times == 1 else "die", opcode)) in run.out
    assert chip["state"]["die"] == 0 and not chip["state"]["addr4"] and not chip["state"]["wel"]


def test_each_die_has_its_own_protection(board, tmp_path):
    path = file_of(tmp_path / "data", noise(4096, seed=8))
    second = BASE + 32 * MIB
    write = "flash write_image erase %s %#x bin"
    run = Run(board, None, session(
        # the highest 64 KiB of the second die, by hand
        "cmspi cmd ext 0 0xc2 1", "cmspi cmd ext 0 6", "cmspi cmd ext 0 1 4", "sleep 20",
        "cmspi cmd ext 0 0xc2 0", "flash info ext",
        write % (path, BASE + 0x1ff0000), write % (path, second),
        "if {![catch {%s}]} {error unprotected}" % (write % (path, second + 0x1ff8000)),
        "cmspi unlock ext -relock", write % (path, second + 0x1ff8000),
        "cmspi unlock ext", write % (path, second + 0x1ffc000),
        "flash protect ext 0 0 on", "flash protect ext 35 35 on",
        "if {![catch {cmspi mass_erase ext}]} {error unprotected}"),
        chips=(("W25M512JV:tSE=2000,tW=1000", PINS),), idle_scale=0).ok()
    assert "block 35 (0x93ff0000 to 0x93ffffff) protected" in run.out
    assert "(05h reads 0x00 in die 0, 0x04 in die 1)" in run.out
    assert "ext: protected again as it was" in run.out
    chip = run.report["chips"][0]
    # the lowest block and the highest one; nothing was sent to be refused by the chip
    assert [d["SR1"] for d in chip["state"]["dice"]] == [0x44, 0x04]
    assert not chip["refused_writes"] and chip["state"]["die"] == 0
