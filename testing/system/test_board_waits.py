# SPDX-License-Identifier: GPL-2.0-or-later

"""--skip-waits: rounds of loops that wait are reckoned and not executed, and all that
the board reports is the same to the last cycle."""

import subprocess

import pytest

from conftest import PINS, SIMBOARD
from flashlib import BANK, CHIP_BYTES, Chip, Run, file_of, noise

# Slow enough that most of the time is spent in polls
CHIP = "W25Q64JV-Q:tSE=20000,tBE64=30000,tPP=900"


def both_ways(make_board, folder, mcu, target, commands, extra=(), **options):
    reports = []
    for way in (), ("--skip-waits",):
        chip = Chip(folder / "chip.bin", noise(CHIP_BYTES, 4))
        run = Run(make_board, chip, commands, bank=BANK.replace("stm32f4x.cpu", target), mcu=mcu,
                  chips=((CHIP, PINS),), idle_scale=0, extra=[*extra, *way], **options)
        assert run.code == 0, run.out
        reports.append((run.report, chip.contents()))
    for section in reports[0][0]:
        assert reports[0][0][section] == reports[1][0][section], section
    assert reports[0] == reports[1]
    return reports[0][0]


@pytest.mark.parametrize("transport", ["dapdirect_swd", "hla_swd"])
@pytest.mark.parametrize("mcu, target", [("stm32f407", "stm32f4x.cpu"), ("stm32f030", "stm32f0x.cpu"),
                                         ("stm32g071", "stm32g0x.cpu")])
def test_a_session_is_the_same(board, tmp_path, mcu, target, transport):
    data = file_of(tmp_path / "data.bin", noise(5000, 5))
    report = both_ways(board, tmp_path, mcu, target, (
        "init; reset init", "flash erase_sector ext 0 16", "flash write_bank ext %s 0x123" % data,
        "flash verify_bank ext %s 0x123" % data, "flash erase_check ext",
        "verify_image %s 0x90000123 bin" % data, "shutdown"), transport=transport)
    chip = report["chips"][0]
    assert chip["commands"]["05"]["count"] > 1000 and not report["sins"]


def test_an_application_with_interrupts_and_watchdog_is_the_same(board, tmp_path, application):
    data = file_of(tmp_path / "data.bin", noise(3000, 5))
    image = application("m4", systick=1, iwdg_ms=60)
    # by requests, not by this machine's clock
    run_on = "for {set i 0} {$i < 200} {incr i} {read_memory 0x20000000 32 64}"
    report = both_ways(board, tmp_path, "stm32f407", "stm32f4x.cpu", (
        "init; reset halt; poll off", "flash erase_sector ext 0 3", "flash write_bank ext %s 0" % data,
        "resume", run_on, "shutdown"), extra=["--flash-image", image])
    assert report["watchdog"]["runs"] and report["watchdog"]["kicks"] > 100


@pytest.mark.parametrize("other", [["--fault", "stuck_wip"], ["--vcd", "x.vcd"], ["--control"]])
def test_it_does_not_go_with_what_looks_closer(tmp_path, other):
    done = subprocess.run([SIMBOARD, "--chip", "none", "--skip-waits", *other], cwd=tmp_path,
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and "--skip-waits does not go with" in done.stderr
