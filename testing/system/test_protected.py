# SPDX-License-Identifier: GPL-2.0-or-later

"""Protection by the status registers: whoever would change a protected range is
refused before anything is changed, with a way out that works; `flash protect` sets
what it is asked for and keeps all else; `-relock` closes what it opened."""

import re

import pytest

from conftest import PINS
from flashlib import BANK, BASE, CHIP_BYTES, Chip, Run, file_of, noise, session

KIB = 1024
# BP0 of W25Q64JV protects the last 1/64: from sector 2016 on
PROTECT = ("flash probe ext", "cmspi cmd ext 0 0x50", "cmspi cmd ext 0 0x01 0x04")


@pytest.fixture(name="full")
def fixture_full(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(KIB * KIB, seed=1) * (CHIP_BYTES // KIB // KIB))


@pytest.fixture(name="data")
def fixture_data(tmp_path):
    return file_of(tmp_path / "data", noise(9000, seed=2))


CHANGES = [
    "flash erase_sector ext 2014 2017",
    "flash write_bank ext {data} 0x7df000",
    "flash write_image {data} 0x907df000 bin",
    "flash write_image erase {data} 0x907df000 bin",
    "cmspi mass_erase ext",
    "program {data} 0x907df000",
    "cmspi session begin; flash erase_sector ext 2014 2017; cmspi session end",
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_reaches_into_a_protected_range_changes_nothing(board, full, data, change):
    run = Run(board, full, session(*PROTECT, change.format(data=data)))
    run.failed("0x907e0000 to 0x907fffff is protected (05h reads 0x04, 35h reads 0x02",
               "nothing was changed", "'flash protect ext 15 19 off' opens this, "
               "'cmspi unlock ext' the whole chip")
    full.assert_as_expected()


@pytest.mark.parametrize("way", [0, 1])
def test_the_way_out_is_one(board, full, way):
    refused = "catch {flash erase_sector ext 2016 2016}"
    said = Run(board, full, session(*PROTECT, refused)).ok().out
    out = re.findall(r"'((?:flash|cmspi) [a-z]+ ext[^']*)' ", said)[way]
    Run(board, full, session(*PROTECT, refused, out, "flash erase_sector ext 2016 2016")).ok()
    full.erase(2016 * 4096, 4096)
    full.assert_as_expected()


def test_outside_of_the_range_nobody_is_refused(board, full):
    Run(board, full, session(*PROTECT, "flash erase_sector ext 2015 2015")).ok()
    full.erase(2015 * 4096, 4096)
    full.assert_as_expected()


def test_protected_by_cmp_alone_is_seen(board, full):
    run = Run(board, full, session("flash probe ext", "cmspi cmd ext 0 0x50",
                                   "cmspi cmd ext 0 0x01 0x00 0x42",
                                   "flash erase_sector ext 3 3"))
    run.failed("0x90000000 to 0x907fffff is protected (05h reads 0x00, 35h reads 0x42")


def registers(run):
    return run.report["chips"][0]["state"]["registers"]


# what must stay: QE of Macronix and ISSI is in the register of the BP bits, of the others
# in that behind it
@pytest.mark.parametrize("part, protect, left", [
    ("W25Q64JV-Q", ["0x01 0x1c"], {"SR1": 0, "SR2": 2}),
    ("W25Q80DV", ["0x01 0x1c 0x02"], {"SR1": 0, "SR2": 2}),
    ("GD25Q127C", ["0x01 0x1c", "0x31 0x02"], {"SR1": 0, "SR2": 2}),
    ("MX25L12845G", ["0x01 0x7c"], {"SR1": 0x40, "CR1": 7}),
    ("IS25WP128", ["0x01 0x7c"], {"SR1": 0x40}),
    ("MT25QL256ABA", ["0x01 0x5c"], {"SR1": 0}),
    ("S25FL128S-64K", ["0x01 0x1c 0x02"], {"SR1": 0, "CR1": 2}),
])
def test_unlock_keeps_quad_enable(board, part, protect, left):
    commands = ["flash probe ext"]
    for write in protect:
        commands += ["cmspi cmd ext 0 0x06", "cmspi cmd ext 0 " + write, "sleep 600"]
    run = Run(board, None, session(*commands, "cmspi unlock ext"), chips=((part, PINS),),
              idle_scale=0.1).ok()
    assert "ext: nothing is protected now" in run.out
    assert run.report["chips"][0]["state"]["protected"][1] == 0
    found = registers(run)
    assert {name: found[name] for name in left} == left


def last_kib(kib, size=8192):
    return [(size - kib) * KIB, kib * KIB]


# blocks as the ends of all ranges make them: 20 of a W25Q64JV
@pytest.mark.parametrize("part, commands, protected", [
    ("W25Q64JV-Q", ["flash protect ext 0 last on"], [0, 8192 * KIB]),
    ("W25Q64JV-Q", ["flash protect ext 0 0 on"], [0, 4 * KIB]),
    ("W25Q64JV-Q", ["flash protect ext 15 19 on"], last_kib(128)),
    ("W25Q64JV-Q", ["flash protect ext 0 4 on", "flash protect ext 0 4 off"], [0, 0]),
    ("W25Q64JV-Q", ["flash protect ext 0 last on", "flash protect ext 19 last off"],
     [0, 8188 * KIB]),
    ("GD25Q127C", ["flash protect ext 0 last on", "flash protect ext 19 last off"],
     [0, 16380 * KIB]),
    ("MX25L12845G", ["flash protect ext 8 8 on"], last_kib(64, 16384)),
    ("MT25QL256ABA", ["flash protect ext 0 2 on"], [0, 256 * KIB]),
    ("W25Q256JV-Q", ["flash protect ext 0 8 on"], [0, 16384 * KIB]),
    ("M25P10-A", ["flash protect ext 1 2 on"], [64 * KIB, 64 * KIB]),
])
def test_flash_protect_sets_the_real_thing(board, part, commands, protected):
    run = Run(board, None, session("flash probe ext", *commands, "flash info ext"),
              chips=((part, PINS),)).ok()
    state = run.report["chips"][0]["state"]
    size = state["protected"][1]
    assert state["protected"] == protected or size == protected[1] == 0, run.out
    assert not state["wel"]
    start = BASE + protected[0]
    words = "protection: none" if not size else "(0x%08x to 0x%08x) protected by BP bits" % (
        start, start + size - 1)
    assert words in run.out, run.out


def test_a_range_that_the_bits_cannot_make_is_refused_with_the_nearest(board):
    run = Run(board, None, session("flash probe ext", "flash protect ext 0 1 on",
                                   "flash protect ext 4 5 on"))
    run.failed("the chip cannot protect just these blocks: nothing was changed; the nearest "
               "that it can are blocks 0 to 1, or 0 to 5")
    assert run.report["chips"][0]["state"]["protected"] == [0, 8 * KIB]


def test_an_unknown_part_is_not_guessed_at(board):
    run = Run(board, None, session("flash probe ext", "cmspi unlock ext"),
              chips=(("EN25Q64", PINS),))
    run.failed("how this part is protected is not known")
    assert "01" not in run.report["chips"][0]["commands"]


def test_a_locked_status_register_is_told(board):
    # SRWD and WP# low; MX25R6435F without quad enable listens to it
    run = Run(board, None, session(
        "flash probe ext", "cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0x01 0x84", "sleep 50",
        "cmspi unlock ext"), chips=(("MX25R6435F", PINS + ",io2=PB0"),),
        faults=("pin_stuck:pin=PB0,level=0",))
    run.failed("protection stays as it is (05h reads 0x84",
               "locked (05h bit 7) while WP# is low: tie WP# high")
    assert not run.report["chips"][0]["state"]["wel"]


def test_a_locked_status_register_is_opened_where_wp_is_wired(board):
    run = Run(board, None, session(
        "flash probe ext", "cmspi cmd ext 0 0x06", "cmspi cmd ext 0 0x01 0x84", "sleep 50",
        "cmspi unlock ext"), bank=BANK + " -io2 PB0",
        chips=(("MX25R6435F", PINS + ",io2=PB0"),)).ok()
    assert registers(run)["SR1"] == 0x80


# ---- opened for one operation ---------------------------------------------------

SRP_AND_BP = [0x7e0000, 0x020000]


def closed(run):
    state = run.report["chips"][0]["state"]
    return state["protected"] == SRP_AND_BP and not state["wel"]


@pytest.mark.parametrize("operation", [
    "flash write_image erase {data} 0x907df000 bin",
    "program {data} 0x907df000 verify",
    "program {data} 0x907df000 verify reset",
    "flash erase_sector ext 2015 2018; flash write_bank ext {data} 0x7df000; cmspi relock ext",
    "flash erase_sector ext 2015 2018; flash write_bank ext {data} 0x7df000; resume",
    "flash erase_sector ext 2015 2018; flash write_bank ext {data} 0x7df000",
    "cmspi session begin; flash erase_sector ext 2015 2018; "
    "flash write_bank ext {data} 0x7df000; cmspi session end",
])
def test_what_was_opened_for_an_operation_is_closed_after_it(board, full, data, operation):
    run = Run(board, full, session(*PROTECT, "cmspi unlock ext -relock",
                                   operation.format(data=data))).ok()
    assert closed(run), run.out
    assert run.out.count("ext: protected again as it was") == 1
    full.erase(0x7df000, 4 * 4096 if "2018" in operation else 3 * 4096)
    full.write(0x7df000, data.read_bytes())
    full.assert_as_expected()


@pytest.mark.parametrize("fault, operation", [
    ("erase_noop", "flash write_image erase {data} 0x907df000 bin"),
    ("program_noop", "program {data} 0x907df000 verify"),
    ("program_noop", "flash write_bank ext {data} 0x7df000"),
])
def test_it_is_closed_after_a_failure_too(board, full, data, fault, operation):
    run = Run(board, full, session(*PROTECT, "cmspi unlock ext -relock",
                                   operation.format(data=data)), faults=(fault,))
    assert run.code != 0 and closed(run), run.out


def test_it_stays_open_where_nobody_asked(board, full):
    run = Run(board, full, session(*PROTECT, "cmspi unlock ext",
                                   "flash erase_sector ext 2016 2016", "resume")).ok()
    assert run.report["chips"][0]["state"]["protected"][1] == 0
    run = Run(board, full, session(*PROTECT, "cmspi relock ext"))
    run.failed("ext: nothing was opened with 'cmspi unlock -relock'")


def test_what_cannot_be_closed_is_told_and_can_be_given_up(board, full):
    run = Run(board, full, session(
        *PROTECT, "cmspi unlock ext -relock", "echo RESUME=[catch {resume}]",
        "cmspi session cancel", "resume"), faults=("ignore_opcode:op=0x01,after=2",)).ok()
    assert "RESUME=-" in run.out and "opened is still open: 'cmspi relock ext' tries" in run.out
