# SPDX-License-Identifier: GPL-2.0-or-later

"""Chips that are missing, dead, protected or lying: every operation ends with
an exit code and a sentence, and nothing is claimed that did not happen."""

import json
import os
import re

import pytest

from conftest import PINS
from firmware import firmware
from flashlib import (BANK, BASE, CHIP_BYTES, PAGE_BYTES, Chip, Run, file_of, noise, session,
                      small_chip)


@pytest.fixture
def full(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=1))


@pytest.fixture
def data(tmp_path):
    return file_of(tmp_path / "data.bin", noise(600, 7))


OPERATIONS = ["flash probe ext", "flash erase_sector ext 0 0", "flash write_bank ext {data} 0",
              "flash read_bank ext {out} 0 16", "flash verify_bank ext {data} 0",
              "cmspi mass_erase ext", "mdw 0x90000000", "verify_image {data} 0x90000000 bin",
              "flash fillw 0x90000000 0 1", "flash erase_check ext",
              "flash write_image erase {data} 0x90000000 bin"]


# ---- no chip -------------------------------------------------------------------

@pytest.mark.parametrize("operation", OPERATIONS)
def test_empty_socket_is_an_error_and_says_so(board, tmp_path, data, operation):
    run = Run(board, None, session(operation.format(data=data, out=tmp_path / "out")), chips=())
    run.failed("no chip")
    assert not (tmp_path / "out").exists()


def test_empty_socket_names_the_pins(board):
    run = Run(board, None, session("flash probe ext"), chips=()).failed("no chip")
    assert "PA4" in run.out or "cs" in run.out.lower()


def test_empty_socket_does_not_hinder_the_internal_flash(board, data):
    Run(board, None, session("flash write_image erase %s 0x08004000 bin" % data,
                             "verify_image %s 0x08004000 bin" % data), chips=()).ok()


def test_empty_socket_is_said_once_per_cause(board):
    run = Run(board, None, session("catch {flash info ext}", "catch {mdw 0x08000000}",
                                   "flash banks"), chips=())
    assert len(re.findall(r"^Error.*no chip", run.out, re.MULTILINE)) <= 1, run.out


def test_another_cause_is_said_too(board, tmp_path):
    """No chip at first, then one whose size nobody knows."""
    row = json.loads(small_chip(tmp_path).read_text())
    row["jedec_id"] = "C87712"
    nameless = file_of(tmp_path / "nameless.json", json.dumps(row).encode())
    look = "catch {flash info ext}"
    run = Run(board, None, session(look, look, "mww 0x5FFFF020 1", look, look),
              chips=((str(nameless), PINS),), faults=("out_of_socket",), extra=["--control"])
    assert len(re.findall(r"^Error.*no chip answers", run.out, re.MULTILINE)) == 1, run.out
    assert len(re.findall(r"^Error.*unknown chip, ID c8 77 12", run.out, re.MULTILINE)) == 1, run.out


# ---- a chip that answers nonsense ----------------------------------------------

@pytest.mark.parametrize("fault", ["id_all_ff", "miso_stuck:level=0", "miso_stuck:level=1"])
def test_a_dead_line_looks_like_no_chip(board, full, data, fault):
    Run(board, full, session("flash write_image erase %s 0x90000000 bin" % data),
        faults=(fault,)).failed("no chip")
    full.assert_as_expected()


@pytest.mark.parametrize("offset", [0, 6, 8, 0xc, 0x80, 0x84, 0x9c])
def test_broken_sfdp_never_makes_a_wrong_size(board, full, offset):
    run = Run(board, full, session("flash probe ext", "flash banks"),
              faults=("sfdp_corrupt_at:offset=%d" % offset,))
    run.innocent()
    if run.code == 0:
        assert "ext (cmspi) at 0x90000000, size 0x00800000" in run.out
    else:
        assert "SFDP" in run.out


# ---- a chip that does not do as it is told -------------------------------------

@pytest.mark.parametrize("fault, operation, word", [
    pytest.param("stuck_wip", "flash erase_sector ext 2 2", "still busy", marks=pytest.mark.skipif(
        os.environ.get("CMSPI_LONG") != "1", reason="half a minute of polling, only in --long")),
    ("stuck_wip", "flash write_bank ext {data} 0x2000", "still busy"),
    ("wel_ignored", "flash erase_sector ext 2 2", "write enable"),
    ("wel_ignored", "flash write_bank ext {data} 0x2000", "write enable"),
    ("wel_ignored", "cmspi mass_erase ext", "write enable"),
])
def test_a_chip_that_disobeys_is_an_error(board, full, data, fault, operation, word):
    run = Run(board, full, session(operation.format(data=data)), faults=(fault,))
    assert run.code != 0, run.out
    assert word in run.out, run.out
    # a chip that is busy for ever cannot be left in peace, however it is done
    assert run.report["sins"] == {} or fault == "stuck_wip", run.report["sins"]


@pytest.mark.parametrize("fault, operation", [
    ("ignore_opcode:op=0x20", "flash erase_sector ext 2 2"),
    ("ignore_opcode:op=0xd8", "flash erase_sector ext 16 31"),
    ("ignore_opcode:op=0xc7", "cmspi mass_erase ext"),
    ("ignore_opcode:op=0x02", "flash write_bank ext {data} 0x2000"),
    ("protected_range:addr=0x2000,size=0x1000", "flash erase_sector ext 0 7"),
    ("protected_range:addr=0x2000,size=0x1000", "flash write_bank ext {data} 0x2000"),
])
def test_a_command_that_the_chip_ignores_is_an_error(board, tmp_path, data, fault, operation):
    contents = bytearray(b"\xff" * CHIP_BYTES if "write" in operation else noise(CHIP_BYTES, 1))
    chip = Chip(tmp_path / "chip.bin", contents)
    run = Run(board, chip, session("flash probe ext", operation.format(data=data)),
              faults=(fault,)).failed("0x")
    assert "protect" in run.out or "ignore" in run.out, run.out


@pytest.mark.parametrize("way, committed", [
    # read back before the first page of a row only: the chip sees a program without it
    ("adapter speed 4000", {"no_write_enable"}),
    ("cmspi compress off", {"no_write_enable"}),
    # and before each page by register writes
    ("$_TARGETNAME configure -work-area-size 0", set()),
], ids=["packed", "raw", "registers"])
@pytest.mark.parametrize("heard", [1, 2, 7])
def test_a_write_enable_that_gets_lost_later_is_named(board, tmp_path, heard, way, committed):
    chip = Chip(tmp_path / "chip.bin")
    data = firmware(8 * PAGE_BYTES, 6)
    path = file_of(tmp_path / "data.bin", data)
    first, lost = 0x2000, 0x2000 + heard * PAGE_BYTES
    run = Run(board, chip, session("flash probe ext", way, "flash write_bank ext %s %#x" % (path, first)),
              probe="stlink-v2", faults=("ignore_opcode:op=0x06,after=%d" % heard,))
    assert run.code != 0, run.out
    assert re.search(r"Error: ext: .*0x%08x.*(write enable|protect|ignore)" % (BASE + lost), run.out), run.out
    assert set(run.report["sins"]) == committed
    # what was sent before it is there
    held = chip.contents()
    assert held[first:lost] == data[:heard * PAGE_BYTES]
    assert held[lost:lost + PAGE_BYTES] == b"\xff" * PAGE_BYTES


@pytest.mark.parametrize("fault", ["erase_noop", "program_noop"])
def test_a_chip_that_only_pretends_does_not_pass_program_verify(board, full, data, fault):
    run = Run(board, full, ("program %s 0x90002000 verify exit" % data,), faults=(fault,))
    assert run.code != 0, run.out
    assert "** Verified OK **" not in run.out


@pytest.mark.parametrize("operation, where", [
    ("flash erase_sector ext 2 2", "0x2000"),
    ("flash write_bank ext {data} 0x2000", "0x2000"),
    ("cmspi mass_erase ext", ""),
])
def test_write_protected_chip_is_an_error_with_the_reason(board, full, data, operation, where):
    # status register 1, BP2..BP0 = 111: everything (W25Q64JV data sheet rev. J, 7.1.7)
    run = Run(board, full, session("cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0x01 0x1c",
                                   "sleep 50", operation.format(data=data)))
    run.failed("protect")
    assert re.search(where.replace("0x", "0x9?0*"), run.out)
    full.assert_as_expected()


# ---- as found, also when it went wrong -----------------------------------------

# RCC_AHB1ENR, GPIOA MODER OTYPER OSPEEDR PUPDR, ODR (RM0090 rev. 19, 7.3.10, 8.4)
LOOK = "echo \"REGS [mdw 0x40023830][mdw 0x40020000 4][mdw 0x40020014]END\""


@pytest.mark.parametrize("faults, operation", [
    (("id_all_ff",), "flash probe ext"),
    (("wel_ignored",), "flash erase_sector ext 2 2"),
    (("stuck_wip",), "flash write_bank ext {data} 0x2000"),
    (("ignore_opcode:op=0x02",), "flash write_bank ext {data} 0x2000"),
])
def test_pins_and_clocks_are_as_found_after_an_error(board, full, data, faults, operation):
    run = Run(board, full, session(LOOK, "echo FAILED=[catch {%s}]" % operation.format(data=data),
                                   LOOK), faults=faults)
    assert "FAILED=0" not in run.out and "FAILED=" in run.out, run.out
    seen = re.findall(r"^REGS (.*?)END", run.out, re.MULTILINE | re.DOTALL)
    assert len(seen) == 2 and seen[0] == seen[1], seen


def test_work_area_is_as_found_when_told_to(board, full, data, tmp_path):
    before = file_of(tmp_path / "ram.bin", noise(32768, 12))
    after = tmp_path / "after.bin"
    Run(board, full, session(
        "stm32f4x.cpu configure -work-area-backup 1", "load_image %s 0x20000000 bin" % before,
        "flash write_image erase %s 0x90002000 bin" % data,
        "verify_image %s 0x90002000 bin" % data,
        "dump_image %s 0x20000000 32768" % after)).ok()
    assert after.read_bytes() == before.read_bytes()


# ---- the target is not halted --------------------------------------------------

# b . in RAM that OpenOCD does not use for itself
RUNNING = ("flash probe ext", "mww 0x2001f000 0xe7fee7fe", "resume 0x2001f000", "sleep 5")


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if "mdw" not in o])
def test_running_target_is_refused_in_words(board, full, tmp_path, data, operation):
    run = Run(board, full, session(
        *RUNNING, operation.format(data=data, out=tmp_path / "out")))
    run.failed("halt")
    full.assert_as_expected()


def test_running_target_reads_no_window_and_keeps_running(board, full):
    run = Run(board, full, session(
        *RUNNING, "echo READ=[catch {mdw 0x90000000}][catch {mdw 0x90000000}]",
        "echo STATE=[stm32f4x.cpu curstate]")).ok()
    assert "READ=-304-304" in run.out and "STATE=running" in run.out
    assert run.out.count("cannot be read") == 1, run.out


# ---- a bank that makes no sense ------------------------------------------------

@pytest.mark.parametrize("line, word", [
    ("cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 -mosi PA7", "miso"),
    ("cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PZ6", "PZ6"),
    ("cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PA16", "PA16"),
    ("cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PA4 -clk PA4 -mosi PA7 -miso PA6", "PA4"),
    ("cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 -mosi PA13 -miso PA6", "PA13"),
    ("cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PA6 -mhz 3", "-mhz"),
    ("cmspi_bank ext 0x90000000 nobody -cs PA4 -clk PA5 -mosi PA7 -miso PA6", "nobody"),
    ("cmspi_bank ext 0x90000000 stm32f4x.cpu -family z80 -cs PA4 -clk PA5 -mosi PA7 -miso PA6",
     "z80"),
])
def test_a_wrong_bank_line_says_what_is_wrong(board, line, word):
    run = Run(board, None, ("source [find cmspi.tcl]; " + line, "shutdown"), bank=None)
    run.failed(word)
    assert "at file" not in run.out.split("Error")[0]


@pytest.mark.parametrize("base", ["0x90000000", "0x90100000"])
def test_banks_that_overlap_are_refused_by_name(board, full, base):
    second = BANK.replace("ext 0x90000000", "second " + base).replace("-cs PA4", "-cs PB4")
    Run(board, full, ("init", "reset init", "flash probe ext", "shutdown"),
        bank="%s; %s" % (BANK, second)).failed("0x90")
    full.assert_as_expected()


def test_sourcing_twice_is_harmless(board, full):
    Run(board, full, session("flash probe ext"), bank="source [find cmspi.tcl]; " + BANK).ok()
