# SPDX-License-Identifier: GPL-2.0-or-later

"""Every simulated probe and every MCU: memory and internal flash by the stock
OpenOCD, and the virtual time that a probe's figures give."""

import pytest

from test_board_stock import LOOP, TRANSPORTS, pattern

PROBES = {
    "v2": [],
    "v2-api2": ["--api", "2"],
    "v2-j24": ["--fw", "J24"],
    "v3": ["--probe", "stlink-v3"],
    "v3-api2": ["--probe", "stlink-v3", "--api", "2"],
}

# internal flash in KiB, as the stock driver finds it
MCUS = {"stm32f407": 1024, "stm32f103": 128, "stm32g071": 128, "stm32f030": 64}

NAMES = {"stm32f407": "Cortex-M4 r0p1", "stm32f103": "Cortex-M3 r1p1",
         "stm32g071": "Cortex-M0+ r0p1", "stm32f030": "Cortex-M0 r0p0"}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("probe", PROBES)
def test_memory_over_every_probe(board, stock_openocd, tmp_path, probe, transport):
    blob = tmp_path / "blob.bin"
    blob.write_bytes(pattern(10001))
    b = board(chips=(), idle_scale=10, extra=PROBES[probe])
    code, out = b.run("-c", "init; reset halt; load_image %s 0x20010001 bin" % blob,
                      "-c", "verify_image %s 0x20010001 bin" % blob,
                      "-c", "dump_image %s.out 0x20010001 10001" % blob,
                      "-c", "mwh 0x20000002 0xABCD; echo [mdb 0x20000002 2]; shutdown",
                      openocd=stock_openocd, transport=transport)
    assert code == 0, out
    assert (tmp_path / "blob.bin.out").read_bytes() == blob.read_bytes()
    assert "0x20000002: cd ab" in out
    assert "is not known" not in b.stderr()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("mcu", MCUS)
def test_internal_flash_of_every_mcu(board, stock_openocd, tmp_path, mcu, transport):
    image = tmp_path / "image.bin"
    image.write_bytes(LOOP + pattern(6000))
    b = board(mcu=mcu, chips=(), idle_scale=20)
    code, out = b.run("-c", "init; reset halt; flash write_image erase %s 0x08000000 bin" % image,
                      "-c", "verify_image %s 0x08000000 bin; reset halt; echo [reg pc]" % image,
                      "-c", "bp 0x0800000c 2 hw; resume; wait_halt 1000; echo [reg pc]",
                      "-c", "rbp all; reset init; shutdown",
                      openocd=stock_openocd, transport=transport)
    assert code == 0, out
    assert NAMES[mcu] in out
    assert "flash size = %d KiB" % MCUS[mcu] in out
    assert "pc (/32): 0x0800000c" in out
    report = b.stop()
    assert report["internal_flash"]["errors"] == 0
    assert report["core"]["lockups"] <= 1


@pytest.mark.parametrize("mcu", ["stm32f103", "stm32g071"])
def test_flash_that_is_not_erased_reports_an_error(board, stock_openocd, mcu):
    b = board(mcu=mcu, chips=(), idle_scale=20)
    code, out = b.run("-c", "init; reset halt; flash fillw 0x08000000 0x12345678 64",
                      "-c", "flash fillw 0x08000000 0xFFFF0000 64; shutdown", openocd=stock_openocd)
    assert code != 0
    assert b.stop()["internal_flash"]["errors"] > 0


def test_figures_of_the_probes(board, stock_openocd, tmp_path):
    """60 requests of 100 or 50 us, and 46 clocks a word."""
    blob = tmp_path / "blob.bin"
    blob.write_bytes(pattern(60000))
    spent_us = {}
    for probe, khz in (("v2", 4000), ("v3", 24000)):
        for size in (0, 60000):
            load = "load_image %s 0x20008000 bin" % blob if size else "expr 0"
            b = board(chips=(), idle_scale=0, extra=PROBES[probe])
            code, out = b.run("-c", "init; poll off; halt; adapter speed %d; %s; shutdown" % (khz, load),
                              openocd=stock_openocd)
            assert code == 0, out
            report = b.stop()
            spent_us[probe, size] = report["time"]["virtual_ns"] / 1000
            assert report["probe"]["swd_khz"] == khz
    v2 = spent_us["v2", 60000] - spent_us["v2", 0]
    v3 = spent_us["v3", 60000] - spent_us["v3", 0]
    # 15000 words are 172.5 ms at 4 MHz and 28.75 ms at 24 MHz, plus a few requests
    assert 172500 < v2 < 172500 + 60 * 100
    assert 28750 < v3 < 28750 + 60 * 50
