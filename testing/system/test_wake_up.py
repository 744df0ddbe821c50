# SPDX-License-Identifier: GPL-2.0-or-later

"""The chip in each of the states that firmware leaves it in: the driver calls it
back, works with it, and leaves it in plain SPI and three-byte mode."""

import json
import re

import pytest

from conftest import PINS, ROOT
from flashlib import BANK, Chip, Run, file_of, noise, pause_app, session

MIB = 1024 * 1024
SIX_PINS = PINS + ",io2=PB0,io3=PB1"
SIX_BANK = BANK + " -io2 PB0 -io3 PB1"

# part, MiB, state, what the driver says, sins that cannot be helped: the first ID
# read makes a chip in continuous read drive MOSI, too, the first SFDP read one in DPI
# (5Ah on MOSI and a pull-up on MISO make BBh)
STATES = [
    ("W25Q64JV-Q", 8, "power_down", "deep power-down", set()),
    ("W25Q64JV-Q", 8, "continuous_dual", "continuous read", {"contention"}),
    ("W25Q64JV-Q", 8, "continuous_quad", "ended a continuous read", {"contention"}),
    ("MX25L12845G", 16, "qpi", "leaving QPI", set()),
    ("N25Q128A13", 16, "dpi", "leaving continuous read (ones on mosi)", {"contention"}),
    ("MT25QL256ABA", 32, "dpi", "leaving continuous read (ones on mosi)", {"contention"}),
    ("MT25QL256ABA", 32, "qpi", "leaving continuous read (ones on mosi)", set()),
    ("W25Q64JV-Q", 8, "suspended_erase", "suspended is done now", set()),
    ("MX25L12845G", 16, "suspended_erase", "suspended is done now", set()),
    ("MT25QL256ABA", 32, "suspended_erase", "suspended is done now", set()),
    # no SFDP tells what resumes these
    ("W25Q64JV-M", 8, "suspended_erase", "suspended is done now", set()),
    ("GD25Q32C", 4, "suspended_erase", "suspended is done now", set()),
    ("MX25L6433F", 8, "suspended_erase", "suspended is done now", set()),
    ("MT25QL128ABA", 16, "suspended_erase", "suspended is done now", set()),
    ("IS25LP064A", 8, "suspended_erase", "suspended is done now", set()),
    ("S25FL128S-64K", 16, "suspended_erase", "suspended is done now", set()),
    ("W25Q64JV-Q", 8, "erase", "busy with an erase", set()),
    ("MX25L12845G", 16, "erase", "busy with an erase", set()),
    ("MX25R6435F", 8, "power_down", "deep power-down", set()),
    ("MT25QL256ABA", 32, "power_down", "deep power-down", set()),
    ("MT25QL256ABA", 32, "4byte", "", set()),
    ("MT25QL256ABA", 32, "second_16mib", "", set()),
]


@pytest.mark.parametrize("part,mib,leftover,said,sins", STATES,
                         ids=["%s-%s" % (s[0], s[2]) for s in STATES])
def test_a_chip_is_called_back(board, tmp_path, part, mib, leftover, said, sins):
    chip = Chip(tmp_path / "chip.bin", noise(MIB, seed=1) * mib)
    data = file_of(tmp_path / "data", noise(3000, seed=2))
    run = Run(board, chip, session("flash write_image erase %s 0x90002000 bin" % data,
                                   "verify_image %s 0x90002000 bin" % data),
              bank=SIX_BANK, chips=((part + ":tSE=2000", SIX_PINS),),
              faults=("left_in:us=500000,state=" + leftover,))
    assert run.code == 0, run.out
    assert set(run.report["sins"]) <= sins, run.report["sin_log"]
    assert said in run.out
    state = run.report["chips"][0]["state"]
    assert not state["power_down"] and not state["qpi"] and not state["dpi"]
    assert not state["continuous"] and not state["addr4"]
    assert not state["registers"].get("EAR")
    if "erase" in leftover:
        # of the firmware's
        chip.erase(0, 4096)
    chip.erase(0x2000, 4096)
    chip.write(0x2000, data.read_bytes())
    chip.assert_as_expected()


def test_a_chip_in_dpi_that_knows_no_other_way_is_reset_on_two_lines(board, tmp_path):
    row = json.loads((ROOT / "testing/simboard/data/chip/N25Q064A13.json").read_text())
    row.update(part="no-rescue", rescue_clocks=0)
    part = file_of(tmp_path / "part.json", json.dumps(row).encode())
    chip = Chip(tmp_path / "chip.bin", noise(MIB, seed=1) * 8)
    back = tmp_path / "back"
    # four wires
    run = Run(board, chip, session("flash read_bank ext %s 0x123 300" % back),
              chips=((str(part), PINS),), faults=("left_in:state=dpi",))
    assert run.code == 0 and set(run.report["sins"]) <= {"contention"}, run.out
    assert "a soft reset on two lines" in run.out
    assert back.read_bytes() == chip.expected[0x123:0x123 + 300]
    assert not run.report["chips"][0]["state"]["dpi"]


def test_a_known_chip_that_erases_all_of_itself_is_waited_for_as_long_as_that_takes(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(MIB, seed=1) * 8)
    run = Run(board, chip, session("flash probe ext", "cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0xc7",
                                   "flash probe ext"),
              chips=(("W25Q64JV-Q:tCE=100000", PINS),), idle_scale=0)
    assert run.code == 0, run.out
    limit_ms = int(re.search(r"busy with an erase .* waiting up to (\d+) ms", run.out)[1])
    assert limit_ms >= 100000, run.out
    chip.erase(0, 8 * MIB)
    chip.assert_as_expected()


# What firmware may do between two commands, as raw ones: frames, what the driver says,
# sins that cannot be helped, because it cannot know before it has asked
RAN = {
    "asleep": (["0xb9"], "deep power-down", {"in_power_down"}),
    "suspended": (["0x06", "0xd8 0x10 0 0", "0x75"], "suspended is done now", set()),
    "erasing": (["0x06", "0xd8 0x10 0 0"], "busy with an erase", {"command_while_busy"}),
    "awake": (["0x05"], "", set()),
}


@pytest.mark.parametrize("what", RAN)
def test_a_chip_is_called_back_after_the_target_has_run(board, tmp_path, what):
    frames, said, sins = RAN[what]
    chip = Chip(tmp_path / "chip.bin", noise(MIB, seed=1) * 8)
    data = file_of(tmp_path / "data", noise(3000, seed=2))
    firmware = file_of(tmp_path / "firmware", pause_app())
    run = Run(board, chip, session("flash probe ext", *["cmspi cmd ext 0 " + f for f in frames],
                                   "resume", "halt",
                                   "flash write_image erase %s 0x90002000 bin" % data,
                                   "verify_image %s 0x90002000 bin" % data),
              chips=(("W25Q64JV-Q:tSE=2000", PINS),), extra=("--flash-image", firmware))
    assert run.code == 0, run.out
    assert set(run.report["sins"]) <= sins, run.report["sin_log"]
    assert said in run.out
    if "0xd8 0x10 0 0" in frames:
        chip.erase(0x100000, 65536)
    chip.erase(0x2000, 4096)
    chip.write(0x2000, data.read_bytes())
    chip.assert_as_expected()


def test_flash_info_calls_the_chip_back_before_it_looks_at_protection(board, tmp_path):
    firmware = file_of(tmp_path / "firmware", pause_app())
    run = Run(board, None, session("flash probe ext", "cmspi cmd ext 0 0xb9", "resume", "halt",
                                   "flash info ext"),
              chips=(("W25Q64JV-Q", PINS),), extra=("--flash-image", firmware))
    assert run.code == 0, run.out
    assert set(run.report["sins"]) <= {"in_power_down"}, run.report["sin_log"]
    assert "protection: none (05h reads 0x00" in run.out


def test_pending_erases_outlast_a_reset_and_a_look_at_the_chip(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(MIB, seed=1) * 8)
    same = file_of(tmp_path / "same", bytes(chip.expected[0x2000:0x3000]))
    run = Run(board, chip, session("flash probe ext", "cmspi session begin",
                                   "flash erase_address 0x90002000 0x1000", "reset halt",
                                   "flash write_bank ext %s 0x2000" % same, "cmspi session end")).ok()
    assert "20" not in run.report["chips"][0]["commands"]
    chip.assert_as_expected()


def test_a_chip_of_the_users_word_is_called_back(board, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(MIB, seed=1) * 8)
    data = file_of(tmp_path / "data", noise(3000, seed=2))
    run = Run(board, chip, session("cmspi set ext mine 0x800000 256 0x03 0 0x02 0xc7 4096 0x20",
                                   "flash write_image erase %s 0x90002000 bin" % data,
                                   "verify_image %s 0x90002000 bin" % data),
              chips=(("W25Q64JV-Q", PINS),), faults=("left_in:us=500000,state=power_down",)).ok()
    assert "deep power-down" in run.out
    chip.erase(0x2000, 4096)
    chip.write(0x2000, data.read_bytes())
    chip.assert_as_expected()
