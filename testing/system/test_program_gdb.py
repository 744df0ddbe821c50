# SPDX-License-Identifier: GPL-2.0-or-later

"""GDB on a board with a cmspi bank: load, compare, look into the chip, stop in the
application; an empty socket that must not keep GDB from the target; what is refused."""

import os
import re
import shutil
import subprocess

import pytest

from conftest import ADAPTER, OPENOCD, ROOT
from flashlib import BANK, BASE, CHIP_BYTES, INTERNAL, Chip, elf, file_of, noise, pause_app

# control block of the simulated board: chips in their sockets
SOCKETS = "0x5FFFF020"

GDB = shutil.which("gdb-multiarch") or shutil.which("arm-none-eabi-gdb")


@pytest.fixture
def gdb(board, tmp_path):
    """gdb(image, commands, board options) -> (exit code, what GDB said, board);
    what OpenOCD said is in openocd.log. start: what it does first, "init" by default"""
    if not GDB:
        pytest.skip("no GDB for Arm")

    def run(image, *commands, start=None, **board_options):
        one = board(**board_options)
        server = [OPENOCD, "-c", "gdb_port pipe; telnet_port disabled; tcl_port disabled",
                  "-c", "log_output %s" % (tmp_path / "openocd.log")]
        server += [word.format(port=one.port) for word in ADAPTER["dapdirect_swd"]]
        server += ["-f", "target/stm32f4x.cfg", "-c", BANK]
        server += ["-c", start] if start else []
        args = [GDB, "-q", "-nx", "-batch", "-ex", "set remotetimeout 60",
                "-ex", "target extended-remote | " + " ".join("'%s'" % word for word in server)]
        for command in commands:
            args += ["-ex", command]
        done = subprocess.run(args + [str(image)], stdin=subprocess.DEVNULL, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode(errors="replace"), one

    return run


@pytest.fixture
def application(tmp_path):
    """application(answer) -> ELF of gdb_app.c with that constant in the chip"""
    def build(answer=42):
        path = tmp_path / ("app%d.elf" % answer)
        subprocess.run(
            ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-O1", "-g", "-ffreestanding",
             "-nostdlib", "-DANSWER=%d" % answer, "-Wl,--section-start=.vectors=0x%x" % INTERNAL,
             "-Wl,-Ttext=0x%x" % (INTERNAL + 0x100), "-Wl,-Tbss=0x20002000",
             "-Wl,--section-start=.extflash=0x%x" % (BASE + 0x3000),
             "-Wl,--section-start=.extflash.text=0x%x" % (BASE + 0x4000),
             "-Wl,-e,reset_handler", "-o", path, ROOT / "testing/system/gdb_app.c"], check=True)
        return path

    return build


def linked(path, code, data, at=0):
    """ELF for both flashes, with sections that GDB can load and compare."""
    pieces = []
    for name, contents in ((".text", code), (".extflash", data)):
        piece = file_of(path.with_suffix(name), contents)
        pieces += ["--add-section", "%s=%s" % (name, piece), "--set-section-flags",
                   "%s=alloc,load,readonly,%s" % (name, "code" if name == ".text" else "data")]
    empty, objects = file_of(path.with_suffix(".empty"), b"\0"), path.with_suffix(".o")
    subprocess.run(["arm-none-eabi-objcopy", "-I", "binary", "-O", "elf32-littlearm", "-B", "arm",
                    empty, objects, "--remove-section", ".data", *pieces], check=True)
    subprocess.run(["arm-none-eabi-ld", "-Ttext=0x%x" % INTERNAL,
                    "--section-start=.extflash=0x%x" % (BASE + at), "-e", "0x%x" % INTERNAL,
                    "-o", path, objects], check=True)
    return path


@pytest.fixture
def image(tmp_path):
    """(ELF for both flashes, what it has for the chip from 0x1000 on)"""
    data = b"hello from the chip\0" + noise(20000, 61)
    return linked(tmp_path / "app", pause_app(), data, at=0x1000), data


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


@pytest.mark.parametrize("size", [
    1024 * 1024,
    pytest.param(CHIP_BYTES, marks=pytest.mark.skipif(
        os.environ.get("CMSPI_LONG") != "1", reason="half a minute of reading, only in --long")),
])
def test_megabytes_are_compared_in_one_packet(gdb, tmp_path, size):
    """One qCRC, without a sign of life from OpenOCD meanwhile: that is what
    `set remotetimeout` is for; here it only has to suffice on a busy machine."""
    chip = Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, 62))
    path = linked(tmp_path / "big", pause_app(), bytes(chip.expected[:size]))
    code, out, one = gdb(path, "set remotetimeout 600", "monitor reset init",
                         "compare-sections .extflash",
                         "monitor echo ALIVE", images=(chip.path,))
    assert code == 0 and "ALIVE" in out, out
    assert "range 0x90000000 -- 0x%x: matched." % (BASE + size) in out, out
    assert not one.stop()["sins"]


def test_look_into_the_chip_and_stop_in_the_application(gdb, application, tmp_path):
    dump = tmp_path / "dump"
    code, out, _ = gdb(
        application(), "load", "monitor reset halt", "break step", "continue", "backtrace",
        "print by", "print greeting", "print answer", "x/s greeting", "disassemble overlay",
        "dump binary value %s greeting" % dump,
        "dump binary memory %s.memory 0x90003004 0x90003014" % dump,
        "continue", "print rounds", "monitor cmspi cmd ext 3 0x9f", "monitor flash info ext")
    assert code == 0, out
    assert len(re.findall(r"Breakpoint 1, step \(by=\S*2\)", out)) == 2, out
    assert "#1 " in out and "reset_handler" in out, out
    assert '= "hello from the chip"' in out and "= 42" in out, out
    assert "0x90004000 <+0>:" in out and "bx\tlr" in out, out
    assert dump.read_bytes() == b"hello from the chip\0"
    assert (tmp_path / "dump.memory").read_bytes() == b"hello from the c"
    assert re.search(r"= 2$", out, re.MULTILINE), out
    assert "ef 40 17" in out and "flash info" not in out, out


def test_load_again_after_a_change(gdb, application, tmp_path):
    chip = Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, 63))
    code, out, one = gdb(application(1), "load", "compare-sections", "file %s" % application(2),
                         "load", "compare-sections", "print answer", images=(chip.path,))
    assert code == 0 and "MIS-MATCHED" not in out, out
    assert out.count("matched.") == 8, out
    assert "= 2" in out
    assert not one.stop()["sins"]
    found = chip.contents()
    assert found[0x3004:0x3017] == b"hello from the chip"
    assert found[:0x3000] == chip.expected[:0x3000] and found[0x5000:] == chip.expected[0x5000:]


def test_attach_to_a_running_target(gdb, application, tmp_path):
    """The ports of its pins have no clock: nobody has set them up yet."""
    chip = Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, 64))
    code, out, _ = gdb(application(), "info registers pc", "x/4xb 0x90000000", "load",
                       "compare-sections", start="init; reset run", images=(chip.path,))
    assert code == 0, out
    expected = "\t".join("0x%02x" % byte for byte in noise(CHIP_BYTES, 64)[:4])
    assert expected in out and out.count("matched.") > 2, out


def test_a_chip_that_comes_later_needs_no_new_connection(gdb, application):
    code, out, one = gdb(
        application(), "load", "monitor echo FIRST", "monitor mww %s 1" % SOCKETS, "load",
        "compare-sections", "print answer", faults=("out_of_socket",), extra=["--control"])
    first, second = out.split("FIRST")
    assert "rror" in first and "Transfer rate" not in first, out
    assert "Transfer rate" in second and "MIS-MATCHED" not in second and "= 42" in second, out
    assert not one.stop()["sins"]


@pytest.mark.parametrize("kind", ["break", "hbreak"])
def test_a_breakpoint_in_the_chip_is_refused(gdb, application, tmp_path, kind):
    _, out, _ = gdb(application(), "load", "monitor reset halt", kind + " *overlay", "continue",
                    "delete", "monitor echo AFTER", kind + " step", "continue")
    refused, after = out.split("AFTER")
    assert "annot insert" in refused, out
    assert "no breakpoint at 0x90004000, the core cannot execute code there" in (
        tmp_path / "openocd.log").read_text()
    assert "reakpoint 2, step" in after, out


def test_breakpoints_and_watchpoints_by_hand_are_refused(gdb, image):
    path, _ = image
    _, out, _ = gdb(path, "monitor bp 0x90001000 2", "monitor bp 0x90001000 2 hw",
                    "monitor wp 0x90001000 4", "monitor bp 0x08000008 2 hw",
                    "monitor wp 0x20000000 4", "monitor bp")
    assert out.count("no breakpoint at 0x90001000") == 2, out
    assert out.count("no watchpoint at 0x90001000") == 1, out
    assert "0x08000008, 0x2" in out.split("breakpoint set")[-1], out


def test_a_write_is_refused(gdb, image, tmp_path):
    path, data = image
    chip = Chip(tmp_path / "chip.bin", noise(CHIP_BYTES, 65))
    _, out, _ = gdb(path, "monitor reset init", "set mem inaccessible-by-default off",
                    "set var *(int *)0x90001000 = 5", "monitor mww 0x90001000 5",
                    "mem 0x90000000 0x90800000 rw", "set var *(int *)0x90001000 = 5",
                    "x/2xb 0x90001000", images=(chip.path,))
    assert "cannot be written as memory" in out, out
    assert out.count("annot access memory") + out.count("Writing to flash memory") == 2, out
    chip.assert_as_expected()


def test_a_running_target_is_told_of_once(gdb, application, tmp_path):
    """What a live watch does: it asks five times a second, however it is answered."""
    watch = ["x/4cb greeting"] * 5
    _, out, _ = gdb(application(), "load", "monitor reset run", *watch, "monitor halt",
                    "x/4cb greeting", "monitor resume", *watch,
                    "monitor halt", "monitor resume", *watch)
    said = (tmp_path / "openocd.log").read_text()
    assert said.count("cannot be read (said once)") == 3, said
    assert out.count("104 'h'\t101 'e'\t108 'l'\t108 'l'") == 1, out


def test_compare_sections_finds_an_image_that_runs_past_the_end(gdb, tmp_path):
    """GDB writes what is past the end as memory, and OpenOCD keeps the error for itself."""
    path = linked(tmp_path / "long", pause_app(), noise(1000, 66), at=CHIP_BYTES - 500)
    _, out, _ = gdb(path, "load", "compare-sections", "monitor echo ALIVE")
    assert "memory fault, section .extflash" in out and "ALIVE" in out, out
