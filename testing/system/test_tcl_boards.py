# SPDX-License-Identifier: GPL-2.0-or-later

"""Every board file makes its banks in OpenOCD; those whose MCU is simulated, or
one that is like it, probe, program and verify the chip on their pins."""

import subprocess

import pytest

from conftest import OPENOCD, QUIET_PORTS, ROOT

# the tree's own files, also those that the last build did not know
SCRIPTS = ["-s", str(ROOT / "tcl")]

BOARDS = sorted(path.name for path in (ROOT / "tcl/board").glob("cmspi-*.cfg"))

# board: MCU row of the simulator, pins
SIMULATED = {
    "cmspi-stm32f407ve-black.cfg": ("stm32f407", "cs=PB0,clk=PB3,mosi=PB5,miso=PB4"),
    "cmspi-stm32f469i-disco.cfg":
        ("stm32f407", "cs=PB6,clk=PF10,mosi=PF8,miso=PF9,io2=PF7,io3=PF6"),
    "cmspi-weact-f411.cfg": ("stm32f407", "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"),
    "cmspi-nucleo-f411re.cfg": ("stm32f407", "cs=PB6,clk=PA5,mosi=PA7,miso=PA6"),
    "cmspi-bluepill.cfg": ("stm32f103", "cs=PA4,clk=PA5,mosi=PA7,miso=PA6"),
    "cmspi-nucleo-g071rb.cfg": ("stm32g071", "cs=PB0,clk=PA5,mosi=PA7,miso=PA6"),
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


@pytest.mark.parametrize("name", BOARDS)
def test_board_makes_its_banks(name):
    adapter = FOREIGN_ADAPTER if "black" in name else []
    wanted = ["ext", "ext2"] if "h743" in name or "h7b0" in name else ["ext"]
    assert banks(*adapter, "-f", "board/" + name) == wanted


@pytest.mark.parametrize("name", sorted(SIMULATED))
def test_board_programs_its_chip(board, tmp_path, name):
    mcu, pins = SIMULATED[name]
    data = bytes((i * 7 + (i >> 8)) & 0xff for i in range(5000))
    (tmp_path / "data.bin").write_bytes(data)
    b = board(mcu=mcu, chips=(("W25Q64JV-Q", pins),), images=[tmp_path / "chip.bin"])
    code, out = b.run(*SCRIPTS, "-f", "board/" + name, "-c", "init", "-c", "reset init",
                      "-c", "flash write_image erase %s 0x90001000" % (tmp_path / "data.bin"),
                      "-c", "verify_image %s 0x90001000" % (tmp_path / "data.bin"),
                      "-c", "shutdown", target="")
    report = b.stop()
    assert code == 0, out
    assert (tmp_path / "chip.bin").read_bytes()[0x1000:0x1000 + len(data)] == data
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
