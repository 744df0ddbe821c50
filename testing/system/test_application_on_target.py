# SPDX-License-Identifier: GPL-2.0-or-later

"""The driver on a target whose application was running: interrupts, watchdog,
MPU, an unprivileged thread, a chip command left half-way. Each time the chip
gets its data, and afterwards the application goes on as if nothing had been."""

import re

import pytest

from flashlib import BANK, Chip, noise
from test_board_stock import TRANSPORTS

SETTINGS = {
    "plain": {},
    "interrupts": {"systick": 400},
    "watchdog": {"iwdg_ms": 30},
    "mpu": {"mpu_xn": 1},
    "unprivileged": {"unprivileged": 1},
    "everything": {"systick": 700, "iwdg_ms": 30, "mpu_xn": 1, "unprivileged": 1},
}
WORK_AREA = (0x20008000, 0x4000)


def counts(out):
    """(SysTick, main loop, HardFault) at each "state" line."""
    return [[int(w, 16) for w in line.split()]
            for line in re.findall(r"^state 0x20000000: ([0-9a-f ]+)", out, re.M)]


@pytest.fixture
def program(board, application, tmp_path):
    def run(transport, **features):
        chip = Chip(tmp_path / "chip.bin")
        data = noise(5000, 7)
        (tmp_path / "data.bin").write_bytes(data)
        chip.write(0x1003, data)
        # the write erases whole sectors of an erased chip: nothing else changes
        b = board(images=(chip.path,), extra=["--flash-image", application("m4", **features)])
        state = 'echo "state [mdw 0x20000000 3]"'
        code, out = b.run(
            "-c", "$_TARGETNAME configure -work-area-phys 0x%x -work-area-size 0x%x "
            "-work-area-backup 0" % WORK_AREA, "-c", BANK,
            # not reset: the application is met where it is
            "-c", "init; sleep 20; halt; %s" % state,
            "-c", "flash probe ext; flash write_image erase %s 0x90001003 bin" % (tmp_path / "data.bin"),
            "-c", "verify_image %s 0x90001003 bin" % (tmp_path / "data.bin"),
            "-c", "%s; resume; sleep 30; halt; %s; shutdown" % (state, state), transport=transport)
        return code, out, b, chip
    return run


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_chip_is_written_and_application_goes_on(program, setting, transport):
    code, out, b, chip = program(transport, **SETTINGS[setting])
    assert code == 0, out
    report = b.stop()
    chip.assert_as_expected()
    assert not report["sins"], report["sins"]
    assert report["core"]["faults"] == 0
    assert report["watchdog"]["bites"] == 0
    before, after, later = counts(out)
    assert later[1] > after[1] and later[2] == 0
    assert later[0] > after[0] or not SETTINGS[setting].get("systick")
    # the application did not run meanwhile, not even by its interrupts
    assert after[1] == before[1]
    if transport == "dapdirect_swd":
        assert after[0] - before[0] <= 1


def test_command_left_half_way(program):
    code, out, b, chip = program("dapdirect_swd", mid_command=1)
    assert code == 0, out
    report = b.stop()
    chip.assert_as_expected()
    # the driver deselects, which ends the application's command inside a byte, and
    # puts the pins back as they were found after each operation: chip selected
    assert set(report["sins"]) <= {"byte_boundary", "short_command", "cs_left_low", "cs_timing",
                                   "clock_not_idle"}
