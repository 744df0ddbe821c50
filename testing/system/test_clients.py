# SPDX-License-Identifier: GPL-2.0-or-later

"""The front doors but GDB's: telnet, the Tcl port, and one line without any file."""

import re
import subprocess

import pytest

from conftest import ADAPTER, OPENOCD, PINS, QUIET_PORTS
from flashlib import (BANK, BASE, CHIP_BYTES, INTERNAL, Chip, Run, elf, file_of, noise,
                      pause_app, session)
from servers import Tcl, Telnet

FREE_PORTS = ["-c", "gdb_port disabled; telnet_port 0; tcl_port 0"]


@pytest.fixture
def full(tmp_path):
    return Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, seed=1))


@pytest.fixture
def bench(board, server, full):
    """A board with a full chip that is quick to erase, and an OpenOCD that serves it."""
    one = board(chips=(("W25Q64JV-Q:tCE=200000", PINS),), images=(full.path,))
    adapter = [word.format(port=one.port) for word in ADAPTER["dapdirect_swd"]]
    return one, server([OPENOCD, *FREE_PORTS, *adapter, "-f", "target/stm32f4x.cfg", "-c", BANK])


def test_a_dialogue_by_telnet(bench, full, tmp_path):
    one, openocd = bench
    data = file_of(tmp_path / "data.bin", noise(5000, 81))
    ask = Telnet(openocd.port("telnet")).ask
    assert "no chip is known" not in ask("reset init")
    assert "ext (cmspi) at 0x90000000" in ask("flash banks")
    assert "flash 'cmspi' found at 0x90000000" in ask("flash probe ext")
    assert "ID ef 40 17" in ask("flash info ext")
    assert "erased sectors 2 through 3" in ask("flash erase_sector ext 2 3")
    # only what is not erased is listed
    assert re.findall(r"# *(\d+):", ask("flash erase_check ext"))[:3] == ["0", "1", "4"]
    assert "wrote 5000 bytes from file" in ask("flash write_bank ext %s 0x2000" % data)
    assert "wrote 5000 bytes" in ask("flash write_image erase %s 0x90010000 bin" % data)
    first = int.from_bytes(full.expected[:4], "little")
    assert ask("mdw 0x90000000") == "0x90000000: %08x" % first
    assert "verified 5000 bytes" in ask("verify_image %s 0x90002000 bin" % data)
    assert "diff 0 address 0x90003000" in ask("verify_image %s 0x90003000 bin" % data)
    assert ask("cmspi cmd ext 3 0x9f") == "ef 40 17"
    assert "cmspi mass_erase bank_id" in ask("cmspi nonsense")
    assert "mass erase done" in ask("cmspi mass_erase ext")
    assert ask("mdw 0x90000000") == "0x90000000: ffffffff"
    openocd.stop()
    assert not one.stop()["sins"]
    assert full.contents() == b"\xff" * CHIP_BYTES


def test_a_dialogue_by_the_tcl_port(bench, full, tmp_path):
    one, openocd = bench
    data = file_of(tmp_path / "data.bin", noise(3000, 82))
    ask = Tcl(openocd.port("tcl")).ask
    ask("reset init")
    ask("flash write_image erase %s 0x90005000 bin" % data)
    full.erase(0x5000, 0x1000)
    full.write(0x5000, data.read_bytes())
    assert "verified 3000 bytes" in ask("capture {verify_image %s 0x90005000 bin}" % data)
    words = ask("read_memory 0x90005000 8 4").split()
    assert bytes(int(word, 0) for word in words) == data.read_bytes()[:4]
    assert ask("cmspi cmd ext 3 0x9f") == "ef 40 17"
    assert ask("catch {flash erase_sector ext 2048 2048}") != "0"
    assert ask("dict get [lindex [flash list] end] base") == str(BASE)
    # two clients at once
    assert Tcl(openocd.port("tcl")).ask("set x 1") == "1"
    assert ask("set x") == "1"
    openocd.stop()
    assert not one.stop()["sins"]
    full.assert_as_expected()


@pytest.mark.parametrize("find", [["-f", "cmspi.tcl"], ["-c", "source [find cmspi.tcl]"]])
@pytest.mark.parametrize("interface, backend", [
    ("interface/stlink.cfg", "hla_stlink_backend tcp %d"),
    ("interface/stlink-dap.cfg", "st-link backend tcp %d"),
])
def test_one_line_without_any_file(board, full, tmp_path, interface, backend, find):
    """The simulated board takes one word more than a real one: its port."""
    data = noise(3000, 83)
    app = elf(tmp_path / "app.elf", (INTERNAL, pause_app()), (BASE + 0x1000, data))
    full.erase(0x1000, 0x1000)
    full.write(0x1000, data)
    one = board(images=(full.path,))
    done = subprocess.run(
        [OPENOCD, *QUIET_PORTS, "-f", interface, "-c", backend % one.port,
         "-f", "target/stm32f4x.cfg", *find,
         "-c", "cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PA6",
         "-c", "program %s verify reset exit" % app],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    out = done.stdout.decode(errors="replace")
    assert done.returncode == 0 and "** Verified OK **" in out, out
    assert not one.stop()["sins"]
    full.assert_as_expected()


@pytest.mark.parametrize("transport", sorted(ADAPTER))
def test_breakpoints_in_the_chip_are_refused(board, transport):
    """Both target types; breakpoints elsewhere still work."""
    run = Run(board, None, session(
        "echo SOFT=[catch {bp 0x90000000 2}]", "echo HARD=[catch {bp 0x90000000 2 hw}]",
        "echo WATCH=[catch {wp 0x90000000 4}]", "bp 0x08000100 2 hw", "wp 0x20000000 4"),
              transport=transport).ok()
    assert run.out.count("no breakpoint at 0x90000000") == 2, run.out
    assert run.out.count("no watchpoint at 0x90000000") == 1, run.out
    assert not re.search(r"(SOFT|HARD|WATCH)=0", run.out), run.out
    assert "breakpoint set at 0x08000100" in run.out, run.out
