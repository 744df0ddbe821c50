# SPDX-License-Identifier: GPL-2.0-or-later

"""What breaks between probe and core: each fault is seen by the stock OpenOCD,
once, and the session goes on after it. --control lets a test arm faults by
writes to the control block at 0x5FFFF000 (testing/simboard/debug_faults.c)."""

import pytest

from flashlib import BANK
from test_board_stock import LOOP, TRANSPORTS

FAIL, WAIT, DROP, CUT, RESET_US, CUT_US = (0x5FFFF000 + 4 * i for i in range(6))
SOCKETS = 0x5FFFF020


@pytest.fixture
def control(board, stock_openocd, tmp_path):
    """A board with the control block; returns run(commands, ...) -> (code, out, board)."""
    def run(commands, transport="dapdirect_swd", once=True, probe=()):
        image = tmp_path / "flash.bin"
        image.write_bytes(LOOP)
        b = board(chips=(), idle_scale=1, once=once,
                  extra=["--control", "--flash-image", image, *probe])
        code, out = b.run("-c", "init; reset halt; poll off; " + commands + "; shutdown",
                          openocd=stock_openocd, transport=transport)
        return code, out, b
    return run


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_failed_access_is_an_error_once(control, transport):
    code, out, b = control("mww 0x20000000 0x1234; mww 0x%x 1; echo \"caught [catch {mdw 0x20000000}]\";"
                           "echo [mdw 0x20000000]" % FAIL, transport)
    assert code == 0, out
    assert "caught -4" in out
    assert "0x20000000: 00001234" in out
    assert b.stop()["debug_faults"]["struck"] == 1


def test_failed_block_breaks_off_in_its_middle(control):
    code, out, _ = control("mww 0x20000000 0xFFFFFFFF 64; mww 0x%x 1;"
                           "catch {mww 0x20000000 0x55 64}; echo [mdw 0x20000078 4]" % FAIL)
    assert code == 0, out
    assert "0x20000078: 00000055 00000055 ffffffff ffffffff" in out


def test_wait_is_retried_by_hla(control):
    code, out, b = control("mww 0x20000000 0x1234; mww 0x%x 1; echo [mdw 0x20000000]" % WAIT, "hla_swd")
    assert code == 0, out
    assert "0x20000000: 00001234" in out
    assert b.stop()["debug_faults"]["struck"] == 1


@pytest.mark.parametrize("probe", [[], ["--fw", "J24"]])
def test_wait_is_an_error_on_dapdirect(control, probe):
    """OpenOCD 0.12.0 does not ask again there: the driver has to cope."""
    code, out, b = control("mww 0x%x 1; echo \"caught [catch {mdw 0x20000000}]\"" % WAIT, probe=probe)
    assert code == 0, out
    assert "caught -" in out
    assert b.stop()["debug_faults"]["struck"] == 1


def test_lost_write(control):
    code, out, _ = control("mww 0x20000000 1; mww 0x%x 1; mww 0x20000000 2; echo [mdw 0x20000000];"
                           "mww 0x20000000 3; echo [mdw 0x20000000]" % DROP)
    assert code == 0, out
    assert "0x20000000: 00000001" in out
    assert "0x20000000: 00000003" in out


def test_cut_socket_ends_the_client_and_not_the_board(control, stock_openocd):
    code, out, b = control("mww 0x%x 1; mdw 0x20000000" % CUT, once=False)
    assert code != 0
    code, out = b.run("-c", "init; reset halt; shutdown", openocd=stock_openocd)
    assert code == 0, out


def test_reset_while_halted_is_noticed(control):
    code, out, b = control("reg r0 0x55; mww 0x%x 1000; sleep 20; poll on; sleep 200;"
                           "halt; echo [reg r0]" % RESET_US)
    assert code == 0, out
    assert "external reset detected" in out
    assert "0x00000055" not in out


def test_power_cut_forgets_ram(control):
    code, out, b = control("mww 0x20000000 0x1234; mww 0x%x 1000; sleep 50; catch {poll};"
                           "catch {dap init}; catch {stm32f4x.cpu arp_examine};"
                           "halt; echo [mdw 0x20000000]" % CUT_US)
    assert "00001234" not in out
    report = b.stop()
    assert report["debug_faults"]["struck"] == 1
    assert report["core"]["resets"] >= 3


def test_random_faults_are_the_same_for_a_seed(board, stock_openocd):
    struck = []
    for seed in (1, 1, 2):
        b = board(chips=(), idle_scale=0, faults=["drop_write_rate:rate=0.05,seed=%d" % seed])
        b.run("-c", "init; poll off; halt; for {set i 0} {$i < 300} {incr i} {mww 0x20000000 $i}; shutdown",
              openocd=stock_openocd)
        struck.append(b.stop()["debug_faults"]["struck"])
    assert struck[0] == struck[1] and struck[0] != struck[2]
    assert 3 < struck[0] < 40


def test_faults_of_the_command_line(board, stock_openocd):
    for fault in ("fail_access_n:n=40", "drop_write_n:n=30,count=2", "wait_access_n:n=5,count=3",
                  "cut_socket_n:n=100", "reset_at:us=5000", "power_cut_at:us=8000"):
        b = board(chips=(), faults=[fault])
        b.run("-c", "init; reset halt; mdw 0x20000000 16; shutdown", openocd=stock_openocd, timeout=60)
        assert b.stop()["debug_faults"]["struck"] >= 1, fault


def test_a_chip_is_put_into_its_socket_and_pulled_out(board):
    """The socket's bits, and who answers; the first chip is out at the start."""
    b = board(chips=(("W25Q64JV-Q", "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"),
                     ("W25Q64JV-Q", "cs=PB6,clk=PB3,mosi=PB5,miso=PB4")),
              faults=("out_of_socket:chip=0",), extra=["--control"])
    steps = ["echo \"in <[mrw 0x%x]>\"" % SOCKETS, "echo \"first [catch {flash probe ext}]\"",
             "flash probe ext2", "mww 0x%x 1" % SOCKETS, "flash probe ext",
             "echo \"second [catch {flash probe ext2}]\"", "echo \"in <[mrw 0x%x]>\"" % SOCKETS]
    code, out = b.run("-c", BANK, "-c", "cmspi_bank ext2 0xa0000000 stm32f4x.cpu "
                      "-cs PB6 -clk PB3 -mosi PB5 -miso PB4",
                      "-c", "init; reset init", "-c", "; ".join(steps), "-c", "shutdown")
    assert code == 0, out
    assert "in <0x2>" in out and "first -" in out, out
    assert "second -" in out and out.rindex("in <0x1>") > out.index("second -"), out
    assert not b.stop()["sins"]
