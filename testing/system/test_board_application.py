# SPDX-License-Identifier: GPL-2.0-or-later

"""The application that other tests put on the target does what it claims, and
the stock OpenOCD's own algorithm (the checksum of verify_image) meets it."""

import re

import pytest

from test_board_stock import TRANSPORTS, pattern

CORES = {"stm32f030": "m0", "stm32g071": "m0plus", "stm32f103": "m3", "stm32f407": "m4"}


def counts(out):
    """SysTick, main loop and HardFault counts of the last mdw."""
    return [int(w, 16) for w in re.findall(r"^0x20000000: (.*)$", out, re.M)[-1].split()]


@pytest.fixture
def run(board, stock_openocd, application):
    def go(commands, mcu="stm32f407", transport="dapdirect_swd", chips=(), **features):
        image = application(CORES[mcu], **features)
        b = board(mcu=mcu, chips=chips, extra=["--flash-image", image])
        code, out = b.run("-c", "init; " + commands + "; echo [mdw 0x20000000 3]; shutdown",
                          openocd=stock_openocd, transport=transport)
        return code, out, b
    return go


@pytest.mark.parametrize("mcu", CORES)
def test_main_loop_and_systick_count(run, mcu):
    code, out, b = run("reset run; sleep 30; halt", mcu, systick=1000)
    assert code == 0, out
    ticks, loops, faults = counts(out)
    assert ticks > 50 and loops > 1000 and faults == 0


@pytest.mark.parametrize("features", [{"unprivileged": 1}, {"iwdg_ms": 50},
                                      {"systick": 300, "unprivileged": 1, "iwdg_ms": 50}])
def test_variants_run_without_a_fault(run, features):
    code, out, b = run("reset run; sleep 200; halt", **features)
    assert code == 0, out
    assert counts(out)[1] > 1000 and counts(out)[2] == 0
    assert b.stop()["watchdog"]["bites"] == 0


def test_mpu_stops_an_algorithm_in_ram(run, tmp_path):
    blob = tmp_path / "blob.bin"
    blob.write_bytes(pattern(2048))
    check = "load_image %s 0x20008000 bin; verify_image %s 0x20008000 bin" % (blob, blob)
    code, out, b = run("reset run; sleep 20; halt; " + check, mpu_xn=1)
    # OpenOCD falls back to reading the memory, the core has faulted
    assert b.stop()["core"]["faults"] >= 1
    code, out, b = run("reset run; sleep 20; halt; mww 0xE000ED94 0; " + check, mpu_xn=1)
    assert code == 0, out
    assert b.stop()["core"]["faults"] == 0


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_algorithm_of_the_stock_openocd_with_interrupts(run, tmp_path, transport):
    """On hla the interrupts go on during an algorithm, on dapdirect they do not."""
    blob = tmp_path / "blob.bin"
    blob.write_bytes(pattern(4096))
    code, out, b = run("reset run; sleep 20; halt; echo [mdw 0x20000000 3];"
                       "load_image %s 0x20008000 bin; verify_image %s 0x20008000 bin" % (blob, blob),
                       transport=transport, systick=400)
    assert code == 0, out
    before = [int(w, 16) for w in re.findall(r"^0x20000000: (.*)$", out, re.M)[0].split()]
    # the checksum code overwrote the first words of RAM, so look at the report
    assert before[0] > 50
    assert b.stop()["core"]["faults"] == 0


def test_mid_command_leaves_the_chip_selected(run):
    code, out, b = run("reset run; sleep 20; halt; echo [mdw 0x40020014]", mid_command=1,
                       chips=(("W25Q64JV-Q", "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"),))
    assert code == 0, out
    assert "0x40020014: 00000020" in out or "0x40020014: 00000000" in out
    assert b.stop()["sins"].get("cs_left_low") == 1
