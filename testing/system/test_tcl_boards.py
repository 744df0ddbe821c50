# SPDX-License-Identifier: GPL-2.0-or-later

"""Every board file makes its banks in OpenOCD; those whose MCU is simulated, or
one that is like it, probe, program and verify the chip on their pins."""

import subprocess

import pytest

from conftest import OPENOCD, QUIET_PORTS, ROOT

# the tree's own files, also those that the last build did not know
SCRIPTS = ["-s", str(ROOT / "tcl")]

BOARDS = sorted(path.name for path in (ROOT / "tcl/board").glob("cmspi-*.cfg"))

# two chips: one for the QUADSPI, one for the SPI peripheral
WEACT_H7 = ("cs=PB6,clk=PB2,mosi=PD11,miso=PD12,io2=PE2,io3=PD13",
            "cs=PD6,clk=PB3,mosi=PD7,miso=PB4")

# board: MCU row of the simulator, pins of each chip
SIMULATED = {
    "cmspi-stm32f407ve-black.cfg": ("stm32f407", "cs=PB0,clk=PB3,mosi=PB5,miso=PB4"),
    "cmspi-stm32f469i-disco.cfg":
        ("stm32f407", "cs=PB6,clk=PF10,mosi=PF8,miso=PF9,io2=PF7,io3=PF6"),
    "cmspi-weact-f411.cfg": ("stm32f407", "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"),
    "cmspi-nucleo-f411re.cfg": ("stm32f407", "cs=PB6,clk=PA5,mosi=PA7,miso=PA6"),
    "cmspi-bluepill.cfg": ("stm32f103", "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"),
    "cmspi-nucleo-g071rb.cfg": ("stm32g071", "cs=PB0,clk=PA5,mosi=PA7,miso=PA6"),
    "cmspi-nucleo-l476rg.cfg": ("stm32l476", "cs=PB6,clk=PA5,mosi=PA7,miso=PA6"),
    "cmspi-stm32l476g-disco.cfg":
        ("stm32l476", "cs=PE11,clk=PE10,mosi=PE12,miso=PE13,io2=PE14,io3=PE15"),
    "cmspi-stm32f746g-disco.cfg":
        ("stm32f746", "cs=PB6,clk=PB2,mosi=PD11,miso=PD12,io2=PE2,io3=PD13"),
    "cmspi-stm32f769i-disco.cfg":
        ("stm32f746", "cs=PB6,clk=PB2,mosi=PC9,miso=PC10,io2=PE2,io3=PD13"),
    "cmspi-stm32h7s78-dk.cfg": ("stm32h7s7", "cs=PN1,clk=PN6,mosi=PN2,miso=PN3"),
    "cmspi-weact-h743.cfg": ("stm32h743", *WEACT_H7),
    "cmspi-weact-h7b0.cfg": ("stm32h7a3", *WEACT_H7),
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


@pytest.mark.parametrize("name", sorted(SIMULATED))
def test_board_says_where_its_wiring_is_from(name):
    said = (ROOT / "tcl/board" / name).read_text()
    assert "# Wiring: " in said, "no document is cited"
    assert "# Checked against: " in said or "# Wiring: yours" in said, "no second source"
    assert "# Not checked: " in said or "schematic" in said, "no schematic: say so"


@pytest.mark.parametrize("name", BOARDS)
def test_board_makes_its_banks(name):
    adapter = FOREIGN_ADAPTER if "black" in name else []
    wanted = ["ext", "ext2"] if "h743" in name or "h7b0" in name else ["ext"]
    assert banks(*adapter, "-f", "board/" + name) == wanted


@pytest.mark.parametrize("name", sorted(SIMULATED))
def test_board_programs_its_chip(board, tmp_path, name):
    mcu, *chips = SIMULATED[name]
    data = bytes((i * 7 + (i >> 8)) & 0xff for i in range(5000))
    (tmp_path / "data.bin").write_bytes(data)
    images = [tmp_path / ("chip%d.bin" % i) for i in range(len(chips))]
    b = board(mcu=mcu, chips=[("W25Q64JV-Q", pins) for pins in chips], images=images)
    work = []
    for base in (0x90001000, 0xa0001000)[:len(chips)]:
        work += ["-c", "flash write_image erase %s 0x%x" % (tmp_path / "data.bin", base),
                 "-c", "verify_image %s 0x%x" % (tmp_path / "data.bin", base)]
    code, out = b.run(*SCRIPTS, "-f", "board/" + name, "-c", "init", "-c", "reset init", *work,
                      "-c", "shutdown", target="")
    report = b.stop()
    assert code == 0, out
    for image in images:
        assert image.read_bytes()[0x1000:0x1000 + len(data)] == data
    assert not any(report.get("sins", {}).values()), report["sins"]


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
