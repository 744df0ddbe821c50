# SPDX-License-Identifier: GPL-2.0-or-later

"""GDB on a board with a cmspi bank: load, compare, look into the chip, and an
empty socket that must not keep GDB from the target."""

import shutil
import subprocess

import pytest

from conftest import ADAPTER, OPENOCD
from flashlib import BANK, BASE, CHIP_BYTES, INTERNAL, Chip, elf, noise, pause_app

GDB = shutil.which("gdb-multiarch") or shutil.which("arm-none-eabi-gdb")


@pytest.fixture
def gdb(board, tmp_path):
    """gdb(board options, image, commands) -> (exit code, what GDB said, board)"""
    if not GDB:
        pytest.skip("no GDB for Arm")

    def run(image, *commands, **board_options):
        one = board(**board_options)
        server = [OPENOCD, "-c", "gdb_port pipe; telnet_port disabled; tcl_port disabled",
                  "-c", "log_output %s" % (tmp_path / "openocd.log")]
        server += [word.format(port=one.port) for word in ADAPTER["dapdirect_swd"]]
        server += ["-f", "target/stm32f4x.cfg", "-c", BANK]
        args = [GDB, "-q", "-nx", "-batch", "-ex", "set remotetimeout 60",
                "-ex", "target extended-remote | " + " ".join("'%s'" % word for word in server)]
        for command in commands:
            args += ["-ex", command]
        done = subprocess.run(args + [str(image)], stdin=subprocess.DEVNULL, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode(errors="replace"), one

    return run


@pytest.fixture
def image(tmp_path):
    """ELF for both flashes, with sections that GDB can load and compare."""
    path = tmp_path / "app"
    code, data = tmp_path / "code", tmp_path / "data"
    code.write_bytes(pause_app())
    data.write_bytes(b"hello from the chip\0" + noise(20000, 61))
    empty = tmp_path / "empty"
    empty.write_bytes(b"\0")
    subprocess.run(
        ["arm-none-eabi-objcopy", "-I", "binary", "-O", "elf32-littlearm", "-B", "arm", empty,
         tmp_path / "app.o", "--remove-section", ".data",
         "--add-section", ".text=%s" % code, "--set-section-flags", ".text=alloc,load,code",
         "--add-section", ".extflash=%s" % data,
         "--set-section-flags", ".extflash=alloc,load,readonly,data"], check=True)
    subprocess.run(["arm-none-eabi-ld", "-Ttext=0x%x" % INTERNAL,
                    "--section-start=.extflash=0x%x" % (BASE + 0x1000), "-e", "0x%x" % INTERNAL,
                    "-o", path, tmp_path / "app.o"], check=True)
    return path, data.read_bytes()


def test_load_and_compare_sections(gdb, image, tmp_path):
    path, data = image
    chip = Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, 1))
    chip.erase(0x1000, (len(data) + 4095) // 4096 * 4096)
    chip.write(0x1000, data)
    code, out, one = gdb(path, "monitor reset init", "load", "compare-sections",
                         "x/s 0x90001000", "x/2xb 0x90001014", images=(chip.path,))
    assert code == 0, out
    assert out.count("matched.") == 2, out
    assert "hello from the chip" in out
    assert "0x%02x\t0x%02x" % tuple(data[20:22]) in out
    assert not one.stop()["sins"]
    chip.assert_as_expected()


def test_gdb_attaches_without_a_chip_and_load_fails_loudly(gdb, image):
    path, _ = image
    _, out, one = gdb(path, "info registers pc", "load", "monitor echo ALIVE", chips=())
    assert "pc " in out, out
    assert "ALIVE" in out, out
    assert "rror" in out.split("Loading section")[-1] or "rror erasing" in out, out
    assert "Transfer rate" not in out, out
    assert not one.stop()["sins"]


def test_internal_flash_loads_without_a_chip(gdb, tmp_path):
    path = elf(tmp_path / "app.elf", (INTERNAL, pause_app()))
    code, out, _ = gdb(path, "monitor program %s verify" % path, "monitor echo ALIVE", chips=())
    assert code == 0 and "ALIVE" in out and "Verified OK" in out, out
