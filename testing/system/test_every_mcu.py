# SPDX-License-Identifier: GPL-2.0-or-later

"""The driver on every simulated core, probe and transport: probe, erase, write,
verify, and nothing written that is not its own."""

import pytest

from flashlib import Chip, noise
from test_board_probes import PROBES
from test_board_stock import TRANSPORTS

CPUS = {"stm32f407": "stm32f4x.cpu", "stm32f103": "stm32f1x.cpu",
        "stm32g071": "stm32g0x.cpu", "stm32f030": "stm32f0x.cpu"}
PINS = {"default": "cs=PA4,clk=PA5,mosi=PA7,miso=PA6", "two_ports": "cs=PB0,clk=PA5,mosi=PB5,miso=PA6"}


def bank(mcu, pins):
    words = dict(pair.split("=") for pair in pins.split(","))
    return "source [find cmspi.tcl]; cmspi_bank ext 0x90000000 %s -cs %s -clk %s -mosi %s -miso %s" % (
        CPUS[mcu], words["cs"], words["clk"], words["mosi"], words["miso"])


@pytest.fixture
def write_and_verify(board, tmp_path):
    def run(mcu="stm32f407", pins=PINS["default"], transport="dapdirect_swd", extra=()):
        chip = Chip(tmp_path / "chip.bin")
        data = noise(6001, 11)
        (tmp_path / "data.bin").write_bytes(data)
        chip.write(0x10FF, data)
        b = board(mcu=mcu, chips=(("W25Q64JV-Q", pins),), images=(chip.path,), extra=extra)
        code, out = b.run(
            "-c", bank(mcu, pins), "-c", "init; reset init; flash probe ext",
            "-c", "flash write_image erase %s 0x900010ff bin" % (tmp_path / "data.bin"),
            "-c", "verify_image %s 0x900010ff bin; shutdown" % (tmp_path / "data.bin"),
            transport=transport)
        assert code == 0, out
        report = b.stop()
        chip.assert_as_expected()
        assert not report["sins"], report["sins"]
        assert report["gpio"]["unlike_mark"] == []
        # an erased internal flash: the core has locked up once before the client came
        assert report["core"]["faults"] - report["core"]["lockups"] == 0
        assert report["core"]["unwritten_ram_reads"] == 0
        return report
    return run


@pytest.mark.parametrize("pins", PINS)
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("mcu", CPUS)
def test_every_core(write_and_verify, mcu, transport, pins):
    write_and_verify(mcu, PINS[pins], transport)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("probe", PROBES)
def test_every_probe(write_and_verify, probe, transport):
    write_and_verify(transport=transport, extra=PROBES[probe])
