# SPDX-License-Identifier: GPL-2.0-or-later

"""Chips that do not do as they say: the command that was not obeyed is named with
its address and what the chip holds, and nothing else is harmed."""

import re

import pytest

from flashlib import (BASE, BOARDS, CHIP_BYTES, INTERNAL, Chip, Run, Trouble, bank_line, elf,
                      file_of, noise, session)

both_boards = pytest.mark.parametrize("kind", BOARDS)


@pytest.fixture
def data(tmp_path):
    return file_of(tmp_path / "data.bin", noise(9000, 7))


def starts_blank(begin, size):
    """Contents with a sector whose first and last bytes are FFh, but not all."""
    contents = bytearray(noise(CHIP_BYTES, 1))
    contents[begin:begin + size] = b"\xff" * size
    contents[begin + size // 2] = 0x5a
    return contents


# ---- busy, ready, nothing done -------------------------------------------------

@both_boards
@pytest.mark.parametrize("operation, contents, addr", [
    ("flash erase_sector ext 3 3", None, "0x90003000"),
    ("flash erase_sector ext 16 40", None, "0x90010000"),
    ("flash erase_sector ext 3 3", starts_blank(0x3000, 0x1000), "0x90003000"),
    ("cmspi mass_erase ext", None, "0x90000000"),
    ("flash write_image erase {data} 0x90003000 bin", None, "0x90003000"),
    ("program {data} 0x90003000 verify", None, "0x90003000"),
], ids=["sector", "several_sizes", "starts_blank", "mass", "write_image", "program"])
def test_erase_that_does_nothing_is_found_before_data_go_over_it(board, tmp_path, data, kind,
                                                                 operation, contents, addr):
    chips = ("W25Q64JV-Q:tCE=400000",)
    Trouble(board, tmp_path, kind, session(operation.format(data=data)), contents=contents,
            chips=chips, faults=("erase_noop",)).says(
                r"%s is not blank: .*(locked|protected)" % addr).innocent()


@both_boards
@pytest.mark.parametrize("operation", ["flash write_bank ext {data} 0x3010",
                                       "flash write_image erase {data} 0x90003010 bin"])
def test_program_that_does_nothing_is_found_without_verify(board, tmp_path, data, kind, operation):
    blank = b"\xff" * CHIP_BYTES
    Trouble(board, tmp_path, kind, session(operation.format(data=data)), contents=blank,
            faults=("program_noop",)).says(
                r"0x90003010: 0xff, expected 0x%02x after programming: .*protected" % data.read_bytes()[0]).innocent()


@both_boards
def test_one_sector_that_does_not_program_is_found_without_verify(board, tmp_path, data, kind):
    # it goes through the motions like its neighbours: the first byte that is not FFh tells
    contents = bytearray(b"\xff" * CHIP_BYTES)
    contents[0x4000:0x5000] = bytes(0x1000)
    run = Trouble(board, tmp_path, kind, session("flash write_bank ext %s 0x3010" % data),
                  contents=contents, unharmed=False)
    run.says(r"0x90004000: 0x00, expected 0x.* after programming: not erased before")


def test_blank_chip_needs_no_mass_erase(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin")
    run = Run(board, chip, session("cmspi mass_erase ext")).ok()
    assert "C7" not in run.report["chips"][0]["commands"], run.report["chips"][0]["commands"]


# ---- never ready, or refusing --------------------------------------------------

@both_boards
def test_chip_that_is_never_ready(board, tmp_path, data, kind):
    # the firmware of the board goes on afterwards: only the chip stays as it is
    run = Trouble(board, tmp_path, kind, session("flash write_bank ext %s 0x3010" % data),
                  contents=b"\xff" * CHIP_BYTES, unharmed=False, faults=("stuck_wip",))
    run.says(r"program at 0x90003010 still busy after \d+ ms, status 0x03: is its supply strong")
    # nothing behind the page that did not end
    assert run.chip.contents()[0x3100:].strip(b"\xff") == b""


@both_boards
@pytest.mark.parametrize("operation, pin", [
    ("flash erase_sector ext 3 3", ""), ("flash write_bank ext {data} 0x3010", ""),
    ("cmspi mass_erase ext", ""), ("flash write_image erase {data} 0x90003010 bin", "-io2 PB0")])
def test_write_protected_chip(board, tmp_path, data, kind, operation, pin):
    # SRP and BP2 to BP0: the array is protected, and with WP# low so is the register
    # (W25Q64JV data sheet rev. J, 7.1.7 and 7.1.8)
    Trouble(board, tmp_path, kind, session(
        "cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0x01 0x9c", "sleep 50",
        operation.format(data=data)), bank=bank_line(kind, options=pin)).says(
            r"0x90000000 to 0x907fffff is protected \(05h reads 0x9c.*nothing was changed").innocent()


@both_boards
@pytest.mark.parametrize("left", ["by_us", "by_the_firmware"])
def test_error_flags_are_not_held_against_the_next_command(board, tmp_path, kind, left):
    # MT25QL256ABA: what failed stays in the flag status register until 50h. The driver
    # does not see this protection, which is not that of the BP bits
    erase = "echo REFUSED=[catch {cmspi mass_erase ext}]"
    if left == "by_the_firmware":
        erase = "cmspi cmd ext 0 0x06; cmspi cmd ext 0 0x20 0 0x90 0; flash probe ext"
    run = Trouble(board, tmp_path, kind, session(
        "flash probe ext", erase, "flash erase_sector ext 3 3"),
        contents=noise(1024 * 1024, 1) * 32, chips=("MT25QL256ABA",),
        faults=("protected_range:addr=0x9000,size=0x1000",))
    assert run.code == 0, run.out
    assert "REFUSED=0" not in run.out and run.out.count("was refused by the chip") == (
        left == "by_us"), run.out
    run.chip.erase(0x3000, 0x1000)
    run.chip.assert_as_expected()


# ---- in a state that the firmware left it in -----------------------------------

@both_boards
@pytest.mark.parametrize("part, state, words", [
    ("W25Q64JV-Q", "power_down", "deep power-down"),
    ("W25Q64JV-Q", "continuous_dual", "continuous read"),
    ("W25Q64JV-Q", "erase", "busy with an erase"),
    ("W25Q64JV-Q", "suspended_erase", "suspended is done now"),
])
def test_chip_left_in_some_state_is_called_back(board, tmp_path, data, kind, part, state, words):
    # six wires, and for each state of larger parts: test_wake_up.py
    run = Trouble(board, tmp_path, kind, session(
        "flash write_image erase %s 0x90003010 bin" % data,
        "verify_image %s 0x90003010 bin" % data),
        faults=("left_in:us=300000,addr=0x700000,state=" + state,))
    assert run.code == 0, run.out
    assert words in run.out, run.out
    if "erase" in state:
        run.chip.erase(0x700000, 0x1000)
    run.chip.erase(0x3000, 0x3000)
    run.chip.write(0x3010, data.read_bytes())
    run.chip.assert_as_expected()


@both_boards
def test_two_lines_are_dropped_when_they_no_longer_work(board, tmp_path, kind):
    there = noise(CHIP_BYTES, 1)[:8192]
    data = file_of(tmp_path / "there.bin", there)
    # heard by the trial and by the first verify
    run = Trouble(board, tmp_path, kind, session(*3 * ["flash verify_image %s 0x90000000 bin" % data]),
                  faults=("ignore_opcode:op=0x3b,after=2",))
    assert run.code == 0, run.out
    assert run.out.count("reads on two lines (3Bh) no longer agree") == 1, run.out
    Trouble(board, tmp_path, kind, session("flash verify_image %s 0x90000010 bin" % data),
            faults=("ignore_opcode:op=0x3b,after=1",)).says(
                r"differs at 0x90000000: 0x|differs at 0x90000010: 0x")


@both_boards
@pytest.mark.parametrize("erase", ["flash erase_sector ext 3 4",
                                   "flash write_image erase {blank} 0x90003000 bin"])
def test_nothing_looks_blank_because_two_lines_no_longer_work(board, tmp_path, kind, erase):
    there = noise(CHIP_BYTES, 1)
    data = file_of(tmp_path / "there.bin", there[:8192])
    blank = file_of(tmp_path / "blank.bin", b"\xff" * 8192)
    # nobody drives the lines then, both read high
    run = Trouble(board, tmp_path, kind, session("flash verify_image %s 0x90000000 bin" % data,
                                                 erase.format(blank=blank)),
                  faults=("ignore_opcode:op=0x3b,after=2",))
    assert run.code == 0, run.out
    run.chip.erase(0x3000, 0x2000)
    run.chip.assert_as_expected()


# ---- a target that does not help -----------------------------------------------

# b . in RAM that OpenOCD does not use for itself
RUNS = ("mww 0x20004800 0xe7fee7fe", "resume 0x20004800", "sleep 5")


@both_boards
@pytest.mark.parametrize("operation", ["flash erase_sector ext 3 3", "mdw 0x90000000",
                                       "flash write_image erase {data} 0x90003010 bin"])
def test_running_target_is_refused(board, tmp_path, data, kind, operation):
    Trouble(board, tmp_path, kind, session("flash probe ext", *RUNS, operation.format(data=data))
            ).says(r"halted.*(use 'halt'|use 'reset init')|needs a halted target|not halted")


@both_boards
@pytest.mark.parametrize("size", [0, 256, 400])
def test_no_work_area_or_one_too_small_is_slow_and_works(board, tmp_path, kind, size):
    few = file_of(tmp_path / "few.bin", noise(40, 3))
    run = Trouble(board, tmp_path, kind, session(
        "%s configure -work-area-size %d" % (BOARDS[kind].target, size),
        "flash write_bank ext %s 0x3010" % few, "verify_image %s 0x90003010 bin" % few),
        contents=b"\xff" * CHIP_BYTES)
    assert run.code == 0, run.out
    assert len(re.findall(r"Warn : .*work area of %d bytes is too small for the stub.*"
                          r"-work-area-size BYTES" % size, run.out)) == 1, run.out
    run.chip.write(0x3010, few.read_bytes())
    run.chip.assert_as_expected()


@both_boards
@pytest.mark.parametrize("offset", [1, 2])
def test_work_area_at_an_odd_address_is_told_and_works(board, tmp_path, kind, offset):
    few = file_of(tmp_path / "few.bin", noise(40, 3))
    run = Trouble(board, tmp_path, kind, session(
        "%s configure -work-area-phys %#x" % (BOARDS[kind].target, 0x20000000 + offset),
        "flash write_bank ext %s 0x3010" % few, "flash verify_bank ext %s 0x3010" % few),
        contents=b"\xff" * CHIP_BYTES)
    assert run.code == 0, run.out
    assert run.out.count("work area begins at 0x%08x, which is no multiple of 4" % (
        0x20000000 + offset)) == 1, run.out
    run.chip.write(0x3010, few.read_bytes())
    run.chip.assert_as_expected()


@both_boards
@pytest.mark.parametrize("stop", ["reset init", "halt"])
def test_core_that_is_locked_up_is_stopped_and_used(board, tmp_path, data, kind, stop):
    # stack pointer and reset vector are all ones
    run = Trouble(board, tmp_path, kind, ("init", stop, "flash erase_sector ext 3 5", "shutdown"),
                  internal=b"\xff" * 4096)
    assert run.code == 0, run.out
    assert run.report["core"]["lockups"] >= 1
    run.chip.erase(0x3000, 0x3000)
    run.chip.assert_as_expected()


@both_boards
def test_read_out_protection_leaves_the_chip_programmable(board, tmp_path, data, kind):
    run = Trouble(board, tmp_path, kind, session(
        "flash write_image erase %s 0x90003010 bin" % data,
        "verify_image %s 0x90003010 bin" % data), faults=("read_out_protection",))
    assert run.code == 0, run.out
    run.chip.erase(0x3000, 0x3000)
    run.chip.write(0x3010, data.read_bytes())
    run.chip.assert_as_expected()


@both_boards
def test_read_out_protection_refuses_the_internal_part(board, tmp_path, data, kind):
    image = elf(tmp_path / "app.elf", (INTERNAL, noise(2000, 51)), (BASE + 0x3010, data.read_bytes()))
    Trouble(board, tmp_path, kind, ("program %s verify reset exit" % image,),
            faults=("read_out_protection",)).says("Error", "Programming Failed")
