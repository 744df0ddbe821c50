# SPDX-License-Identifier: GPL-2.0-or-later

"""Fail the n-th debug access: whatever access of an operation fails, either an
error is reported or the result is right; the chip is deselected, pins, clock
gates and core registers are as found, the work area is free, RAM outside it is
unchanged, and the same operation then ends bit-exact.

Without CMSPI_LONG=1 in the environment a sample of the accesses is tried."""

import os
import re

import pytest

from conftest import PINS
from flashlib import (BANK, BASE, CHIP_BYTES, SECTOR_BYTES, SMALL_BYTES, Chip, file_of, noise,
                      session, small_chip)

LONG = os.environ.get("CMSPI_LONG") == "1"
MOST = 0 if LONG else 36
SCRIPT = os.path.join(os.path.dirname(__file__), "fail_nth.tcl")

# times in microseconds: long enough to be seen busy, short enough to try often
CHIP = "W25Q64JV-Q:tSE=4000,tPP=700"
SLOW_CHIP = "W25Q64JV-Q:tSE=100000,tPP=20000"
TARGET = "stm32f4x.cpu"
RAM, RAM_BYTES = 0x20000000, 128 * 1024
# so small that the stub takes all of it: what is not given back is missed
WORK_AREA_BYTES = 4096

CORE = ("get_reg {r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 r11 r12 sp lr pc xPSR msp psp primask "
        "basepri faultmask control}")
# all of RCC; GPIOA without IDR (RM0090 rev. 19, 7.3.24, 8.4)
LOOK = ("mdw 0x40023800 36", "mdw 0x40020000 4", "mdw 0x40020014 1", "mdw 0x40020020 2", CORE)
# an application that uses the pins: PA5 as SPI1_SCK, PA4 and PA15 as outputs
APPLICATION = ("mww 0x40023830 0x00100001", "mww 0x40020000 0x68000900",
               "mww 0x40020020 0x00500000", "mww 0x40020018 0x00008010", "reg r7 0x12345678")

# operation, before each, is the result right?
OPERATIONS = {
    "probe": ("flash probe ext", "", "flash read_bank ext {out} 0 4"),
    "erase": ("flash erase_sector ext 1 1", "", "flash verify_bank ext {blank} 0x1000"),
    "write": ("flash write_bank ext {data} 0x20f9", "flash erase_sector ext 2 2",
              "flash verify_bank ext {data} 0x20f9"),
    "verify": ("flash verify_bank ext {there} 0x7ffd", "", ""),
    "read": ("flash read_bank ext {out} 0x7ffd 77", "", "same_files {out} {there}"),
    "window": ("verify_image {there} %#x bin" % (BASE + 0x7ffd), "", ""),
}
# by register writes each byte costs 24 accesses: less of them. The sector is
# not blank before, for this would be found out byte by byte.
SMALL_OPERATIONS = {
    "erase": ("cmspi cmd ext 0 0x06; cmspi cmd ext 0 0x02 0 0x10 0 0; wait_ready; "
              "flash erase_sector ext 1 1", "", "flash verify_bank ext {blank_start} 0x1000"),
    "write": ("flash write_bank ext {data} 0x20f9", "", "flash verify_bank ext {data} 0x20f9"),
    "verify": ("flash verify_bank ext {few} 0x7ffd", "", ""),
    "read": ("flash read_bank ext {out} 0x7ffd 9", "", "same_files {out} {few}"),
}
PROCS = """proc wait_ready {} {
	for {set i 0} {$i < 1000} {incr i} {
		if {!("0x[cmspi cmd ext 1 0x05]" & 1)} {
			return
		}
	}
	error "the chip stays busy"
}
proc same_files {a b} {
	foreach name {a b} {
		set stream [open [set $name] rb]
		set $name [read $stream]
		close $stream
	}
	if {$a ne $b} {
		error "files differ"
	}
}"""


@pytest.fixture
def full(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=1))


def files(folder, chip, data_bytes=300):
    """What the operations read and write, by the names in their scripts."""
    return {
        "data": file_of(folder / "data.bin", noise(data_bytes, 7)),
        "there": file_of(folder / "there.bin", bytes(chip.expected[0x7ffd:0x7ffd + 77])),
        "few": file_of(folder / "few.bin", bytes(chip.expected[0x7ffd:0x7ffd + 9])),
        "blank": file_of(folder / "blank.bin", b"\xff" * SECTOR_BYTES),
        "blank_start": file_of(folder / "blank_start.bin", b"\xff" * 9),
        "out": folder / "out.bin",
    }


def attempts(make_board, folder, chip, operation, names, *, transport="dapdirect_swd",
             look=LOOK, application=APPLICATION, work_area_bytes=WORK_AREA_BYTES, most=MOST,
             bank=BANK, **options):
    """All attempts on one operation. Returns (output, report, facts of each)."""
    scripts = [text.format(**names) if text else "" for text in operation]
    ram = file_of(folder / "ram.bin", noise(RAM_BYTES, 8))
    options.setdefault("chips", ((CHIP, PINS),))
    board = make_board(images=(chip.path,), extra=("--control",), **options)
    setting = "set OPERATION {%s}; set PREPARE {%s}; set CHECK {%s}; set LOOK {%s}; set MOST %d" % (
        *scripts, " ".join("{%s}" % one for one in look), most)
    args = ["-c", bank, "-c", "%s configure -work-area-size %d" % (TARGET, work_area_bytes)]
    for command in session("load_image %s %#x bin" % (ram, RAM), *application, PROCS, setting,
                           "flash probe ext", "source %s" % SCRIPT,
                           "dump_image %s.after %#x %d" % (ram, RAM, RAM_BYTES)):
        args += ["-c", command]
    code, out = board.run(*args, transport=transport, timeout=3600)
    report = board.stop()
    assert code == 0, out
    after = (folder / "ram.bin.after").read_bytes()
    assert after[work_area_bytes:] == ram.read_bytes()[work_area_bytes:], "RAM was changed"
    facts = [dict(re.findall(r"(\w+)=(\{.*?\}|\S+)", line))
             for line in out.splitlines() if line.startswith("NTH ")]
    return out, report, facts


def judge(out, facts):
    bad = [one for one in facts
           if one["same"] != "1" or one["wrong"] != "0" or one["again"] != "0"]
    around = "".join(re.findall(r"(?:.*\n){15}NTH n=%s .*\n(?:.*\n){2}" % bad[0]["n"], out)
                     if bad else [])
    assert not bad, "%s\n%s" % (bad[:10], around)
    assert facts[-1]["untouched"] == "1" and facts[-1]["failed"] == "0"
    assert sum(one["untouched"] == "0" for one in facts) > len(facts) / 2, "no fault struck"
    assert "could not be put back" not in out


# ---- through the stub ----------------------------------------------------------

@pytest.mark.parametrize("transport", ["dapdirect_swd", "hla_swd"])
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_any_access_may_fail_with_the_stub(board, full, tmp_path, name, transport):
    names = files(tmp_path, full)
    out, report, facts = attempts(board, tmp_path, full, OPERATIONS[name], names,
                                  transport=transport)
    judge(out, facts)
    assert "too small for the stub" not in out, "work area was not given back"
    assert report["sins"] == {}, report["sin_log"]


# so much that its data go round the rings some times, as cells of equal size
LONG_OPERATIONS = {
    "write": ("flash write_bank ext {data} 0x20f9", "flash erase_sector ext 2 3",
              "flash verify_bank ext {data} 0x20f9"),
    "read": ("flash read_bank ext {out} 0x4003 6000", "", "same_files {out} {long}"),
}


@pytest.mark.parametrize("transport", ["dapdirect_swd", "hla_swd"])
@pytest.mark.parametrize("name", sorted(LONG_OPERATIONS))
def test_any_access_may_fail_when_the_rings_turn(board, full, tmp_path, name, transport):
    names = {**files(tmp_path, full, data_bytes=6000),
             "long": file_of(tmp_path / "long.bin", bytes(full.expected[0x4003:0x4003 + 6000]))}
    out, report, facts = attempts(board, tmp_path, full, LONG_OPERATIONS[name], names,
                                  transport=transport)
    judge(out, facts)
    # the frame was open when the data stopped coming
    assert set(report["sins"]) <= {"short_command"}, report["sin_log"]


def test_any_access_may_fail_in_a_mass_erase(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(SMALL_BYTES, 3))
    out, report, facts = attempts(
        board, tmp_path, chip, ("cmspi mass_erase ext", "", "flash verify_bank ext {blank} 0x1000"),
        files(tmp_path, chip), chips=(("%s:tCE=10000" % small_chip(tmp_path), PINS),))
    judge(out, facts)
    assert report["sins"] == {}, report["sin_log"]
    assert chip.contents() == b"\xff" * SMALL_BYTES


def test_any_access_may_fail_in_a_program_run(board, full, tmp_path):
    """With its resets: the registers are the reset's business then."""
    # something else is there before, else nothing were erased and programmed
    operation = ("program {data} %#x verify" % BASE,
                 "flash erase_sector ext 0 0; flash write_bank ext {there} 0",
                 "flash verify_bank ext {data} 0")
    out, report, facts = attempts(board, tmp_path, full, operation, files(tmp_path, full),
                                  look=(), application=())
    judge(out, facts)
    assert report["sins"] == {}, report["sin_log"]


# ---- by register writes --------------------------------------------------------

# a frame that breaks off in the middle is what the chip sees of a failed link
BROKEN_OFF = {"byte_boundary", "short_command", "dummy_clocks"}


@pytest.mark.parametrize("transport", ["dapdirect_swd", "hla_swd"])
@pytest.mark.parametrize("name", sorted(SMALL_OPERATIONS))
def test_any_access_may_fail_by_register_writes(board, full, tmp_path, name, transport):
    full.erase(0x2000, SECTOR_BYTES)
    full.path.write_bytes(full.expected)
    out, report, facts = attempts(
        board, tmp_path, full, SMALL_OPERATIONS[name], files(tmp_path, full, data_bytes=9),
        transport=transport, work_area_bytes=0, most=MOST or 400, chips=((SLOW_CHIP, PINS),))
    judge(out, facts)
    assert set(report["sins"]) <= BROKEN_OFF, report["sin_log"]


# ---- exit codes, and another session -------------------------------------------

def test_a_failed_run_has_an_exit_code_and_the_next_one_works(board, full, tmp_path):
    data = noise(600, 9)
    path = file_of(tmp_path / "data.bin", data)
    command = "program %s %#x verify exit" % (path, BASE + 0x3000)

    def run(*faults):
        one = board(images=(full.path,), chips=((CHIP, PINS),), faults=faults, once=False)
        codes = [one.run("-c", BANK, "-c", command) for _ in range(2 if faults else 1)]
        return codes, one.stop()

    full.erase(0x3000, SECTOR_BYTES)
    full.write(0x3000, data)
    codes, report = run()
    assert codes[0][0] == 0, codes
    count = report["debug_faults"]["accesses"]
    full.assert_as_expected()
    steps = 60 if LONG else 6
    failed = 0
    for i in range(steps):
        full.path.write_bytes(noise(CHIP_BYTES, seed=1))
        n = count * 2 // 3 + (count // 3) * i // steps
        codes, report = run("fail_access_n:n=%d" % n)
        (first, out), (second, again) = codes
        assert second == 0, (n, again)
        assert report["debug_faults"]["struck"] == 1
        if first:
            failed += 1
            assert "Error" in out, (n, out)
        full.assert_as_expected()
    assert failed > steps / 3
