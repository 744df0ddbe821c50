# SPDX-License-Identifier: GPL-2.0-or-later

"""The simulated board judged by the distribution's own OpenOCD, which knows
nothing of this project: examine, halt, step, breakpoints, resets, memory,
internal flash by the stock driver."""

import struct

import pytest

TRANSPORTS = ["dapdirect_swd", "hla_swd"]

# vectors (stack, reset), then: movs r0, #0; loop: adds r0, #1; movs r1, #2; b loop
LOOP = struct.pack("<IIHHHH", 0x20001000, 0x08000009, 0x2000, 0x3001, 0x2102, 0xE7FC)


def pattern(size, seed=1):
    """Bytes that do not repeat every power of two."""
    out = bytearray()
    state = seed
    while len(out) < size:
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        out.append(state >> 16 & 0xFF)
    return bytes(out)


@pytest.fixture
def empty_board(board):
    """A board without a memory chip; arguments as for board()."""
    def make(**kwargs):
        kwargs.setdefault("idle_scale", 10)
        return board(chips=(), **kwargs)
    return make


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_examine_names_the_core(empty_board, stock_openocd, transport):
    b = empty_board()
    code, out = b.run("-c", "init; shutdown", openocd=stock_openocd, transport=transport)
    assert code == 0, out
    assert "Cortex-M4 r0p1 processor detected" in out
    assert "target has 6 breakpoints, 4 watchpoints" in out
    assert b.wait() == 0


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_memory_survives_all_access_sizes(empty_board, stock_openocd, transport):
    b = empty_board()
    code, out = b.run("-c", "init; reset halt; mww 0x20000100 0x11223344; mwh 0x20000102 0x5566;"
                      "mwb 0x20000101 0x77; echo [mdw 0x20000100]; echo [mdh 0x20000102];"
                      "echo [mdb 0x20000101]; shutdown",
                      openocd=stock_openocd, transport=transport)
    assert code == 0, out
    assert "0x20000100: 55667744" in out
    assert "0x20000102: 5566" in out
    assert "0x20000101: 77" in out


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_image_loaded_dumped_and_verified_by_the_core(empty_board, stock_openocd, tmp_path,
                                                      transport):
    blob = tmp_path / "blob.bin"
    blob.write_bytes(pattern(20000 + 3))
    b = empty_board()
    code, out = b.run("-c", "init; reset halt; load_image %s 0x20010001 bin" % blob,
                      "-c", "verify_image %s 0x20010001 bin" % blob,
                      "-c", "dump_image %s.out 0x20010001 20003; shutdown" % blob,
                      openocd=stock_openocd, transport=transport)
    assert code == 0, out
    assert (tmp_path / "blob.bin.out").read_bytes() == blob.read_bytes()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_verify_sees_one_wrong_byte(empty_board, stock_openocd, tmp_path, transport):
    blob = tmp_path / "blob.bin"
    blob.write_bytes(pattern(4096))
    b = empty_board()
    code, out = b.run("-c", "init; reset halt; load_image %s 0x20010000 bin" % blob,
                      "-c", "mwb 0x20010ABC 0; verify_image %s 0x20010000 bin; shutdown" % blob,
                      openocd=stock_openocd, transport=transport)
    assert code != 0
    assert "address 0x20010abc" in out


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_step_and_soft_breakpoint_in_ram(empty_board, stock_openocd, tmp_path, transport):
    code_bin = tmp_path / "loop.bin"
    code_bin.write_bytes(LOOP[8:])
    b = empty_board()
    code, out = b.run("-c", "init; reset halt; load_image %s 0x20010000 bin" % code_bin,
                      "-c", "reg pc 0x20010000; reg r0 77; step; echo [reg r0]; echo [reg pc]",
                      "-c", "bp 0x20010004 2; resume; wait_halt 1000; echo [reg pc]; echo [reg r0]",
                      "-c", "rbp 0x20010004; resume; sleep 20; halt; echo [mdw 0x20010000]; shutdown",
                      openocd=stock_openocd, transport=transport)
    assert code == 0, out
    assert "r0 (/32): 0x00000000" in out
    assert "pc (/32): 0x20010002" in out
    assert "pc (/32): 0x20010004" in out
    assert "r0 (/32): 0x00000001" in out
    assert "0x20010000: 30012000" in out


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_internal_flash_programmed_then_run_to_hardware_breakpoint(
        empty_board, stock_openocd, tmp_path, transport):
    image = tmp_path / "loop.bin"
    image.write_bytes(LOOP + pattern(5000))
    b = empty_board()
    code, out = b.run("-c", "init; reset halt; flash write_image erase %s 0x08000000 bin" % image,
                      "-c", "verify_image %s 0x08000000 bin; reset halt; echo [reg pc]" % image,
                      "-c", "bp 0x0800000c 2 hw; resume; wait_halt 1000; echo [reg pc]; shutdown",
                      openocd=stock_openocd, transport=transport)
    assert code == 0, out
    assert "flash size = 1024 KiB" in out
    assert "pc (/32): 0x08000008" in out
    assert "pc (/32): 0x0800000c" in out
    report = b.stop()
    assert report["internal_flash"]["erases"] == 1
    assert report["internal_flash"]["errors"] == 0
    # four 16 KiB sectors' worth of time is not there, one is (400 ms)
    assert 400e6 < report["time"]["virtual_ns"]


def test_flash_image_is_saved_and_loaded(empty_board, stock_openocd, tmp_path):
    image = tmp_path / "loop.bin"
    image.write_bytes(LOOP)
    saved = tmp_path / "flash.img"
    b = empty_board(extra=["--flash-image", saved])
    code, out = b.run("-c", "init; reset halt; flash write_image erase %s 0x08000000 bin; shutdown"
                      % image, openocd=stock_openocd)
    assert code == 0, out
    b.stop()
    assert saved.read_bytes()[:len(LOOP)] == LOOP
    assert len(saved.read_bytes()) == 1 << 20
    b = empty_board(extra=["--flash-image", saved])
    code, out = b.run("-c", "init; halt; verify_image %s 0x08000000 bin; shutdown" % image,
                      openocd=stock_openocd)
    assert code == 0, out


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("config", ["", "reset_config srst_only srst_nogate connect_assert_srst"])
def test_resets(empty_board, stock_openocd, tmp_path, transport, config):
    image = tmp_path / "flash.img"
    image.write_bytes(LOOP)
    b = empty_board(extra=["--flash-image", image])
    code, out = b.run("-c", config, "-c", "init; reset halt; echo [reg pc]; reg r0 0x55; reset run",
                      "-c", "sleep 20; halt; echo [reg r1]; reset init; echo [mdw 0x40023808]",
                      "-c", "shutdown", openocd=stock_openocd, transport=transport)
    assert code == 0, out
    assert "pc (/32): 0x08000008" in out
    assert "r1 (/32): 0x00000002" in out
    # the stock reset-init handler switched to the PLL, SWS says so
    assert "0x40023808: 0000100a" in out
    assert b.stop()["time"]["core_hz"] == 64000000


def test_fault_of_the_bus_is_reported_with_its_address(empty_board, stock_openocd):
    b = empty_board()
    code, out = b.run("-c", "init; reset halt; mdw 0x30000000; shutdown", openocd=stock_openocd)
    assert code != 0
    assert "Failed to read memory at 0x30000000" in out


def test_second_client_is_served(empty_board, stock_openocd):
    b = empty_board(once=False)
    for _ in range(2):
        code, out = b.run("-c", "init; reset halt; shutdown", openocd=stock_openocd)
        assert code == 0, out
    assert b.stop()["probe"]["requests"] > 200


def test_two_runs_without_idle_time_are_identical(empty_board, stock_openocd, tmp_path):
    blob = tmp_path / "blob.bin"
    blob.write_bytes(pattern(8192))
    times = []
    for _ in range(2):
        b = empty_board(idle_scale=0)
        code, out = b.run("-c", "init; reset halt; load_image %s 0x20010000 bin" % blob,
                          "-c", "dump_image %s.out 0x20010000 8192; shutdown" % blob,
                          openocd=stock_openocd)
        assert code == 0, out
        times.append(b.stop()["time"]["virtual_ns"])
    assert times[0] == times[1]
