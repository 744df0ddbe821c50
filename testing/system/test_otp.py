# SPDX-License-Identifier: GPL-2.0-or-later

"""'cmspi otp': security registers, which the board keeps beside the array. Reading or
programming outside of one is its sin `otp_range`."""

import pytest

from conftest import PINS
from flashlib import Run, file_of, noise, session

# row, register, its bytes, first byte that may be written, can be erased
PARTS = [
    ("W25Q64JV-Q", 1, 256, 0, True),
    # in four-byte mode, and so with four address bytes
    ("W25Q256FV", 3, 256, 0, True),
    ("GD25Q32C", 2, 256, 0, True),
    ("IS25LP064A", 0, 256, 0, True),
    ("MX25L12845G", 0, 512, 0, False),
    ("MT25QL256ABA", 0, 64, 0, False),
    ("S25FL128S-64K", 0, 1024, 32, False),
]
WORD = "permanently"


def run_otp(make_board, *commands, part="W25Q64JV-Q", **more):
    return Run(make_board, None, session(*commands), chips=((part, PINS),), **more)


@pytest.mark.parametrize("part,number,size,first,erasable", PARTS, ids=[p[0] for p in PARTS])
@pytest.mark.parametrize("by_gpio", [False, True], ids=["stub", "gpio"])
def test_write_and_read_back(board, tmp_path, part, number, size, first, erasable, by_gpio):
    data = noise(size - first - 1, seed=size)
    path, back = file_of(tmp_path / "data", data), tmp_path / "back"
    at = "cmspi otp %s ext " + str(number)
    commands = ["stm32f4x.cpu configure -work-area-size 256"] if by_gpio else []
    commands += [at % "write" + " %d %s %s" % (first + 1, path, WORD),
                 at % "read" + " %d %d %s" % (first, size - first, back),
                 at % "read" + " %d 2" % (size - 2)]
    if erasable:
        commands += [at % "erase" + " " + WORD, at % "read" + " 0 4"]
    commands += ["flash read_bank ext %s 0 16" % (tmp_path / "array")]
    run = run_otp(board, *commands, part=part).ok()
    assert back.read_bytes() == b"\xff" + data
    assert data[-2:].hex(" ") in run.out
    assert ("ff ff ff ff" in run.out) == erasable
    assert (tmp_path / "array").read_bytes() == b"\xff" * 16
    state = run.report["chips"][0]["state"]
    assert not state["otp_mode"] and not state["addr4"] and not state["wel"]


@pytest.mark.parametrize("command,sentence", [
    ("write ext 1 0 {file}", "say it again with the word 'permanently'"),
    ("write ext 1 0 {file} yes", "say it again with the word 'permanently'"),
    ("erase ext 1", "say it again with the word 'permanently'"),
    # SFDP is there
    ("erase ext 0 permanently", "there is no security register 0, they are 1 to 3"),
    ("read ext 4 0 1", "there is no security register 4, they are 1 to 3"),
    ("read ext 1 250 7", "7 bytes from 250 are not inside a security register, which has 256"),
    ("read ext 1 0 0", "0 bytes from 0 are not inside a security register, which has 256"),
    ("read ext 1 0xffffffff 2", "2 bytes from 4294967295 are not inside a security register"),
    ("write ext 1 200 {file} permanently", "100 bytes from 200 are not inside"),
])
def test_what_is_not_meant_is_refused(board, tmp_path, command, sentence):
    path = file_of(tmp_path / "data", noise(100, seed=1))
    run = run_otp(board, "cmspi otp " + command.format(file=path))
    assert run.code != 0
    assert sentence in run.out
    assert not run.report["sins"]
    assert run.report["chips"][0]["programs"] == run.report["chips"][0]["erases"] == 0


def test_what_cannot_be_taken_back_is_not_begun(board, tmp_path):
    one, two = file_of(tmp_path / "one", b"\x0f\xf0"), file_of(tmp_path / "two", b"\x0e\xff")
    write = "cmspi otp write ext 1 5 %s " + WORD
    run = run_otp(board, write % one, write % one, write % two)
    assert run.code != 0
    assert "byte 6 of security register 1 holds 0xf0, which cannot become 0xff: nothing was " \
        "written; 'cmspi otp erase' makes it FFh" in run.out
    # the second time nothing was left to do
    assert run.report["chips"][0]["programs"] == 1
    assert not run.report["sins"]


def test_a_locked_register_is_told(board, tmp_path):
    path = file_of(tmp_path / "data", b"\x12")
    # LB1, one-time programmable: set by hand, as the driver does not offer it
    run = run_otp(board, "cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0x31 0x0a", "sleep 20",
                  "cmspi otp write ext 1 0 %s %s" % (path, WORD))
    assert run.code != 0
    assert "is the register locked?" in run.out
    assert run.report["chips"][0]["refused_writes"] == 1


@pytest.mark.parametrize("part,command,sentence", [
    ("S25FL128S-64K", "write ext 0 16 {file} permanently",
     "the first 32 bytes of the security register are the maker's and its locks"),
    ("MX25L12845G", "erase ext 0 permanently", " cannot be erased"),
    ("EN25Q64", "read ext 1 0 1", "nothing is known here of the security registers of"),
])
def test_other_parts_are_refused(board, tmp_path, part, command, sentence):
    path = file_of(tmp_path / "data", b"\x12")
    run = run_otp(board, "cmspi otp " + command.format(file=path), part=part)
    assert run.code != 0
    assert sentence in run.out
    assert not run.report["sins"]


def test_a_write_that_breaks_off_leaves_the_mode(board, tmp_path):
    path = file_of(tmp_path / "data", b"\x12")
    run = run_otp(board, "cmspi otp write ext 0 0 %s %s" % (path, WORD), part="MX25L12845G",
                  faults=("wel_ignored",))
    assert run.code != 0
    assert not run.report["chips"][0]["state"]["otp_mode"]
