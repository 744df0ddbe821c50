# SPDX-License-Identifier: GPL-2.0-or-later

"""cmspi qpi: commands of an operation on four lines, entered and left by the driver.

The chips' rows know these commands in QPI because their data sheets do; what they do
not know there is an `unknown_opcode`."""

import json

import pytest

from conftest import ROOT
from flashlib import file_of, noise
from test_fail_nth import PROCS
from test_four_lines import ANYWHERE, IN_ORDER, TWO_PORTS, run_four
from test_quad_program import macronix

CHIP_BYTES = 16 << 20
CONTENTS = noise(8192, 3) + b"\xff" * (CHIP_BYTES - 8192)


def parts(folder):
    # 38h, FFh; quad enable is 0 and has a volatile copy
    return {"AT25QL128A": ("AT25QL128A", "-quad"), "MX25L12845G": (macronix(folder), "")}


def commands_of(run):
    return {op: row["count"] for op, row in run.report["chips"][0]["commands"].items()}


def assert_in_plain_spi(run):
    state = run.report["chips"][0]["state"]
    assert not state["qpi"] and not state["addr4"] and not state["continuous"], state
    assert state["registers"]["SR1"] == state["stored"]["SR1"]
    assert run.report["gpio"]["unlike_mark"] == []


@pytest.mark.parametrize("name, pins, transport", [
    ("AT25QL128A", ANYWHERE, "dapdirect_swd"), ("MX25L12845G", IN_ORDER, "dapdirect_swd"),
    ("MX25L12845G", TWO_PORTS, "hla_swd")])
def test_read_erase_program_verify(board, tmp_path, name, pins, transport):
    part, options = parts(tmp_path)[name]
    image = file_of(tmp_path / "image.bin", noise(5000, 5))
    back = tmp_path / "back"
    run = run_four(board, tmp_path, pins, "cmspi qpi ext", "flash info ext",
                   "flash read_bank ext %s 0 8192" % back, "flash erase_sector ext 1 1",
                   "flash write_bank ext %s 0x1000" % image,
                   "flash verify_bank ext %s 0x1000" % image, "verify_image %s 0x90001000 bin" % image, part=part, contents=CONTENTS,
                   options=options, transport=transport).ok()
    assert back.read_bytes() == CONTENTS[:8192]
    wanted = CONTENTS[:4096] + noise(5000, 5) + CONTENTS[9096:]
    assert (tmp_path / "chip.bin").read_bytes() == wanted
    assert "mode: QPI, 4-4-4" in run.out
    counts = commands_of(run)
    enter, leave = ("38", "FF") if name == "AT25QL128A" else ("35", "F5")
    assert counts["EB"] > 5 and counts[leave] >= 5 and counts[enter] >= counts[leave], counts
    assert_in_plain_spi(run)


@pytest.mark.parametrize("name", ["AT25QL128A", "MX25L12845G"])
def test_another_probe_keeps_it(board, tmp_path, name):
    part, options = parts(tmp_path)[name]
    back = tmp_path / "back"
    run = run_four(board, tmp_path, ANYWHERE, "cmspi qpi ext", "flash probe ext",
                   "flash read_bank ext %s 0 8192" % back, "flash info ext", part=part,
                   contents=CONTENTS, options=options).ok()
    assert back.read_bytes() == CONTENTS[:8192]
    assert "mode: QPI, 4-4-4" in run.out
    assert_in_plain_spi(run)


def test_a_probe_that_finds_quad_enable_gone_ends_it(board, tmp_path):
    part, options = parts(tmp_path)["MX25L12845G"]
    back = tmp_path / "back"
    run = run_four(board, tmp_path, ANYWHERE, "cmspi qpi ext", "cmspi cmd ext 0 0x06",
                   "cmspi cmd ext 0 0x01 0", PROCS, "wait_ready", "flash probe ext",
                   "flash read_bank ext %s 0 8192" % back, "flash info ext", part=part,
                   contents=CONTENTS, options=options).ok()
    assert back.read_bytes() == CONTENTS[:8192]
    assert "commands go on one line again" in run.out and "mode: QPI" not in run.out


def test_by_gpio(board, tmp_path):
    part, options = parts(tmp_path)["AT25QL128A"]
    image = file_of(tmp_path / "image.bin", noise(300, 5))
    back = tmp_path / "back"
    run = run_four(board, tmp_path, ANYWHERE, "stm32f4x.cpu configure -work-area-size 256",
                   "cmspi qpi ext", "flash read_bank ext %s 0x123 500" % back,
                   "flash write_bank ext %s 0x2000" % image, part=part, contents=CONTENTS,
                   options=options).ok()
    assert back.read_bytes() == CONTENTS[0x123:0x123 + 500]
    assert (tmp_path / "chip.bin").read_bytes() == CONTENTS[:8192] + noise(300, 5) + CONTENTS[8492:]
    assert_in_plain_spi(run)


def test_refused_program_leaves_plain_spi(board, tmp_path):
    part, options = parts(tmp_path)["AT25QL128A"]
    image = file_of(tmp_path / "image.bin", noise(5000, 5))
    run = run_four(board, tmp_path, ANYWHERE, "cmspi qpi ext",
                   "flash write_bank ext %s 0x4000" % image, part=part, contents=CONTENTS,
                   options=options, faults=("protected_range:addr=0x4000,size=0x1000",))
    assert run.code != 0
    assert_in_plain_spi(run)


def test_back_to_spi(board, tmp_path):
    part, options = parts(tmp_path)["MX25L12845G"]
    run = run_four(board, tmp_path, ANYWHERE, "cmspi qpi ext", "cmspi spi ext", "flash info ext",
                   "flash read_bank ext %s 0 8192" % (tmp_path / "back"), part=part,
                   contents=CONTENTS, options=options).ok()
    assert "mode: QPI" not in run.out
    assert commands_of(run)["35"] == 1
    assert_in_plain_spi(run)


def test_chip_left_in_qpi_by_a_board_file(board, tmp_path):
    """As the prior driver's board files did: enter it by hand, then say qpi."""
    part, options = parts(tmp_path)["MX25L12845G"]
    back = tmp_path / "back"
    run = run_four(board, tmp_path, ANYWHERE, "cmspi cmd ext 0 0x35", "cmspi qpi ext 6",
                   "flash read_bank ext %s 0 8192" % back, part=part, contents=CONTENTS,
                   options=options)
    assert run.code == 0, run.out
    assert back.read_bytes() == CONTENTS[:8192]
    assert_in_plain_spi(run)


@pytest.mark.parametrize("part, pins, options, sentence", [
    ("W25Q64JV-M", ANYWHERE, "", "the chip does not tell of commands on four lines"),
    ("AT25QL128A", ANYWHERE, "", "need quad enable"),
    ("MX25L12845G", "cs=PA4,clk=PA5,mosi=PA7,miso=PA6", "", "need io2 and io3"),
])
def test_refused(board, tmp_path, part, pins, options, sentence):
    size = 8 << 20 if part == "W25Q64JV-M" else CHIP_BYTES
    run = run_four(board, tmp_path, pins, "catch {cmspi qpi ext} why; echo $why",
                   "flash read_bank ext %s 0 256" % (tmp_path / "back"), part=part,
                   contents=noise(4096, 3) + b"\xff" * (size - 4096), options=options).ok()
    assert sentence in run.out, run.out


def old_winbond(folder):
    """W25Q256FV: its SFDP (1.0) tells of the 4-4-4 read, and not how to get there. In QPI its
    ID is EF 60 19; quad enable is set here."""
    row = json.loads((ROOT / "testing/simboard/data/chip/W25Q256FV.json").read_text())
    row["part"] = "w25q256fv-qe"
    for command in row["commands"]:
        if command["opcode"] in ("06", "9F", "02", "20", "D8"):
            command["qpi"] = "also"
        if command["opcode"] == "EB":
            command.update(qpi="also", qpi_dummy_clocks=2)
    next(r for r in row["registers"] if r["name"] == "SR2")["power_up"] = "0x02"
    (folder / "fv.json").write_text(json.dumps(row))
    return str(folder / "fv.json")


def test_quad_enable_by_the_id_where_sfdp_is_old(board, tmp_path):
    before = noise(8192, 3) + b"\xff" * ((32 << 20) - 8192)
    image = file_of(tmp_path / "image.bin", noise(700, 5))
    back, wide = tmp_path / "back", tmp_path / "wide"
    run = run_four(board, tmp_path, ANYWHERE, "flash read_bank ext %s 0 8192" % wide,
                   "flash info ext", "cmspi qpi ext", "flash read_bank ext %s 0 8192" % back,
                   "flash write_bank ext %s 0x2000" % image,
                   "verify_image %s 0x90002000 bin" % image, part=old_winbond(tmp_path),
                   contents=before).ok()
    assert back.read_bytes() == wide.read_bytes() == before[:8192]
    assert "reads: 6Bh, 1-1-4" in run.out
    assert commands_of(run)["38"] > 3 and commands_of(run)["EB"] > 3
    assert (tmp_path / "chip.bin").read_bytes()[8192:8892] == noise(700, 5)
    assert_in_plain_spi(run)
