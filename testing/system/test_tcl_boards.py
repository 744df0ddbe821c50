# SPDX-License-Identifier: GPL-2.0-or-later

"""Every board file makes its banks in OpenOCD; those whose MCU is simulated, or
one that is like it, probe, program and verify the chip on their pins."""

import json
import re
import subprocess

import pytest

from conftest import OPENOCD, QUIET_PORTS, ROOT
from flashlib import file_of, noise

# the tree's own files, also those that the last build did not know
SCRIPTS = ["-s", str(ROOT / "tcl")]

DATA = ROOT / "testing/simboard/data"
BOARDS = sorted(path.name for path in (ROOT / "tcl/board").glob("cmspi-*.cfg"))



def mx66uw1g45g(folder):
    """MX66UW1G45G is not simulated: MX25UW51245G with twice the size."""
    row = json.loads((DATA / "chip/MX25UW51245G.json").read_text())
    # JESD216: DWORD 2 of the basic table is the number of bits less one
    sfdp = (DATA / "sfdp/MX25UW51245G.hex").read_text()
    assert sfdp.count("ff ff ff 1f") == 1
    (folder / "sfdp.hex").write_text(
        sfdp.replace("ff ff ff 1f", "ff ff ff 3f"))
    row.update(part="MX66UW1G45G", jedec_id="C2813B", size_bytes=128 << 20,
               sfdp=str(folder / "sfdp.hex"))
    (folder / "chip.json").write_text(json.dumps(row))
    return folder / "chip.json"


def quad_enable_clear(part):
    """The same with quad enable clear and writable."""
    def make(folder):
        row = json.loads((DATA / "chip" / (part + ".json")).read_text())
        assert row["flags"]["quad_enable"] == "SR2.1"
        row["registers"][1].update(power_up="0x00", writable="0x43")
        path = folder / (part + ".json")
        path.write_text(json.dumps(row))
        return path
    return make


class Sim:
    """A board in the simulator: row of its MCU, or of one that is like it; the chips,
    each a row or what makes one; their pins; on which are reads on four lines."""

    def __init__(self, mcu, chips, *pins, quad=()):
        self.mcu, self.pins = mcu, pins
        self.chips = chips if isinstance(chips, tuple) else (chips,)
        self.quad = [i in quad for i in range(len(pins))]


# two chips: one for the QUADSPI, one for the SPI peripheral
WEACT_H7 = ("cs=PB6,clk=PB2,mosi=PD11,miso=PD12,io2=PE2,io3=PD13",
            "cs=PD6,clk=PB3,mosi=PD7,miso=PB4")
F746G = "cs=PB6,clk=PB2,mosi=PD11,miso=PD12,io2=PE2,io3=PD13"
HEADER = "cs=PB6,clk=PA5,mosi=PA7,miso=PA6"

# The SFDP of N25Q128A and MX66L51235F, which tells of reads on four lines, is not in
# reach: here these are read on one or two.
SIMULATED = {
    "cmspi-stm32f407ve-black.cfg":
        Sim("stm32f407", "W25Q16JV-Q", "cs=PB0,clk=PB3,mosi=PB5,miso=PB4"),
    "cmspi-stm32f469i-disco.cfg":
        Sim("stm32f407", "N25Q128A13", "cs=PB6,clk=PF10,mosi=PF8,miso=PF9,io2=PF7,io3=PF6"),
    "cmspi-weact-f411.cfg":
        Sim("stm32f407", "W25Q64JV-Q", "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"),
    "cmspi-nucleo-f411re.cfg": Sim("stm32f407", "W25Q64JV-Q", HEADER),
    "cmspi-bluepill.cfg":
        Sim("stm32f103", "W25Q64JV-Q", "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"),
    "cmspi-nucleo-g071rb.cfg":
        Sim("stm32g071", "W25Q64JV-Q", "cs=PB0,clk=PA5,mosi=PA7,miso=PA6"),
    "cmspi-nucleo-l476rg.cfg": Sim("stm32l476", "W25Q64JV-Q", HEADER),
    "cmspi-stm32l476g-disco.cfg": Sim(
        "stm32l476", "N25Q128A13", "cs=PE11,clk=PE10,mosi=PE12,miso=PE13,io2=PE14,io3=PE15"),
    "cmspi-stm32f746g-disco.cfg": Sim("stm32f746", "N25Q128A13", F746G),
    # revision C-03, with quad enable clear
    "cmspi-stm32f746g-disco.cfg C-03":
        Sim("stm32f746", quad_enable_clear("W25Q128JV-Q"), F746G, quad=[0]),
    # flashrom has one row for it and the board's MX25L51245G
    "cmspi-stm32f769i-disco.cfg": Sim(
        "stm32f746", "MX66L51235F", "cs=PB6,clk=PB2,mosi=PC9,miso=PC10,io2=PE2,io3=PD13"),
    "cmspi-stm32h7s78-dk.cfg":
        Sim("stm32h7s7", mx66uw1g45g, "cs=PN1,clk=PN6,mosi=PN2,miso=PN3"),
    "cmspi-weact-h743.cfg": Sim("stm32h743", ("W25Q64JV-Q", "W25Q64JV-Q"), *WEACT_H7, quad=[0]),
    "cmspi-weact-h7b0.cfg": Sim(
        "stm32h7a3", (quad_enable_clear("W25Q64JV-Q"), "W25Q64JV-Q"), *WEACT_H7, quad=[0]),
}

# boards that bring no adapter with them
FOREIGN_ADAPTER = ["-f", "interface/stlink-dap.cfg", "-c", "transport select dapdirect_swd"]


def banks(*args):
    """Names of the cmspi banks that a configuration makes, without a target."""
    done = subprocess.run([OPENOCD] + SCRIPTS + QUIET_PORTS + list(args) + [
        "-c", "foreach bank [flash list] {"
              "if {[dict get $bank driver] eq \"cmspi\"} {echo \"bank [dict get $bank name]\"}}",
        "-c", "shutdown"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=60)
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, said
    return [line.split()[1] for line in said.splitlines() if line.startswith("bank ")]


@pytest.mark.parametrize("name", sorted({name.split()[0] for name in SIMULATED}))
def test_board_says_where_its_wiring_is_from(name):
    said = (ROOT / "tcl/board" / name).read_text()
    assert "# Wiring: " in said, "no document is cited"
    assert "# Checked against: " in said or "# Wiring: yours" in said, "no second source"
    paged = re.search(r"schematic.*sheet|um\d{4} rev \d+.*page", said, re.DOTALL | re.IGNORECASE)
    assert paged or "# Not checked: " in said, "neither a sheet nor a page: say so"


@pytest.mark.parametrize("name", BOARDS)
def test_board_makes_its_banks(name):
    adapter = FOREIGN_ADAPTER if "black" in name else []
    wanted = ["ext", "ext2"] if "h743" in name or "h7b0" in name else ["ext"]
    assert banks(*adapter, "-f", "board/" + name) == wanted


@pytest.mark.parametrize("name", sorted(SIMULATED))
def test_board_programs_its_chip(board, tmp_path, name):
    """With the chip that is on it, on four lines where these are wired and on."""
    sim = SIMULATED[name]
    data = noise(20000, 6)
    path = file_of(tmp_path / "data.bin", data)
    images = [tmp_path / ("chip%d.bin" % i) for i in range(len(sim.chips))]
    chips = [(chip if isinstance(chip, str) else chip(tmp_path), pins)
             for chip, pins in zip(sim.chips, sim.pins)]
    b = board(mcu=sim.mcu, chips=chips, images=images, idle_scale=0, extra=("--skip-waits",))
    work = []
    for base in (0x90001000, 0xa0001000)[:len(chips)]:
        work += ["-c", "flash write_image erase %s 0x%x" % (path, base),
                 "-c", "verify_image %s 0x%x" % (path, base)]
    code, out = b.run(*SCRIPTS, "-f", "board/" + name.split()[0], "-c", "init", "-c",
                      "reset init", *work, "-c", "shutdown", target="")
    report = b.stop()
    assert code == 0, out
    for image in images:
        with open(image, "rb") as contents:
            contents.seek(0x1000)
            assert contents.read(len(data)) == data
    assert report["sins"] == {}
    for chip, quad in zip(report["chips"], sim.quad):
        assert ("6B" in chip["commands"]) == quad, chip["commands"]
        # quad enable is as it was
        assert chip["state"]["registers"] == chip["state"]["stored"]


def test_locked_pin_is_named(board):
    """LCKR of F4: the sequence of RM0090 8.3.6 on PA5."""
    b = board()
    lock = "; ".join("mww 0x4002001c " + word for word in ("0x10020", "0x20", "0x10020"))
    code, out = b.run(*SCRIPTS, "-f", "cmspi.tcl",
                      "-c", "cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 -mosi PA7"
                            " -miso PA6; init; reset init; mww 0x40023830 1",
                      "-c", "echo \"before <[cmspi_locked_pins ext]>\"; " + lock,
                      "-c", "mrw 0x4002001c; echo \"after <[cmspi_locked_pins ext]>\"; shutdown")
    assert code == 0 and "before <>" in out and "after <PA5>" in out, out
