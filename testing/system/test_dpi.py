# SPDX-License-Identifier: GPL-2.0-or-later

"""cmspi dpi: commands of an operation on two lines (2-2-2), entered and left by the
driver; and cmspi qpi where a bit of a register enters it.

The chips' rows know in DPI what their data sheets do; anything else is an
`unknown_opcode`, and who drives a line that the chip drives makes a `contention`."""

import json

import pytest

from conftest import ROOT
from flashlib import Chip, Run, file_of, noise, session
from test_fail_nth import APPLICATION, OPERATIONS, attempts, files, judge
from test_four_lines import ANYWHERE, bank_of, run_four
from test_qpi import commands_of
from test_quad_program import plain_bank

MIB = 1 << 20
FOUR_PINS = "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"
# MOSI below MISO, and CLK elsewhere
CLK_APART = "cs=PA4,clk=PB3,mosi=PA6,miso=PA7"
SIX_PINS_F1 = "cs=PA4,clk=PA5,mosi=PA6,miso=PA7,io2=PA8,io3=PA9"


def contents(size):
    return noise(8192, 3) + b"\xff" * (size - 8192)


def assert_in_plain_spi(run, evcr):
    state = run.report["chips"][0]["state"]
    assert not state["dpi"] and not state["qpi"] and not state["addr4"], state
    assert state["registers"]["EVCR"] == evcr
    assert run.report["gpio"]["unlike_mark"] == []


# N25Q: no SFDP here, EVCR by the family; MT25Q: SFDP's 2-2-2 read, BCh above 16 MiB
@pytest.mark.parametrize("part, mib, read, evcr, pins, mcu, transport", [
    ("N25Q128A13", 16, "BB", 0xdf, FOUR_PINS, "stm32f407", "dapdirect_swd"),
    ("MT25QL256ABA", 32, "BC", 0xff, FOUR_PINS, "stm32f407", "hla_swd"),
    ("N25Q064A13", 8, "BB", 0xdf, CLK_APART, "stm32g071", "dapdirect_swd"),
    # IO2 and IO3 are wired and stay high
    ("MT25QL128ABA", 16, "BB", 0xff, SIX_PINS_F1, "stm32f103", "dapdirect_swd"),
])
def test_read_erase_program_verify(board, tmp_path, part, mib, read, evcr, pins, mcu, transport):
    before = contents(mib * MIB)
    image = file_of(tmp_path / "image.bin", noise(5000, 5))
    back = tmp_path / "back"
    run = run_four(board, tmp_path, pins, "cmspi dpi ext", "flash info ext",
                   "flash read_bank ext %s 0 8192" % back, "flash erase_sector ext 1 1",
                   "flash write_bank ext %s 0x1000" % image,
                   "flash verify_bank ext %s 0x1000" % image,
                   "verify_image %s 0x90001000 bin" % image, part=part + ":tSE=2000", mcu=mcu,
                   contents=before, transport=transport).ok()
    assert back.read_bytes() == before[:8192]
    assert (tmp_path / "chip.bin").read_bytes() == before[:4096] + noise(5000, 5) + before[9096:]
    assert "mode: DPI, 2-2-2" in run.out
    counts = commands_of(run)
    # each is entered and left
    assert counts[read] > 5 and counts["61"] % 2 == 0 and counts["61"] > 10, counts
    assert_in_plain_spi(run, evcr)


def n25q(board, tmp_path, *commands, pins=FOUR_PINS, **more):
    return run_four(board, tmp_path, pins, *commands, part="N25Q128A13:tSE=2000",
                    contents=contents(16 * MIB), **more)


@pytest.mark.parametrize("by_gpio", [False, True])
def test_slowly(board, tmp_path, by_gpio):
    """By the loops with a delay, and by register writes."""
    image = file_of(tmp_path / "image.bin", noise(300, 5))
    back = tmp_path / "back"
    area = ("stm32f4x.cpu configure -work-area-size 256",) if by_gpio else ()
    run = n25q(board, tmp_path, *area, "cmspi dpi ext", "flash read_bank ext %s 0x123 500" % back,
               "flash erase_sector ext 2 2", "flash write_bank ext %s 0x2000" % image,
               options="" if by_gpio else "-max-khz 300").ok()
    assert back.read_bytes() == contents(MIB)[0x123:0x123 + 500]
    assert (tmp_path / "chip.bin").read_bytes()[:8500] == contents(MIB)[:8192] + noise(300, 5) + b"\xff" * 8
    assert commands_of(run)["BB"] > 2
    assert_in_plain_spi(run, 0xdf)


def test_plain_output_register(board, tmp_path):
    """CLK high is added to the data on each store."""
    chip = Chip(tmp_path / "chip.bin", contents(16 * MIB))
    image = file_of(tmp_path / "image.bin", noise(3001, 5))
    run = Run(board, chip, session("cmspi dpi ext", "flash write_bank ext %s 0x20f1" % image,
                                   "verify_image %s 0x900020f1 bin" % image), bank=plain_bank(),
              chips=(("N25Q128A13", "cs=PA9,clk=PA8,mosi=PA4,miso=PA5,io2=PA6,io3=PA7"),)).ok()
    assert chip.contents()[0x20f1:0x20f1 + 3001] == noise(3001, 5)
    assert commands_of(run)["BB"] > 2


@pytest.mark.parametrize("mode", ["dpi", "qpi"])
def test_refused_program_leaves_plain_spi(board, tmp_path, mode):
    image = file_of(tmp_path / "image.bin", noise(5000, 5))
    run = n25q(board, tmp_path, "cmspi %s ext" % mode, "flash write_bank ext %s 0x4000" % image,
               pins=ANYWHERE, faults=("protected_range:addr=0x4000,size=0x1000",))
    assert run.code != 0
    assert_in_plain_spi(run, 0xdf)


# N25Q: by EVCR; MT25Q: by 35h, F5h
@pytest.mark.parametrize("part, mib, read, enter, evcr", [
    ("N25Q128A13", 16, "EB", "61", 0xdf), ("MT25QL256ABA", 32, "EC", "35", 0xff),
])
def test_qpi_of_micron(board, tmp_path, part, mib, read, enter, evcr):
    before = contents(mib * MIB)
    image = file_of(tmp_path / "image.bin", noise(5000, 5))
    back = tmp_path / "back"
    run = run_four(board, tmp_path, ANYWHERE, "cmspi qpi ext", "flash info ext",
                   "flash read_bank ext %s 0 8192" % back, "flash erase_sector ext 1 1",
                   "flash write_bank ext %s 0x1000" % image,
                   "verify_image %s 0x90001000 bin" % image, part=part + ":tSE=2000",
                   contents=before).ok()
    assert back.read_bytes() == before[:8192]
    assert (tmp_path / "chip.bin").read_bytes() == before[:4096] + noise(5000, 5) + before[9096:]
    assert "mode: QPI, 4-4-4" in run.out
    assert commands_of(run)[read] > 4 and commands_of(run)[enter] > 4
    assert_in_plain_spi(run, evcr)


def like_s25fs(folder):
    """No real part: an AT25QL128A whose SFDP and registers say that bit 6 of CR2 (65h, 71h at
    800003h) enters QPI, as those of S25FS do. JESD216B, BFPT DWORD 15."""
    data = ROOT / "testing/simboard/data"
    row = json.loads((data / "chip/AT25QL128A.json").read_text())
    lines = (data / "sfdp/AT25QL128A.hex").read_text().splitlines()
    sfdp = bytearray(int(b, 16) for line in lines if not line.startswith("#") for b in line.split())
    sfdp[0x68] = 0x84
    (folder / "cr2.hex").write_text("# made up\n" + " ".join("%02x" % b for b in sfdp) + "\n")
    commands = [c for c in row["commands"] if c["opcode"] not in ("38", "FF")]
    for command in commands:
        if command["opcode"] == "9F":
            del command["qpi"]
    commands += [
        {"opcode": "AF", "name": "RDQID", "effect": "read_id", "qpi": "only"},
        {"opcode": "65", "name": "RDAR", "effect": "read_regs", "address": "3", "dummy_clocks": 8,
         "regs": ["CR2V"]},
        {"opcode": "71", "name": "WRAR", "effect": "write_regs", "address": "3", "regs": ["CR2V"],
         "wel": True, "qpi": "also"}]
    row.update(part="like-s25fs", sfdp=str(folder / "cr2.hex"), commands=commands)
    row["registers"].append({"name": "CR2V", "power_up": "0x08", "writable": "0xff"})
    row["flags"]["quad_on"] = "CR2V.6"
    del row["flags"]["quad_enable"]
    (folder / "cr2.json").write_text(json.dumps(row))
    return str(folder / "cr2.json")


def test_qpi_by_a_register_with_an_address(board, tmp_path):
    before = contents(16 * MIB)
    image = file_of(tmp_path / "image.bin", noise(5000, 5))
    back = tmp_path / "back"
    run = run_four(board, tmp_path, ANYWHERE, "cmspi qpi ext",
                   "flash read_bank ext %s 0 8192" % back, "flash erase_sector ext 1 1",
                   "flash write_bank ext %s 0x1000" % image,
                   "verify_image %s 0x90001000 bin" % image, part=like_s25fs(tmp_path),
                   contents=before).ok()
    assert back.read_bytes() == before[:8192]
    assert (tmp_path / "chip.bin").read_bytes() == before[:4096] + noise(5000, 5) + before[9096:]
    assert commands_of(run)["EB"] > 4 and commands_of(run)["71"] > 4
    state = run.report["chips"][0]["state"]
    assert not state["qpi"] and state["registers"]["CR2V"] == 0x08, state


def test_another_probe_keeps_it_and_spi_ends_it(board, tmp_path):
    back = tmp_path / "back"
    run = n25q(board, tmp_path, "cmspi dpi ext", "flash probe ext", "flash info ext",
               "flash read_bank ext %s 0 8192" % back, "cmspi spi ext", "flash info ext",
               "flash read_bank ext %s 0 8192" % (tmp_path / "plain")).ok()
    assert back.read_bytes() == (tmp_path / "plain").read_bytes() == contents(MIB)[:8192]
    assert run.out.count("mode: DPI, 2-2-2") == 1
    assert_in_plain_spi(run, 0xdf)


def test_other_dummy_clocks_are_found_out(board, tmp_path):
    """Bits 7 to 4 of the volatile configuration register (81h); the model has no such
    bits, so the driver is told a wrong number."""
    run = n25q(board, tmp_path, "catch {cmspi dpi ext 6} why; flash info ext",
               "flash read_bank ext %s 0 256" % (tmp_path / "back"))
    assert run.code == 0, run.out
    assert "the number of dummy clocks is another one" in run.out
    assert "mode: DPI" not in run.out
    assert set(run.report["sins"]) == {"dummy_clocks"}


@pytest.mark.parametrize("commands", [
    # as the prior driver's board files did: enter it by hand, then say dpi
    ("cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0x61 0x9f"),
    ("cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0x61 0x9f", "flash probe ext"),
])
def test_chip_left_in_dpi_by_a_board_file(board, tmp_path, commands):
    back = tmp_path / "back"
    run = n25q(board, tmp_path, *commands, "cmspi dpi ext 8",
               "flash read_bank ext %s 0 8192" % back)
    assert run.code == 0, run.out
    assert back.read_bytes() == contents(MIB)[:8192]
    assert "leaving continuous read (ones on mosi)" in run.out
    assert_in_plain_spi(run, 0xdf)


@pytest.mark.parametrize("part, pins, sentence", [
    ("W25Q64JV-Q", FOUR_PINS, "the chip does not tell of commands on two lines (2-2-2)"),
    ("W25Q64JV-Q", "cs=PA4,clk=PA5,mosi=PA7,miso=PB6", "need mosi and miso on one port"),
])
def test_refused(board, tmp_path, part, pins, sentence):
    run = run_four(board, tmp_path, pins, "catch {cmspi dpi ext} why; echo $why",
                   "flash read_bank ext %s 0 256" % (tmp_path / "back"), part=part).ok()
    assert sentence in run.out, run.out


def test_a_chip_without_it_is_told_by_its_id(board, tmp_path):
    """61h is not heard, as on a part of the family that is older than it."""
    run = n25q(board, tmp_path, "catch {cmspi dpi ext}", "flash read_bank ext %s 0 256" %
               (tmp_path / "back"), faults=("ignore_opcode:op=0x61",))
    assert run.code == 0, run.out
    assert "on two lines (2-2-2) the ID reads" in run.out
    assert (tmp_path / "back").read_bytes() == contents(MIB)[:256]


@pytest.mark.parametrize("name", ["erase", "write", "read"])
def test_any_access_may_fail(board, tmp_path, name):
    chip = Chip(tmp_path / "chip.bin", noise(16 * MIB, 1))
    out, report, facts = attempts(
        board, tmp_path, chip, OPERATIONS[name], files(tmp_path, chip),
        application=APPLICATION + ("flash probe ext", "cmspi dpi ext"), bank=bank_of(FOUR_PINS),
        chips=(("N25Q128A13:tSE=4000,tPP=700", FOUR_PINS),), work_area_bytes=8192)
    judge(out, facts)
    # whether it is in plain SPI is asked by 9Fh, which is another opcode in DPI
    assert set(report["sins"]) <= {"unknown_opcode"}, report["sin_log"]
    state = report["chips"][0]["state"]
    assert not state["dpi"] and state["registers"] == state["stored"], state
