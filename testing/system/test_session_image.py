# SPDX-License-Identifier: GPL-2.0-or-later

"""Incremental programming by command: which sectors are erased and programmed,
and that an erase which was put off is never lost."""

import re

import pytest

from flashlib import (BASE, CHIP_BYTES, SECTOR_BYTES, Chip, Run, elf, file_of, noise, pause_app,
                      session)
from conftest import PINS

CHIP = "W25Q64JV-Q:tSE=4000,tPP=200"


@pytest.fixture
def full(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=1))


def sectors_of(out):
    """(unchanged, erased, programmed) of each summary."""
    return [tuple(int(n) for n in found) for found in re.findall(
        r"sectors: (\d+) unchanged, (\d+) erased, (\d+) programmed", out)]


def wears(run):
    """Erase and program commands that the chip took."""
    chip = run.report["chips"][0]
    return chip["erases"], chip["programs"]


def test_the_same_image_again_erases_and_programs_nothing(board, full, tmp_path):
    data = noise(40000, 2)
    path = file_of(tmp_path / "data.bin", data)
    full.erase(0x1000, 10 * SECTOR_BYTES)
    full.write(0x1000, data)
    full.path.write_bytes(full.expected)
    run = Run(board, full, ("program %s 0x90001000 verify exit" % path,), chips=((CHIP, PINS),)).ok()
    assert sectors_of(run.out) == [(10, 0, 0)]
    assert wears(run) == (0, 0)
    full.assert_as_expected()


def test_only_sectors_that_differ_are_erased(board, full, tmp_path):
    """Five of twenty: one byte changed, the tail behind the image not blank, half
    written, blank, all wrong."""
    data = bytearray(noise(20 * SECTOR_BYTES - 96, 3))
    data[7 * SECTOR_BYTES:8 * SECTOR_BYTES] = b"\xff" * SECTOR_BYTES
    path = file_of(tmp_path / "data.bin", bytes(data))
    full.erase(0, 20 * SECTOR_BYTES)
    full.write(0, data)
    found = bytearray(full.expected)
    found[2 * SECTOR_BYTES + 99] ^= 1
    found[20 * SECTOR_BYTES - 1] = 0
    found[5 * SECTOR_BYTES + 2048:6 * SECTOR_BYTES] = b"\xff" * 2048
    found[6 * SECTOR_BYTES:7 * SECTOR_BYTES] = b"\xff" * SECTOR_BYTES
    found[7 * SECTOR_BYTES:8 * SECTOR_BYTES] = noise(SECTOR_BYTES, 4)
    full.path.write_bytes(found)
    run = Run(board, full, ("program %s 0x90000000 verify exit" % path,),
              chips=((CHIP, PINS),)).ok()
    assert sectors_of(run.out) == [(15, 4, 4)]
    assert wears(run) == (4, 4 * 16)
    full.assert_as_expected()


def test_several_runs_of_an_image_and_another_flash(board, full, tmp_path):
    pieces = [(BASE + 0x1010, noise(300, 22)), (BASE + 0x1800, noise(77, 23)),
              (BASE + 0x123456, noise(9000, 24))]
    path = elf(tmp_path / "app.elf", (0x08000000, pause_app()), *pieces)
    for addr, data in pieces:
        first = (addr - BASE) // 4096 * 4096
        full.erase(first, (addr - BASE + len(data) + 4095) // 4096 * 4096 - first)
    for addr, data in pieces:
        full.write(addr - BASE, data)
    run = Run(board, full, ("program %s verify" % path, "program %s verify exit" % path),
              chips=((CHIP, PINS),)).ok()
    assert sectors_of(run.out) == [(0, 4, 4), (4, 0, 0)]
    full.assert_as_expected()


def test_off_erases_at_once_and_programs_all(board, full, tmp_path):
    data = noise(3 * SECTOR_BYTES, 5)
    path = file_of(tmp_path / "data.bin", data)
    full.write(0, data)
    full.path.write_bytes(full.expected)
    run = Run(board, full, ("cmspi incremental off", "program %s 0x90000000 exit" % path),
              chips=((CHIP, PINS),)).ok()
    assert wears(run) == (3, 48)
    full.assert_as_expected()


def test_an_erase_typed_by_hand_is_done_at_once(board, full):
    full.erase(SECTOR_BYTES, 2 * SECTOR_BYTES)
    run = Run(board, full, session("flash erase_sector ext 1 2", "flash info ext"),
              chips=((CHIP, PINS),)).ok()
    assert "pending" not in run.out
    full.assert_as_expected()


# ---- a session by hand -----------------------------------------------------------

BEGIN = ("cmspi session begin", "flash erase_sector ext 1 3")


def test_a_session_of_scripts(board, full, tmp_path):
    data = full.expected[SECTOR_BYTES:2 * SECTOR_BYTES]
    path = file_of(tmp_path / "data.bin", bytes(data))
    full.erase(2 * SECTOR_BYTES, 2 * SECTOR_BYTES)
    run = Run(board, full, session(*BEGIN, "flash info ext", "flash write_bank ext %s 0x1000" % path,
                                   "flash info ext", "cmspi session end", "flash info ext"),
              chips=((CHIP, PINS),)).ok()
    assert re.findall(r"pending erases: (\d+) sectors", run.out) == ["3", "2"]
    assert sectors_of(run.out) == [(1, 2, 0)]
    full.assert_as_expected()


def test_sessions_nest_and_an_end_without_begin_is_told(board, full):
    full.erase(SECTOR_BYTES, 3 * SECTOR_BYTES)
    run = Run(board, full, session("cmspi session begin", *BEGIN, "cmspi session end",
                                   "flash info ext", "cmspi session end",
                                   "if {![catch {cmspi session end} why]} {error missing}; echo $why"),
              chips=((CHIP, PINS),)).ok()
    assert "pending erases: 3 sectors (12 KiB)" in run.out
    assert "no session was begun" in run.out
    full.assert_as_expected()


LOOKS = {
    "read": "flash read_bank ext {out} 0x1000 4",
    "read of another sector": "flash read_bank ext {out} 0x100000 4",
    "window": "mdw 0x90001000",
    "verify": "catch {{verify_image {data} 0x90001000 bin}}",
    "verify_bank": "catch {{flash verify_bank ext {data} 0x1000}}",
    "erase_check": "flash erase_check ext",
    "raw command": "cmspi cmd ext 1 0x05",
    "incremental off": "cmspi incremental off",
    "settle": "cmspi session settle",
    "reset run": "reset run",
    "resume": "resume",
    "step": "step",
    "shutdown": "shutdown",
}


@pytest.mark.parametrize("name", sorted(LOOKS))
def test_what_could_see_the_difference_settles_first(board, full, tmp_path, name):
    full.erase(SECTOR_BYTES, 3 * SECTOR_BYTES)
    look = LOOKS[name].format(out=tmp_path / "out.bin",
                              data=file_of(tmp_path / "data.bin", noise(64, 7)))
    # "\n" makes one command line of both: nothing looks in between
    run = Run(board, full, ("init", "reset init", *BEGIN, look, "catch {halt}", "flash info ext",
                            "shutdown"), chips=((CHIP, PINS),), idle_scale=0).innocent()
    assert "pending" not in run.out, run.out
    full.assert_as_expected()


@pytest.mark.parametrize("keeps", ["reset init", "reset halt", "flash info ext", "flash probe ext",
                                   "flash banks", "mdw 0x20000000"])
def test_what_cannot_see_it_leaves_it_pending(board, full, keeps):
    full.erase(SECTOR_BYTES, 3 * SECTOR_BYTES)
    run = Run(board, full, session(*BEGIN, keeps, "echo BEFORE", "flash info ext"),
              chips=((CHIP, PINS),)).ok()
    assert "pending erases: 3 sectors" in run.out.split("BEFORE")[1]
    full.assert_as_expected()


def test_a_probe_leaves_it_pending_on_a_chip_whose_address_mode_it_ends(board, tmp_path):
    """The probe sends write enable then, which must not look like a change."""
    chip = Chip(tmp_path / "chip.bin", noise(1 << 20, seed=1) * 32)
    chip.erase(SECTOR_BYTES, 3 * SECTOR_BYTES)
    run = Run(board, chip, session("flash probe ext", *BEGIN, "flash probe ext", "flash info ext",
                                   "cmspi session end"),
              chips=(("MT25QL256ABA:tSE=4000", PINS),)).ok()
    assert "pending erases: 3 sectors" in run.out
    chip.assert_as_expected()


def test_a_script_error_settles_at_the_end(board, full):
    full.erase(SECTOR_BYTES, 3 * SECTOR_BYTES)
    run = Run(board, full, ("init", "reset init", *BEGIN, "error oops"), chips=((CHIP, PINS),))
    run.failed("oops")
    full.assert_as_expected()


def test_exit_settles_too(board, full):
    full.erase(SECTOR_BYTES, 3 * SECTOR_BYTES)
    Run(board, full, ("init", "reset init", *BEGIN, "exit"), chips=((CHIP, PINS),)).ok()
    full.assert_as_expected()


def test_cancel_gives_up_and_says_so(board, full):
    run = Run(board, full, session(*BEGIN, "cmspi session cancel", "flash info ext"),
              chips=((CHIP, PINS),)).ok()
    assert "3 sectors were to be erased and keep what they held" in run.out
    assert "pending" not in run.out
    full.assert_as_expected()


# ---- erases that fail --------------------------------------------------------------

NOOP = {"faults": ("erase_noop",), "chips": ((CHIP, PINS),), "idle_scale": 0}


@pytest.mark.parametrize("name", sorted(set(LOOKS) - {"shutdown", "verify", "verify_bank"}))
def test_a_pending_erase_that_fails_fails_what_looks(board, full, tmp_path, name):
    """The chip ignores erases: status says done at once, so it is read back."""
    look = LOOKS[name].format(out=tmp_path / "out.bin", data="")
    run = Run(board, full, ("init", "reset init", *BEGIN,
                            "if {![catch {%s}]} {echo LOST}" % look, "halt; wait_halt",
                            "flash info ext", "cmspi session cancel", "shutdown"),
              faults=("protected_range:addr=0x1000,size=0x3000",), chips=((CHIP, PINS),),
              idle_scale=0).innocent()
    assert "LOST" not in run.out, run.out
    assert "were to be erased and are not" in run.out
    assert "pending erases: 3 sectors" in run.out
    full.assert_as_expected()


@pytest.mark.parametrize("end", ["shutdown", "cmspi session end; shutdown",
                                 "program {data} 0x90002000 exit",
                                 "flash write_image erase {data} 0x90001000; shutdown"])
def test_the_exit_code_tells_of_a_failed_erase(board, full, tmp_path, end):
    data = file_of(tmp_path / "data.bin", noise(64, 7))
    Run(board, full, ("init", "reset init", *BEGIN, end.format(data=data)),
        faults=("protected_range:addr=0x1000,size=0x3000",), chips=((CHIP, PINS),),
        idle_scale=0).failed("were to be erased and are not")
    full.assert_as_expected()


def test_a_failed_image_erases_what_it_had_asked_for(board, full, tmp_path):
    """As without sessions: the erase of the whole run comes first."""
    data = file_of(tmp_path / "data.bin", noise(4 * SECTOR_BYTES, 8))
    full.erase(0x1000, SECTOR_BYTES)
    full.erase(0x3000, 2 * SECTOR_BYTES)
    run = Run(board, full, ("init", "reset init",
                            "flash write_image erase %s 0x90001000" % data, "shutdown"),
              faults=("protected_range:addr=0x2000,size=0x1000",), chips=((CHIP, PINS),),
              idle_scale=0)
    run.failed()
    found = full.contents()
    assert found[0x2000:0x3000] == full.expected[0x2000:0x3000]
    assert found[:0x1000] == full.expected[:0x1000] and found[0x5000:] == full.expected[0x5000:]
